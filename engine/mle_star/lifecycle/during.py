"""Hooks that are called while a run goes on: the run does not wait for them.

A thread calls them one after another. One that is slower than the events it is called at is told
the newest of each kind, and how many it missed.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from mle_star.errors import StateError
from mle_star.eventlog import TASK, plain
from mle_star.events import Event
from mle_star.hooks import DURING
from mle_star.lifecycle.caller import Caller
from mle_star.lifecycle.hook import Hook
from mle_star.lifecycle.told import moment

Stop = Callable[[str], None]
"""Stops the run, for a reason; called by the thread."""

_Key = tuple[str, str]


class During:
    """A reader of new events; the thread begins with the first that a hook is called at.

    Parameters
    ----------
    caller : Caller
        Calls them.
    facts : callable
        Gives back what they are told beside what happened.
    stop : callable
        See :data:`Stop`.
    """

    def __init__(self, caller: Caller, facts: Callable[[], Mapping[str, Any]], stop: Stop) -> None:
        self._caller = caller
        self._facts = facts
        self._stop = stop
        self._hooks = [h for h in caller.hooks if h.event == DURING and h.command is not None]
        self._phases: dict[str, str] = {}
        self._waiting: dict[_Key, tuple[Hook, dict[str, Any]]] = {}
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._busy = self._closed = False

    @property
    def is_needed(self) -> bool:
        """Whether there is any such hook."""
        return bool(self._hooks)

    def __call__(self, event: Event) -> None:
        """Have the hooks called that are for this event; what they tell themselves is none."""
        if threading.current_thread() is self._thread:
            return
        task = TASK.get()
        if event.type == "task_started":
            self._phases[task] = getattr(event, "phase", "")
        phase = self._phases.get(task, "")
        wanted = [h for h in self._hooks if event.type in h.on and h.is_for(DURING, task, phase)]
        if not wanted:
            return
        told = {**moment(DURING, task, phase), "happened": plain(event)}
        with self._changed:
            if self._closed:
                return
            for hook in wanted:
                key = (hook.name, event.type)
                missed = self._waiting[key][1]["missed"] + 1 if key in self._waiting else 0
                self._waiting[key] = (hook, {**told, "missed": missed})
            self._begin()
            self._changed.notify_all()

    def drain(self) -> None:
        """Wait until all were called; each has its time limit."""
        with self._changed:
            self._changed.wait_for(lambda: not (self._waiting or self._busy) or self._closed)

    def close(self) -> None:
        """Call nothing any more; one that is under way is ended by its caller."""
        with self._changed:
            self._closed = True
            self._waiting.clear()
            self._changed.notify_all()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join()

    def _begin(self) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._call_on, name="hooks", daemon=True)
            self._thread.start()

    def _call_on(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting or self._closed)
                if self._closed:
                    return
                hook, told = self._waiting.pop(next(iter(self._waiting)))
                self._busy = True
            with suppress(StateError):  # a full disk: the run itself tells of it
                blocked = self._caller.one(hook, {**self._facts(), **told})
                if blocked:
                    self._stop(blocked)
            with self._changed:
                self._busy = False
                self._changed.notify_all()
