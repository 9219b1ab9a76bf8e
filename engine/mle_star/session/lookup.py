"""Finding a session by its id, its name or its folder."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from mle_star.errors import UsageError
from mle_star.session.lock import Holder, holder
from mle_star_memory.store import Session

EVENTS = "events.jsonl"


@dataclass(frozen=True, slots=True)
class Found:
    """A session on disk.

    Parameters
    ----------
    folder : Path
        Its output folder, with the log.
    holder : Holder or None
        The process that runs it now.
    """

    folder: Path
    holder: Holder | None

    @property
    def log(self) -> Path:
        """Its event log."""
        return self.folder / EVENTS


def find(asked: str | None, remembered: list[Session]) -> Found:
    """Find a session.

    Parameters
    ----------
    asked : str or None
        A folder, an id or the beginning of one, or a name; None: the newest session there is.
    remembered : list of Session
        Those that the store knows, newest first.

    Raises
    ------
    UsageError
        If there is none, or the beginning of an id fits several.
    """
    if asked is not None and (Path(asked) / EVENTS).is_file():
        return _found(Path(asked))
    here = [session for session in remembered if (Path(session.folder) / EVENTS).is_file()]
    if asked is None and here:
        return _found(Path(here[0].folder))
    named = [session for session in here if session.name == asked or session.id == asked]
    short = [session for session in here if asked and session.id.startswith(asked)]
    if not named and len(short) > 1:
        ids = ", ".join(session.id for session in short[:5])
        raise UsageError(f"{asked!r} is the beginning of several ids: {ids}", "give one of them")
    for session in named or short:
        return _found(Path(session.folder))
    default = Path("models") / (asked or "")
    if asked and (default / EVENTS).is_file():
        return _found(default)
    what = f"no session {asked!r}" if asked else "no session yet"
    raise UsageError(
        f"there is {what}", "list them with: mle-star sessions; or name a run's folder"
    )


def never_began(folder: Path) -> bool:
    """Whether a folder was left by a run that ended before its first event."""
    log = folder / EVENTS
    return log.is_file() and log.stat().st_size == 0 and holder(folder) is None


def _found(folder: Path) -> Found:
    return Found(folder, holder(folder))
