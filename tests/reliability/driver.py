"""Runs the command line with a mishap planned: a kill after an event, a call that fails.

python driver.py '{"kill_after": {"type": "step_finished", "number": 1}}' run --dataset ...
"""

from __future__ import annotations

import builtins
import functools
import io
import json
import os
import signal
import stat
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

CALLS = ("write", "fsync", "rename", "commit", "trial")
"""What may fail: of files, of the store, of the trials."""


def main() -> int:
    plan = json.loads(sys.argv[1])
    if "kill_after" in plan:
        _kill_after(**plan["kill_after"])
    if "kill_before" in plan:
        _mishap(**plan["kill_before"], happen=_die)
    if "fail" in plan:
        _fail(**plan["fail"])
    if "count" in plan:
        _count()
    if "clock" in plan:
        _jump(plan["clock"])
    from mle_star.cli.main import main as mle_star

    return mle_star(sys.argv[2:])


def _kill_after(type: str, number: int) -> None:  # noqa: A002 - as the log calls it
    """End this process as a power cut would, right after its n-th event of a kind is logged."""
    from mle_star.eventlog import EventLog
    from mle_star.events import Event

    log, left = EventLog.__call__, [number]

    def call(self: EventLog, event: Event, *given: Any) -> bytes:
        line = log(self, event, *given)
        if event.type == type:
            left[0] -= 1
            if left[0] == 0:
                _die()
        return line

    EventLog.__call__ = call  # type: ignore[assignment, method-assign]


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _fail(call: str, number: int, code: int) -> None:
    """Let the n-th call of a kind, and all after it, fail as on a full or broken disk.

    Says on standard error that it did, so that a test can tell whether there were so many calls.
    """
    told = False

    def happen() -> None:
        nonlocal told
        if not told:
            told = True
            os.write(2, f"[{call} {number} fails]\n".encode())
        if call not in ("commit", "trial"):
            raise OSError(code, os.strerror(code))
        import sqlite3

        full = code == 28  # ENOSPC
        raise sqlite3.OperationalError("database or disk is full" if full else "disk I/O error")

    _mishap(call, number, happen)


def _count() -> None:
    """Say at the end how many calls of each kind there were."""
    import atexit

    calls = Counter[str]()
    for call in CALLS:
        _mishap(call, 1, functools.partial(calls.update, (call,)))
    atexit.register(lambda: print(f"calls: {json.dumps(calls)}", file=sys.stderr))  # noqa: T201


def _mishap(call: str, number: int, happen: Callable[[], None]) -> None:
    """Let something happen before the n-th call of a kind, and before all after it."""
    left = [number]

    def count() -> None:
        left[0] -= 1
        if left[0] <= 0:
            happen()

    if call == "commit":
        from mle_star_memory import transaction

        transaction.commit = _before(transaction.commit, count)
    elif call == "trial":
        from sqlalchemy.engine.default import DefaultDialect

        DefaultDialect.do_commit = _before(DefaultDialect.do_commit, count)  # type: ignore[method-assign]
    elif call == "rename":
        os.replace = _before(os.replace, count)
        os.rename = _before(os.rename, count)
    elif call == "fsync":
        os.fsync = _before(os.fsync, count)
    else:
        os.write = _before_files(os.write, count)
        builtins.open = io.open = _opening(io.open, count)


def _before(real: Callable[..., Any], count: Callable[[], None]) -> Callable[..., Any]:
    def wrapper(*given: Any, **named: Any) -> Any:
        count()
        return real(*given, **named)

    return wrapper


def _before_files(real: Callable[..., Any], count: Callable[[], None]) -> Callable[..., Any]:
    """Writing to a file; pipes, sockets and terminals are on no disk."""

    def wrapper(descriptor: int, content: bytes) -> Any:
        if stat.S_ISREG(os.fstat(descriptor).st_mode):
            count()
        return real(descriptor, content)

    return wrapper


def _opening(real: Callable[..., Any], count: Callable[[], None]) -> Callable[..., Any]:
    """Files opened by their names whose every write is counted."""

    class Counted(io.FileIO):
        def write(self, content: Any) -> int:
            count()
            return super().write(content)

    def wrapper(file: Any, mode: str = "r", *given: Any, **named: Any) -> Any:
        if mode not in ("w", "wb", "x", "xb", "a", "ab") or not isinstance(file, str | Path):
            return real(file, mode, *given, **named)
        raw = io.BufferedWriter(Counted(file, mode.replace("b", "")))
        if "b" in mode:
            return raw
        buffering, encoding, errors, newline = (*given, *(None,) * 4)[:4]
        del buffering
        return io.TextIOWrapper(
            raw,
            named.get("encoding", encoding),
            named.get("errors", errors),
            named.get("newline", newline),
        )

    return wrapper


def _jump(seconds: float) -> None:
    """Let the wall clock jump to and fro."""
    import time

    real, calls = time.time, [0]

    def now() -> float:
        calls[0] += 1
        return real() + (seconds if calls[0] % 3 else -seconds)

    time.time = now


if __name__ == "__main__":
    sys.exit(main())
