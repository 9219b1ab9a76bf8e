"""The sessions of a project, as the store remembers them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from mle_star.errors import UsageError
from mle_star.eventlog import decode
from mle_star.events import SessionStarted
from mle_star.session.lookup import EVENTS
from mle_star.session.past import past_sessions
from mle_star_memory.store import Session


@dataclass(frozen=True, slots=True)
class Known:
    """A project's sessions that have a model, and where to look for more.

    Parameters
    ----------
    project : Path
        Its folder.
    memory : str or None
        The store, as typed.

    Raises
    ------
    UsageError
        If nothing is remembered.
    """

    project: Path
    memory: str | None

    def __post_init__(self) -> None:
        if self.memory == "none":
            raise UsageError(
                "--memory none: without a store there is no last session to go on from",
                "leave it out, or name a file",
            )

    def sessions(self) -> list[Session]:
        """Those within the project that have a model, newest first."""
        return [
            session
            for session in past_sessions(self.memory)
            if Path(session.folder).is_relative_to(self.project)
            and (Path(session.folder) / "model" / "manifest.json").is_file()
            and (Path(session.folder) / EVENTS).is_file()
        ]

    def newest(self, dataset: str, target: str) -> Session | None:
        """The last session on a data file and a target."""
        found = (s for s in self.sessions() if (s.dataset, s.target) == (dataset, target))
        return next(found, None)

    def named(self, asked: str) -> Session | None:
        """A session by its id or its name."""
        sessions = self.sessions()
        exact = [s for s in sessions if s.id == asked]
        return next(iter(exact or [s for s in sessions if s.name == asked]), None)


def data_of(session: Session) -> str:
    """Digest of the data file when a session began; empty if its log does not say."""
    try:
        with (Path(session.folder) / EVENTS).open("rb") as log:
            event = decode(log.readline()).event
    except (OSError, ValueError):
        return ""
    return str(event.settings.get("data", "")) if isinstance(event, SessionStarted) else ""
