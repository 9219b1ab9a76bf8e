"""The memory that a run uses: its process and all it started."""

from __future__ import annotations

import time

import psutil

_SECONDS = 1.0
_COST = 200
"""Measuring takes at most one part in so many of the time: large processes take long."""


class MemoryUse:
    """Memory of a process and its descendants, measured once a second or more seldom.

    Parameters
    ----------
    pid : int or None, default None
        None: this process.
    """

    def __init__(self, pid: int | None = None) -> None:
        self._pid = pid
        self._due = 0.0
        self._told = ""

    def __call__(self) -> str:
        """What is used, in words; empty if it cannot be measured."""
        began = time.monotonic()
        if began >= self._due:
            self._told = self._measured()
            ended = time.monotonic()
            self._due = ended + max(_SECONDS, _COST * (ended - began))
        return self._told

    def _measured(self) -> str:
        used = amount = 0
        try:
            process = psutil.Process(self._pid)
            processes = [process, *process.children(recursive=True)]
        except psutil.Error:
            return ""
        for one in processes:
            try:
                used += _own(one)
                amount += 1
            except psutil.Error:  # it ended meanwhile, or is somebody else's
                continue
        return f"{_size(used)} in {_processes(amount)}" if amount else ""


def _own(process: psutil.Process) -> int:
    """Memory of a process; what it shares with others is divided where the system tells."""
    full = process.memory_full_info()
    return int(getattr(full, "pss", full.rss))


def _size(used: int) -> str:
    return f"{used / 2**30:.1f} GiB" if used >= 2**30 else f"{used / 2**20:.0f} MiB"


def _processes(amount: int) -> str:
    return "1 process" if amount == 1 else f"{amount} processes"
