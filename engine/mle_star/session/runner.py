"""A session from its first event to its last, whatever happens in between."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from mle_star import __version__
from mle_star.budget import Budget
from mle_star.errors import EXIT_GATE, EXIT_OK, DataError, StateError, UsageError
from mle_star.eventlog import History
from mle_star.events import SessionFinished, SessionStarted
from mle_star.files import sha256
from mle_star.session.clock import SessionClock
from mle_star.session.ending import DONE, ending_of
from mle_star.session.flow import Flow
from mle_star.session.session import Session
from mle_star.session.settings import Settings

_ENDING = 1.5
"""Seconds kept for the report and for the process to end, but no more than ``_ENDING_SHARE``."""
_ENDING_SHARE = 0.05


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
    """

    session: str
    created: str
    folder: str
    data: str
    cwd: str


def run_session(session: Session, identity: Identity) -> int:
    """Run a session, or go on with one.

    Parameters
    ----------
    session : Session
        Its folder is claimed and its pool warming, which is closed at the end. Nothing is left in
        the folder if the data cannot be used.
    identity : Identity
        Who it is.

    Returns
    -------
    int
        Exit status: 0, 4 if a gate failed, 130 if interrupted.

    Raises
    ------
    MleStarError
        What a user can cause. The session's last event was emitted, as in every case where the
        log could be written.
    """
    try:
        session.journal.begin()
        session.journal(started(session.settings, identity))
    except StateError:
        session.pool.close()
        if session.history is None:
            session.folder.discard()
        raise
    try:
        passed = Flow(session).run()
    except BaseException as error:
        session.pool.close()
        status, code = ending_of(error, has_model=session.folder.has_model)
        with contextlib.suppress(StateError):  # the disk is full, perhaps: that is being told
            _finish(session, status, code)
        if session.history is None and isinstance(error, DataError | UsageError):
            session.folder.discard()
        if isinstance(error, KeyboardInterrupt):
            return code
        raise
    session.pool.close()
    code = _finish(session, DONE, EXIT_OK if passed else EXIT_GATE)
    session.folder.clean()
    return code


def started(settings: Settings, identity: Identity) -> SessionStarted:
    """The first event of a session."""
    return SessionStarted(
        identity.session,
        settings.name,
        identity.folder,
        settings.plain() | {"data": identity.data, "cwd": identity.cwd},
        __version__,
    )


def digest_of(dataset: Path) -> str:
    """Digest of the data file; empty if it cannot be read, which is told where it is needed."""
    with contextlib.suppress(OSError):
        return sha256(dataset)
    return ""


def budget_of(settings: Settings, clock: SessionClock) -> Budget:
    """The whole run's budget; time counts from the beginning of the session."""
    ending = min(_ENDING, _ENDING_SHARE * settings.seconds)
    budget = Budget(clock, max(0.0, settings.seconds - ending), settings.evaluations)
    budget.started = 0.0
    return budget


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
    )
    return identity, Settings.restored(event.settings)


def _finish(session: Session, status: str, code: int) -> int:
    seconds = session.budget.clock()
    session.journal(SessionFinished(code, seconds, {"status": status, **session.summary}))
    return code
