"""Who a session is: what its first event says, and what a resumption reads there again."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from mle_star import __version__
from mle_star.errors import StateError
from mle_star.eventlog import History, read_log
from mle_star.events import SessionStarted
from mle_star.files import sha256
from mle_star.session.lookup import EVENTS
from mle_star.session.settings import Settings


@dataclass(frozen=True, slots=True)
class Identity:
    """What a session is called, from its first event to its last.

    Parameters
    ----------
    session : str
        Its id.
    created : str
        When it began, as ISO 8601 text.
    folder : str
        Its folder, as it was named then.
    data : str
        Digest of the data file.
    cwd : str
        The folder that relative paths start from.
    parent : str, default ""
        Id of the session that it goes on from.
    """

    session: str
    created: str
    folder: str
    data: str
    cwd: str
    parent: str = ""


def started(settings: Settings, identity: Identity) -> SessionStarted:
    """The first event of a session."""
    return SessionStarted(
        identity.session,
        settings.name,
        identity.folder,
        settings.plain() | {"data": identity.data, "cwd": identity.cwd},
        __version__,
        identity.parent,
    )


def digest_of(dataset: Path) -> str:
    """Digest of the data file; empty if it cannot be read, which is told where it is needed."""
    with contextlib.suppress(OSError):
        return sha256(dataset)
    return ""


def parent_of(settings: Settings) -> str:
    """Id of the session that a run goes on from; empty if it goes on from none."""
    if settings.warm is None:
        return ""
    lines = read_log(settings.warm / EVENTS).standing
    return next((x.event.session for x in lines if isinstance(x.event, SessionStarted)), "")


def identity_of(history: History, folder: Path) -> tuple[Identity, Settings]:
    """Who a logged session is, and with which settings it was begun.

    Parameters
    ----------
    history : History
        What was logged.
    folder : Path
        Where, for messages.

    Raises
    ------
    StateError
        If the log does not say, or is of another version.
    """
    line = next((x for x in history.standing if isinstance(x.event, SessionStarted)), None)
    if line is None or not isinstance(line.event, SessionStarted):
        raise StateError(f"the log in {folder} has no beginning", "start a new run")
    event, created = line.event, datetime.fromtimestamp(line.time, UTC)
    if event.version != __version__:
        raise StateError(
            f"the run in {folder} was begun by mle-star {event.version}, this is {__version__}",
            f"install version {event.version} to go on with it, or start a new run",
        )
    identity = Identity(
        event.session,
        created.isoformat(timespec="seconds"),
        event.folder,
        event.settings["data"],
        event.settings["cwd"],
        event.parent,
    )
    return identity, Settings.restored(event.settings)
