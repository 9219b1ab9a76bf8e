"""Attacks that take all there is, by which the limits of a cage are measured."""

from __future__ import annotations

import signal
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mle_star.judge.cage.attacks import Measured
from mle_star.judge.cage.process import MOST_THREADS, CageError

_MEMORY_MIB = 256
_BEYOND_MIB = 1024
_PATIENCE = 2.0
_SMALL_STACK = 2**16


@dataclass(frozen=True, slots=True)
class Greed:
    """One thing to take too much of.

    Parameters
    ----------
    covers : str
        What is limited where it is stopped.
    attempt : callable
        Takes it, inside; returns only if nothing stopped it.
    seconds : float, default 10.0
        Time limit.
    """

    covers: str
    attempt: Callable[[], object]
    seconds: float = 10.0


def measure(call: Callable[..., Any]) -> Measured:
    """Try all, each in a process of its own, through :meth:`mle_star.judge.cage.cage.Cage.call`."""
    held: list[str] = []
    lost: list[str] = []
    for greed in ALL:
        (held if _stopped(call, greed) else lost).append(greed.covers)
    return Measured(tuple(held), tuple(lost))


def _stopped(call: Callable[..., Any], greed: Greed) -> bool:
    started = time.monotonic()
    limits = {"seconds": greed.seconds, "memory_mib": float(_MEMORY_MIB)}
    with tempfile.TemporaryDirectory(prefix="mle-star-") as folder:
        try:
            call(f"{__name__}:{greed.attempt.__name__}", {}, writes=Path(folder), **limits)
        except CageError:
            return time.monotonic() - started < greed.seconds + _PATIENCE
    return False


def take_memory() -> int:
    """More than a GiB above the limit."""
    return len(bytearray((_MEMORY_MIB + _BEYOND_MIB) * 2**20))


def write_files() -> int:
    """More than a GiB above the limit, in files that are small enough each."""
    content = bytes(2**20)
    for number in range((_MEMORY_MIB + _BEYOND_MIB) // 8):
        with open(f"{number}", "wb") as file:  # noqa: PTH123 - in the work folder
            for _ in range(8):
                file.write(content)
    return number


def say_too_much() -> None:
    """Endless words on standard error."""
    while True:
        print("x" * 2**16, file=sys.stderr)  # noqa: T201 - the attack


def never_end() -> None:
    """Turns a deaf ear to every signal."""
    for number in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}:
        signal.signal(number, signal.SIG_IGN)
    while True:
        pass


def start_threads() -> int:
    """Many more threads than are allowed, with little memory each."""
    threading.stack_size(_SMALL_STACK)
    for _ in range(4 * MOST_THREADS):
        threading.Thread(target=time.sleep, args=(5,), daemon=True).start()
    time.sleep(5)
    return threading.active_count()


ALL = (
    Greed("memory", take_memory),
    Greed("disk", write_files),
    Greed("output", say_too_much),
    Greed("time", never_end, seconds=0.5),
    Greed("threads", start_threads),
)
"""In this order."""
