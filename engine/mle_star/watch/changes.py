"""Files whose content changed: seen by their state, believed by their digest.

A file counts as changed when it has been left alone for a while and its content is another one.
So a file that is still being written is waited for; one that was touched, copied onto itself, or
deleted and put back as it was is none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from mle_star.files import sha256

QUIET = 1.0
"""Seconds that a file must have been left alone."""

_State = tuple[int, int, int]


@dataclass(slots=True)
class _Watched:
    state: _State | None = None
    since: float = 0.0
    settled: bool = False
    was_there: bool = False


class Changes:
    """Looks at files.

    Parameters
    ----------
    now : callable
        Seconds since the epoch, as files have them.
    lost : callable
        Told of a file that is gone.
    quiet : float, default QUIET
        Seconds that a file must have been left alone.
    """

    def __init__(
        self, now: Callable[[], float], lost: Callable[[Path], None], quiet: float = QUIET
    ) -> None:
        self._now, self._lost, self._quiet = now, lost, quiet
        self._files: dict[Path, _Watched] = {}

    def look(self, files: Iterable[Path]) -> list[tuple[Path, str]]:
        """Files that have another state than when they were last given, with their digests.

        Parameters
        ----------
        files : iterable of Path
            Those that matter now.
        """
        found = []
        for path in dict.fromkeys(files):
            watched = self._files.setdefault(path, _Watched())
            if self._is_settled(path, watched) and (digest := self._digest(path, watched)):
                watched.settled = True
                found.append((path, digest))
        return found

    @property
    def unsettled(self) -> bool:
        """Whether a file is there that was not yet left alone long enough."""
        return any(w.state is not None and not w.settled for w in self._files.values())

    def _is_settled(self, path: Path, watched: _Watched) -> bool:
        """Whether a file that changed has been left alone since."""
        state, now = _state(path), self._now()
        if state is None:
            if watched.was_there:
                self._lost(path)
            watched.state, watched.settled, watched.was_there = None, False, False
            return False
        if state != watched.state:
            first, watched.was_there = watched.state is None, True
            watched.state, watched.settled = state, False
            written = state[1] / 1e9
            watched.since = min(written, now) if first else now
        return not watched.settled and not 0 <= now - watched.since < self._quiet

    def _digest(self, path: Path, watched: _Watched) -> str:
        """Digest of a file; empty if it changed meanwhile."""
        try:
            digest = sha256(path)
        except OSError:
            return ""
        return digest if _state(path) == watched.state else ""


def _state(path: Path) -> _State | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_size, found.st_mtime_ns, found.st_ino
