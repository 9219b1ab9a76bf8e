"""Where things done by hand are logged: at the end of the session's own log."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from mle_star.eventlog import BY_HAND, EventLog, History
from mle_star.events import (
    ArtifactWritten,
    BlockSeen,
    Emit,
    EvaluationFinished,
    Event,
    Handwork,
    IncumbentChanged,
    ProposalJudged,
)
from mle_star.session.clock import SessionClock
from mle_star.session.journal import Journal

LOGGED = (
    BlockSeen,
    EvaluationFinished,
    ProposalJudged,
    IncumbentChanged,
    ArtifactWritten,
    Handwork,
)
"""Kinds of event that stand in the log on their own; of others the report of the work tells."""


class Handbook(Journal):
    """The journal of what is done by hand: a part of it is logged, all of it is told.

    It takes no time of the session: what it logs stands at the session's last second.

    Parameters
    ----------
    log : EventLog
        Open, behind what `history` says.
    history : History
        What was logged before.
    tell : callable
        Told every event.

    Attributes
    ----------
    logged : list of Event
        What was logged by this process.
    """

    def __init__(self, log: EventLog, history: History, tell: Emit) -> None:
        super().__init__(log, SessionClock(time.monotonic, time.monotonic()), readers=[tell])
        self.logged: list[Event] = []
        self._events = log
        self._last = history.elapsed

    def __call__(self, event: Event) -> None:
        """Take one event; what came from the cache stands in the log already."""
        with self._lock:
            if isinstance(event, LOGGED) and not getattr(event, "cached", False):
                self._events(event, self._last, BY_HAND)
                self.logged.append(event)
            for reader in self.readers:
                reader(event)

    def once(self, key: str, measure: Callable[[], Any]) -> Any:
        """Measure something: nothing is taken from before."""
        return measure()
