"""The engine as a process of its own, heard through its events and never left behind."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from mle_star.errors import StateError
from mle_star.eventlog import decode
from mle_star.events import Event

LIFELINE = "MLE_STAR_LIFELINE"
"""Environment variable: see :mod:`mle_star.cli.signals`."""

PATIENCE = 20.0
"""Seconds that a run is given to end after being asked to."""

_TOLD = 1_000


def run_engine(words: Sequence[str], log: Path, hear: Callable[[Event], None]) -> int:
    """Run a command of the engine that writes events, to its end.

    Parameters
    ----------
    words : sequence of str
        Of its command line.
    log : Path
        Where it says what it has to say; begun anew.
    hear : callable
        Told every event.

    Returns
    -------
    int
        Its exit status; negative: the signal that killed it.

    Raises
    ------
    StateError
        If it cannot be started.
    KeyboardInterrupt
        If this process was asked to end: the engine has ended then, cleanly if it could.
    """
    command = [sys.executable, "-P", "-m", "mle_star", *words]
    theirs, ours = os.pipe()
    try:
        with log.open("wb") as errors:
            process = subprocess.Popen(  # noqa: S603 - our own interpreter and program
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=errors,
                env=os.environ | {LIFELINE: str(theirs)},
                pass_fds=(theirs,),
                start_new_session=True,  # a Ctrl-C in the terminal is for us alone
            )
    except OSError as error:
        os.close(ours)
        raise StateError(f"cannot start the engine: {error}", "run without the watch") from error
    finally:
        os.close(theirs)
    try:
        return _heard(process, hear)
    except BaseException:
        _end(process)
        raise
    finally:
        os.close(ours)


def said(log: Path) -> str:
    """What the engine said last, on one line."""
    try:
        text = log.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    told = text[text.rfind("mle-star: ") :] if "mle-star: " in text else text
    return " ".join(told.removeprefix("mle-star: ").split())[:_TOLD]


def _heard(process: subprocess.Popen[bytes], hear: Callable[[Event], None]) -> int:
    assert process.stdout is not None
    for line in process.stdout:
        with contextlib.suppress(ValueError):
            hear(decode(line).event)
    process.stdout.close()
    return process.wait()


def _end(process: subprocess.Popen[bytes]) -> None:
    """Ask it to end, and take in what it says of that; what does not is killed."""
    if process.poll() is None:
        process.terminate()
    try:
        process.communicate(timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
