"""Where a run's events go: what was logged before is matched, what is new is logged and told.

A resumed run goes through its tasks again. Whatever was finished before comes from the log: each
event that the run emits is held against the next logged one of the same task, and readers are told
the logged one, with its own seconds. What was measured before is not measured again
(:meth:`Journal.once`), and a task may pass over its finished steps (:meth:`Journal.skip`). From
the first event that differs the log of before no longer stands, and says so. What was done by hand
meanwhile stands in any case: readers are told of it when all that came before it was told.
"""

from __future__ import annotations

import threading
from collections import Counter, deque
from collections.abc import Callable, Sequence
from typing import Any

import orjson

from mle_star.eventlog import BY_HAND, TASK, EventLog, History, Logged, plain
from mle_star.events import (
    Emit,
    Event,
    HookFinished,
    Noted,
    SessionFinished,
    SessionResumed,
    ValueKept,
)
from mle_star.files import to_json
from mle_star.session.clock import SessionClock

Line = Callable[[bytes], None]
"""Takes a new line of the log, as it was written."""

_ASIDE = (Noted, HookFinished)
"""Kinds of event that a resumed run may leave out, or have more of."""


class Journal:
    """The one place that a run hands its events to; any thread may.

    Parameters
    ----------
    log : EventLog
        Open, holding what `history` says.
    clock : SessionClock
        Set forward to the time of each matched event.
    history : History or None, default None
        What was logged before.
    readers : sequence of callable, default ()
        Told every event that stands, in the order of the log.
    line : callable or None, default None
        Told every new line.

    Attributes
    ----------
    fresh : list of callable
        Told every new event, but not those that repeat what was logged before.
    """

    def __init__(
        self,
        log: EventLog,
        clock: SessionClock,
        history: History | None = None,
        readers: Sequence[Emit] = (),
        line: Line | None = None,
    ) -> None:
        self.readers = list(readers)
        self.fresh: list[Emit] = []
        self._log = log
        self._clock = clock
        self._line = line
        self._lock = threading.RLock()
        self._ahead: dict[str, deque[Logged]] = {}
        self._passed: Counter[str] = Counter()
        self._early: Counter[str] = Counter()
        self._elapsed = history.elapsed if history else 0.0
        self._kept: dict[str, Any] = {}
        self._was_resumed = history is not None
        self._ended = False
        self._by_hand: list[Event] = []
        for logged in history.standing if history else ():
            if logged.of == BY_HAND:
                self._by_hand.append(logged.event)
                self._passed[BY_HAND] += 1
            elif not isinstance(logged.event, SessionFinished):
                self._ahead.setdefault(logged.of, deque()).append(logged)
            if isinstance(logged.event, ValueKept):
                self._kept[logged.event.key] = logged.event.value

    def __call__(self, event: Event) -> None:
        """Take one event; after the session's last one nothing is taken any more."""
        with self._lock:
            if self._ended:
                return
            self._ended = isinstance(event, SessionFinished)
            of = TASK.get()
            known = self._match(event, of)
            if known is None and (self._ended or not self._ahead):
                self._tell_by_hand()
            self._tell(self._write(event, of) if known is None else known)
            if not self._ahead:
                self._tell_by_hand()
            if known is None:
                for reader in self.fresh:
                    reader(event)

    def begin(self) -> None:
        """Take back an end that was logged: the run goes on."""
        if self._was_resumed:
            with self._lock:
                self._take_back(Counter({of: len(left) for of, left in self._ahead.items()}))

    @property
    def ahead(self) -> list[Logged]:
        """What was logged before and did not happen yet in this process, in no certain order."""
        return [logged for left in self._ahead.values() for logged in left]

    def once(self, key: str, measure: Callable[[], Any]) -> Any:
        """Measure something, or take what was measured before a resumption.

        Parameters
        ----------
        key : str
            Names it within the session.
        measure : callable
            Gives back plain values.
        """
        value = self._kept.pop(key) if key in self._kept else measure()
        value = orjson.loads(to_json(value))
        self(ValueKept(key, value))
        return value

    def skip(self, last: type[Event]) -> list[Event]:
        """Pass over the logged events of the current task up to the last one of a kind.

        Returns
        -------
        list of Event
            What was passed over, told to the readers; empty if there is none of that kind.
        """
        with self._lock:
            left = self._ahead.get(TASK.get(), deque())
            ends = [place for place, logged in enumerate(left) if isinstance(logged.event, last)]
            skipped = [left.popleft() for _ in range(ends[-1] + 1)] if ends else []
            for logged in skipped:
                self._passed[logged.of] += 1
                self._clock.advance_to(logged.elapsed)
                self._tell(logged.event)
            self._caught_up()
            if not self._ahead:
                self._tell_by_hand()
            return [logged.event for logged in skipped]

    def _match(self, event: Event, of: str) -> Event | None:
        """The logged event that this one repeats, if it does."""
        left = self._ahead.get(of)
        if not left:
            return None
        while left and isinstance(left[0].event, _ASIDE) and not isinstance(event, _ASIDE):
            self._pass(left)
        if not left:  # only such was left: what comes now is new
            self._caught_up()
            return None
        if not _same(event, left[0].event):
            if not isinstance(event, _ASIDE):
                self._take_back(Counter())
            return None
        found = self._pass(left, tell=False)
        self._caught_up()
        return found

    def _pass(self, left: deque[Logged], *, tell: bool = True) -> Event:
        logged = left.popleft()
        self._passed[logged.of] += 1
        self._clock.advance_to(logged.elapsed)
        if tell:
            self._tell(logged.event)
        return logged.event

    def _caught_up(self) -> None:
        for of in [of for of, left in self._ahead.items() if not left]:
            del self._ahead[of]
            self._passed[of] += self._early.pop(of, 0)
        if not self._ahead:  # time spent on what was never finished is spent all the same
            self._clock.advance_to(self._elapsed)

    def _tell_by_hand(self) -> None:
        done, self._by_hand = self._by_hand, []
        for event in done:
            self._tell(event)

    def _take_back(self, further: Counter[str]) -> None:
        """Log that of what stood before only what was passed stands, and `further` events."""
        if not further:
            self._ahead.clear()
            self._early.clear()
        kept = self._passed + further
        self._write(SessionResumed(dict(sorted(kept.items()))), TASK.get(), counted=False)
        self._caught_up()

    def _write(self, event: Event, of: str, *, counted: bool = True) -> Event:
        line = self._log(event, self._clock(), of)
        if counted:  # a note between logged events stands behind them in the file
            (self._early if self._ahead.get(of) else self._passed)[of] += 1
        if self._line is not None:
            self._line(line)
        if isinstance(event, SessionFinished):
            self._log.sync()
        return event

    def _tell(self, event: Event) -> None:
        for reader in self.readers:
            reader(event)


def _same(event: Event, logged: Event) -> bool:
    """Whether two events tell the same, but for what a repeat may change."""
    if type(event) is not type(logged):
        return False
    fresh, old = plain(event), plain(logged)
    return all(fresh[key] == old[key] for key in fresh if key not in event.loose)
