"""One engine a folder: the lock, and who holds it."""

from __future__ import annotations

import fcntl
import os
import time
from dataclasses import dataclass
from pathlib import Path

import orjson

from mle_star.errors import StateError, UsageError

NAME = "engine.lock"

_PATIENCE = 0.3


@dataclass(frozen=True, slots=True)
class Holder:
    """The process that runs a session.

    Parameters
    ----------
    pid : int
        Its process id.
    started : float
        Seconds since the epoch at which it took the folder.
    """

    pid: int
    started: float


class Lock:
    """Holds a folder for this process; the system lets go of it however the process ends.

    Parameters
    ----------
    folder : Path
        The output folder.

    Raises
    ------
    UsageError
        If another process holds it.
    StateError
        If the lock cannot be made.
    """

    def __init__(self, folder: Path) -> None:
        path = folder / NAME
        try:
            self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        except OSError as error:
            raise StateError(f"cannot write {path}: {error.strerror}", _REMEDY) from error
        if not _taken(self._file, patience=_PATIENCE):
            os.close(self._file)
            raise in_use(folder)
        os.ftruncate(self._file, 0)
        os.pwrite(self._file, orjson.dumps({"pid": os.getpid(), "started": time.time()}), 0)

    def close(self) -> None:
        """Let go of the folder."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1


def holder(folder: Path) -> Holder | None:
    """Who runs the session of a folder now; None if nobody does."""
    try:
        with (folder / NAME).open("rb+") as file:
            if _taken(file.fileno()):
                return None
            found = orjson.loads(file.read())
            return Holder(int(found["pid"]), float(found["started"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def in_use(folder: Path) -> UsageError:
    """What to tell whoever wants a folder that another process holds."""
    return UsageError(_told(folder), f"wait for it, or: mle-star stop {folder}")


_REMEDY = "choose a folder that can be written"


def _taken(file: int, patience: float = 0.0) -> bool:
    """Whether this process now has the lock; somebody may be looking at it just now."""
    last = time.monotonic() + patience
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            if time.monotonic() >= last:
                return False
            time.sleep(0.02)
        else:
            return True


def _told(folder: Path) -> str:
    found = holder(folder)
    if found is None:
        return f"{folder} is in use by another run"
    age = max(0.0, time.time() - found.started)
    return f"{folder} is in use by process {found.pid}, for {age:.0f} s now"
