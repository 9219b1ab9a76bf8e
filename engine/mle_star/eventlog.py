"""The log of a run: append-only JSON lines, one event each; the truth for resuming.

A line is whole or it does not count: a torn end, as a kill or a power cut leaves it, is cut off.
Every line is in the hands of the operating system before the next step begins, so a killed process
loses nothing; a thread sees to it that it is on the disk within ``SYNC_SECONDS``, so a power cut
loses at most that, and a resumed run does it again.
"""

from __future__ import annotations

import os
import threading
from collections import Counter
from collections.abc import Callable, Iterable
from contextvars import ContextVar
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import orjson

from mle_star import events
from mle_star.errors import StateError
from mle_star.events import Event, SessionResumed
from mle_star.files import to_json

VERSION = 1
"""Of the line's form, ``v`` in every line."""

SYNC_SECONDS = 0.2
"""How long a line may be in the system's hands only."""

TASK: ContextVar[str] = ContextVar("task", default="")
"""The workflow task that the running code belongs to; empty: the session itself."""

BY_HAND = "(by hand)"
"""In its place in events of what is done with a session that is not running."""

KINDS: dict[str, type[Event]] = {
    kind.type: kind
    for kind in vars(events).values()
    if isinstance(kind, type) and issubclass(kind, Event) and kind is not Event
}
"""Every kind of event by the name it has in the log."""

FIELDS = {kind: tuple(field.name for field in fields(kind)) for kind in KINDS.values()}
"""Names of the fields of every kind."""


@dataclass(frozen=True, slots=True)
class Logged:
    """One line of a log.

    Parameters
    ----------
    event : Event
        What happened.
    of : str
        The workflow task in which it happened.
    elapsed : float
        Seconds that the session had been running, pauses not counted.
    time : float
        Seconds since the epoch.
    """

    event: Event
    of: str
    elapsed: float
    time: float


@dataclass(frozen=True, slots=True)
class History:
    """What a log says.

    Parameters
    ----------
    standing : tuple of Logged
        The events that stand, in order: what a resumption took back is left out.
    elapsed : float
        Seconds used so far, those of events taken back included.
    lines : int
        Whole lines in the file.
    size : int
        Bytes of the whole lines.
    """

    standing: tuple[Logged, ...]
    elapsed: float
    lines: int
    size: int


def encode(event: Event, seq: int, time: float, elapsed: float, of: str) -> bytes:
    """One line, with its end."""
    head = {"v": VERSION, "seq": seq, "time": time, "elapsed": round(elapsed, 4), "of": of}
    return to_json(head | {"type": event.type})[:-1] + b"," + to_json(event)[1:] + b"\n"


def decode(line: bytes) -> Logged:
    """Read one line.

    Raises
    ------
    ValueError
        If it is not a whole line of this version.
    """
    record = orjson.loads(line)
    if not isinstance(record, dict) or record.get("v") != VERSION:
        raise ValueError(f"not an event of version {VERSION}")
    kind = KINDS.get(record.get("type", ""))
    if kind is None:
        raise ValueError(f"unknown kind of event {record.get('type')!r}")
    try:
        values = [record[name] for name in FIELDS[kind]]
        return Logged(kind(*values), record["of"], record["elapsed"], record["time"])
    except KeyError as error:
        raise ValueError(f"{kind.type} without {error}") from error


def read_log(path: Path) -> History:
    """Read a log; a torn end is left out.

    Raises
    ------
    StateError
        If it cannot be read, or a line before the end is damaged.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise StateError(f"cannot read {path}: {error.strerror}", "name a run's folder") from error
    found: list[Logged] = []
    size = 0
    for number, line in enumerate(content.splitlines(keepends=True), start=1):
        try:
            if not line.endswith(b"\n"):
                break
            found.append(decode(line))
        except ValueError as error:
            if any(_is_whole(later) for later in content[size + len(line) :].splitlines(True)):
                raise StateError(
                    f"{path}, line {number}: {error}",
                    "the log is damaged, or of another version of mle-star: start a new run",
                ) from error
            break
        size += len(line)
    elapsed = max((logged.elapsed for logged in found), default=0.0)
    return History(tuple(standing(found)), elapsed, len(found), size)


def standing(lines: Iterable[Logged]) -> list[Logged]:
    """The events that stand: those that a resumption did not take back."""
    kept: list[Logged] = []
    for line in lines:
        if isinstance(line.event, SessionResumed):
            left = Counter(line.event.kept)
            fresh, kept = kept, []
            for earlier in fresh:
                if left[earlier.of] > 0:
                    left[earlier.of] -= 1
                    kept.append(earlier)
        else:
            kept.append(line)
    return kept


class EventLog:
    """Appends events to a file.

    Parameters
    ----------
    path : Path
        The file; made if absent.
    now : callable
        Wall-clock seconds since the epoch, for the `time` field.
    history : History or None, default None
        What stands in the file already; whatever comes after it is cut off.

    Raises
    ------
    StateError
        If the file cannot be opened or, on a call, written.
    """

    def __init__(
        self, path: Path, now: Callable[[], float], history: History | None = None
    ) -> None:
        self._path = path
        self._now = now
        self._seq = history.lines if history else 0
        self._size = history.size if history else 0
        self._lock = threading.Lock()
        self._dirty, self._closing = threading.Event(), threading.Event()
        self._failure: OSError | None = None
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
            os.ftruncate(self._file, self._size)
        except OSError as error:
            raise self._error(error) from error
        self._syncer = threading.Thread(target=self._sync_on, name="events", daemon=True)
        self._syncer.start()

    def __call__(self, event: Event, elapsed: float = 0.0, of: str = "") -> bytes:
        """Append one event; gives back its line."""
        with self._lock:
            if self._failure is not None:
                raise self._error(self._failure)
            line = encode(event, self._seq, self._now(), elapsed, of)
            try:
                self._write(line)
            except OSError as error:
                self._failure = error
                raise self._error(error) from error
            self._seq += 1
            self._size += len(line)
        if not self._dirty.is_set():
            self._dirty.set()
        return line

    def sync(self) -> None:
        """See everything onto the disk now."""
        try:
            os.fsync(self._file)
        except OSError as error:
            self._failure = error
            raise self._error(error) from error

    def close(self) -> None:
        """See everything onto the disk and close the file."""
        if self._closing.is_set():
            return
        self._closing.set()
        self._dirty.set()
        self._syncer.join()
        try:
            if self._failure is None:
                self.sync()
        finally:
            os.close(self._file)

    def _write(self, line: bytes) -> None:
        try:
            written = os.write(self._file, line)
            while written < len(line):
                written += os.write(self._file, line[written:])
        except OSError:
            os.ftruncate(self._file, self._size)  # no half lines
            raise

    def _sync_on(self) -> None:
        while not self._closing.is_set():
            self._dirty.wait()
            self._dirty.clear()
            try:
                os.fsync(self._file)
            except OSError as error:
                self._failure = error
                return
            self._closing.wait(SYNC_SECONDS)

    def _error(self, error: OSError) -> StateError:
        return StateError(
            f"cannot write {self._path}: {error.strerror or error}",
            "free some disk space, then go on with: mle-star resume " + str(self._path.parent),
        )


def _is_whole(line: bytes) -> bool:
    try:
        decode(line)
    except ValueError:
        return False
    return line.endswith(b"\n")


def plain(event: Event) -> dict[str, Any]:
    """An event as plain values, with its type."""
    return {"type": event.type, **orjson.loads(to_json(event))}
