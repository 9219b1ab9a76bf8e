"""Ending a run: the first signal stops it cleanly, the second at once; nothing stays behind."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
import time
from collections.abc import Iterator
from types import FrameType

from mle_star.errors import EXIT_INTERRUPTED
from mle_star.session.ending import TimeLimit

LIFELINE = "MLE_STAR_LIFELINE"
"""Environment variable: number of a file descriptor; the run ends when reading it does, because
the parent that holds its other end has died. The Node front door passes 3; 0 is standard input."""

_PATIENCE = 0.8


@contextlib.contextmanager
def ended_cleanly() -> Iterator[None]:
    """Turn the first SIGINT, SIGTERM or SIGHUP into KeyboardInterrupt; end at once on the second.

    Also watches the lifeline, if the environment asks for it. Main thread only.
    """
    seen = threading.Event()

    def handle(_signal: int, _frame: FrameType | None) -> None:
        if seen.is_set():
            end_at_once()
        seen.set()
        raise KeyboardInterrupt

    kinds = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {kind: signal.signal(kind, handle) for kind in kinds}
    _watch_lifeline()
    try:
        yield
    finally:
        for kind, handler in before.items():
            signal.signal(kind, handler)


@contextlib.contextmanager
def ends_at(timeout: float | None, started: float) -> Iterator[None]:
    """Raise :class:`TimeLimit` in the main thread at a hard limit.

    Parameters
    ----------
    timeout : float or None
        Seconds from `started`; None: no limit.
    started : float
        Reading of :func:`time.monotonic`.
    """

    def handle(_signal: int, _frame: FrameType | None) -> None:
        raise TimeLimit

    if timeout is None:
        yield
        return
    before = signal.signal(signal.SIGALRM, handle)
    signal.setitimer(signal.ITIMER_REAL, max(0.001, started + timeout - time.monotonic()))
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def end_at_once() -> None:
    """Kill every descendant and leave with exit status 130."""
    import psutil

    for child in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.Error):
            child.kill()
    os._exit(EXIT_INTERRUPTED)


def _watch_lifeline() -> None:
    asked = os.environ.pop(LIFELINE, "")  # child processes have no such descriptor
    if not asked.isdigit():
        return
    with contextlib.suppress(OSError):
        os.fstat(int(asked))
        arguments = (int(asked),)
        threading.Thread(
            target=_wait_for_the_end, args=arguments, name="lifeline", daemon=True
        ).start()


def _wait_for_the_end(descriptor: int) -> None:
    with contextlib.suppress(OSError):
        while os.read(descriptor, 4096):
            pass
    os.kill(os.getpid(), signal.SIGTERM)
    threading.Event().wait(_PATIENCE)
    end_at_once()
