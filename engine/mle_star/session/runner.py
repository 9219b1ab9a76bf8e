"""A session from its first event to its last, whatever happens in between."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence

from mle_star.budget import Budget
from mle_star.errors import EXIT_GATE, EXIT_OK, DataError, StateError, UsageError
from mle_star.events import Event, SessionFinished
from mle_star.session.clock import SessionClock
from mle_star.session.ending import DONE, ending_of
from mle_star.session.flow import Flow
from mle_star.session.identity import Identity, started
from mle_star.session.life import Life
from mle_star.session.session import Session
from mle_star.session.settings import Settings

_ENDING = 1.5
"""Seconds kept for the report and for the process to end, but no more than ``_ENDING_SHARE``."""
_ENDING_SHARE = 0.05


def run_session(session: Session, identity: Identity, before: Sequence[Event] = ()) -> int:
    """Run a session, or go on with one.

    Parameters
    ----------
    session : Session
        Its folder is claimed and its pool warming, which is closed at the end. Nothing is left in
        the folder if the data cannot be used.
    identity : Identity
        Who it is.
    before : sequence of Event, default ()
        What came up before there was a log.

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
    life = session.life = Life(session, identity)
    for event in before:
        session.journal(event)
    try:
        code = EXIT_OK if Flow(session).run() else EXIT_GATE
        _end_others(session)
        life.ended(DONE, code)
    except BaseException as error:
        _end_others(session)
        status, code = ending_of(error, has_model=session.folder.has_model)
        with contextlib.suppress(StateError):  # the disk is full, perhaps: that is being told
            life.ended(status, code)
            _finish(session, status, code)
        if session.history is None and isinstance(error, DataError | UsageError):
            session.folder.discard()
        if isinstance(error, KeyboardInterrupt):
            return code
        raise
    finally:
        life.close()
    _finish(session, DONE, code)
    session.folder.clean()
    return code


def budget_of(settings: Settings, clock: SessionClock) -> Budget:
    """The whole run's budget; time counts from the beginning of the session."""
    ending = min(_ENDING, _ENDING_SHARE * settings.seconds)
    budget = Budget(clock, max(0.0, settings.seconds - ending), settings.evaluations)
    budget.started = 0.0
    return budget


def _end_others(session: Session) -> None:
    """End the workers and the calls under way."""
    session.pool.close()
    if session.asker is not None:
        session.asker.close()


def _finish(session: Session, status: str, code: int) -> None:
    seconds = session.budget.clock()
    session.journal(SessionFinished(code, seconds, {"status": status, **session.summary}))
