"""One engine a folder: the lock, and who holds it."""

from __future__ import annotations

import fcntl
import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import IO

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
        self._path = folder / NAME
        try:
            self._file = self._path.open("ab+")
        except OSError as error:
            raise StateError(f"cannot write {self._path}: {error.strerror}", _REMEDY) from error
        if not _taken(self._file, patience=_PATIENCE):
            self._file.close()
            raise UsageError(_told(folder), "wait for it, or: mle-star stop " + str(folder))
        self._file.truncate(0)
        self._file.write(orjson.dumps({"pid": os.getpid(), "started": time.time()}))
        self._file.flush()

    def close(self) -> None:
        """Let go of the folder."""
        if not self._file.closed:
            self._file.close()


def holder(folder: Path) -> Holder | None:
    """Who runs the session of a folder now; None if nobody does."""
    try:
        with (folder / NAME).open("rb+") as file:
            if _taken(file):
                return None
            found = orjson.loads(file.read())
            return Holder(int(found["pid"]), float(found["started"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


_REMEDY = "choose a folder that can be written"


def _taken(file: IO[bytes], patience: float = 0.0) -> bool:
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
