"""A session on disk, read from outside: what its log says, and what is added to it."""

from __future__ import annotations

import shlex
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from mle_star.cli.progress import Progress
from mle_star.errors import StateError
from mle_star.eventlog import Logged, decode, standing
from mle_star.events import SessionResumed
from mle_star.session.lock import Holder, holder
from mle_star.session.lookup import Found

_BEAT = 0.5
_GROUP_MS = 200
"""Changes that come so close are told together."""

Line = tuple[bytes, Logged]
"""A whole line of the log without its end, and what it says."""


def resume_command(folder: Path) -> str:
    """What is typed to go on with a session."""
    return f"mle-star resume {shlex.quote(str(folder))}"


def beats(log: Path) -> Iterator[None]:
    """Come back at once, then whenever a log has grown, and twice a second in any case."""
    yield
    from watchfiles import watch

    polling = False
    while True:
        try:
            for _ in watch(
                log,
                debounce=_GROUP_MS,
                rust_timeout=int(_BEAT * 1000),
                yield_on_timeout=True,
                recursive=False,
                force_polling=polling or None,
            ):
                yield
        except OSError:  # no more watches on this machine
            polling = True
            time.sleep(_BEAT)
            yield


class Tail:
    """Reads a log that others append to.

    Parameters
    ----------
    path : Path
        The log.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._offset = 0
        self._lines = 0

    def read(self) -> list[Line]:
        """The whole lines that were added; a torn end is left until it is whole.

        Raises
        ------
        StateError
            If the log cannot be read, or a line before the end is damaged.
        """
        *whole, _ = self._added().split(b"\n")
        found: list[Line] = []
        for place, line in enumerate(whole):
            try:
                found.append((line, decode(line)))
            except ValueError as error:
                self._refuse_damage(whole[place + 1 :], error)
                break
            self._offset += len(line) + 1
            self._lines += 1
        return found

    def again(self) -> list[Line]:
        """All lines from the beginning."""
        self._offset = self._lines = 0
        return self.read()

    def _added(self) -> bytes:
        try:
            with self._path.open("rb") as file:
                file.seek(self._offset)
                return file.read()
        except OSError as error:
            raise StateError(
                f"cannot read {self._path}: {error.strerror}", "name a run's folder"
            ) from error

    def _refuse_damage(self, later: list[bytes], error: ValueError) -> None:
        if any(map(_is_event, later)):
            raise StateError(
                f"{self._path}, line {self._lines + 1}: {error}",
                "the log is damaged, or of another version of mle-star: start a new run",
            ) from error


@dataclass(slots=True)
class Watched:
    """Where a session on disk stands.

    Parameters
    ----------
    found : Found
        The session.
    """

    found: Found
    progress: Progress = field(init=False, default_factory=Progress)
    holder: Holder | None = field(init=False, default=None)
    _tail: Tail = field(init=False)
    _elapsed: float = field(init=False, default=0.0)
    _time: float = field(init=False, default=0.0)

    def __post_init__(self) -> None:
        self._tail = Tail(self.found.log)
        self.holder = self.found.holder

    @property
    def state(self) -> str:
        """running, done, failed or stopped."""
        return "running" if self.holder else self.progress.state

    def now(self) -> float:
        """Seconds of the session so far."""
        since = max(0.0, time.time() - self._time) if self.holder and not self.over else 0.0
        return self._elapsed + since

    @property
    def over(self) -> bool:
        """Whether the run said that it ended."""
        return self.progress.finish is not None

    def refresh(self) -> list[Logged]:
        """Take in what was added; a resumption that takes events back starts from the beginning.

        Returns
        -------
        list of Logged
            What is new.
        """
        self.holder = holder(self.found.folder)  # before the log: its end is written first
        fresh = [logged for _, logged in self._tail.read()]
        added = fresh
        if any(isinstance(logged.event, SessionResumed) for logged in fresh):
            fresh = standing(logged for _, logged in self._tail.again())
            self.progress = Progress()
        for logged in added:
            self._elapsed, self._time = max(self._elapsed, logged.elapsed), logged.time
        for logged in fresh:
            self.progress.add(logged.event, logged.elapsed, logged.of)
        return added


def _is_event(line: bytes) -> bool:
    try:
        decode(line)
    except ValueError:
        return False
    return True
