"""Runs the command line with a mishap planned: a kill after an event, a call that fails.

python driver.py '{"kill_after": 12}' run --dataset ...
"""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Callable
from typing import Any


def main() -> int:
    plan = json.loads(sys.argv[1])
    if "kill_after" in plan:
        _kill_after(plan["kill_after"])
    if "fail" in plan:
        _fail(**plan["fail"])
    if "clock" in plan:
        _jump(plan["clock"])
    from mle_star.cli.main import main as mle_star

    return mle_star(sys.argv[2:])


def _kill_after(count: int) -> None:
    """End this process as a power cut would, right after so many events are logged by it."""
    from mle_star.eventlog import EventLog

    log, left = EventLog.__call__, [count]

    def call(self: EventLog, *given: Any) -> bytes:
        line = log(self, *given)
        left[0] -= 1
        if left[0] == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return line

    EventLog.__call__ = call  # type: ignore[method-assign]


def _fail(call: str, number: int, code: int) -> None:
    """Let the n-th call of a kind, and all after it, fail as on a full or broken disk."""
    left = [number]

    def failing(real: Callable[..., Any], error: Exception) -> Callable[..., Any]:
        def wrapper(*given: Any, **named: Any) -> Any:
            left[0] -= 1
            if left[0] <= 0:
                raise error
            return real(*given, **named)

        return wrapper

    error = OSError(code, os.strerror(code))
    if call == "commit":
        import sqlite3

        from mle_star_memory import transaction

        full = sqlite3.OperationalError("database or disk is full")
        transaction.commit = failing(transaction.commit, full)
    else:
        name = {"write": "write", "fsync": "fsync", "rename": "replace"}[call]
        setattr(os, name, failing(getattr(os, name), error))


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
