"""Writes a session into the store while it goes on; a store that fails never fails the run.

The run hands its events over and goes on at once: a thread writes them, all that came up since it
last did in one change. It may be told events again, as a resumed run does: everything has its key
in the store, so nothing is there twice.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path

from mle_star import events as e
from mle_star.eventlog import TASK
from mle_star.events import Emit, Event
from mle_star.session.notes import NOTED, Notes
from mle_star_memory.opening import open_store
from mle_star_memory.store import Store, StoreBusyError

_PERIOD = 0.5
"""Seconds between two changes of the store."""
_PATIENCE = 5.0
"""Seconds that the end of a run waits for a store that others are writing to."""
_AT_ONCE = {e.SessionStarted, e.TaskFinished, e.SessionFinished}
_Heard = tuple[Event, str, float]
"""An event, the workflow task it belongs to, and when it came."""


class Recorder:
    """A reader of events that remembers the session.

    Parameters
    ----------
    store_path : Path
        The store's file.
    now : callable
        Seconds since the epoch.
    emit : callable
        Takes the warning if the store fails; nothing is written after that.
    """

    def __init__(self, store_path: Path, now: Callable[[], float], emit: Emit) -> None:
        self._path = store_path
        self._now = now
        self._emit = emit
        self._queue: deque[_Heard] = deque()
        self._wake = threading.Event()
        self._thread: threading.Thread | None = None
        self._closing = self._over = False
        self._failure = ""

    def __call__(self, event: Event) -> None:
        """Take one event in."""
        kind = type(event)
        if kind not in NOTED or self._over:
            return
        self._queue.append((event, TASK.get(), self._now()))
        if kind in _AT_ONCE:
            self._wake.set()
            if kind is e.SessionStarted:
                self._begin()
            elif kind is e.SessionFinished:
                self.close()
        if self._failure:
            self._end()

    def close(self) -> None:
        """Write what is left."""
        if self._thread is None or self._over:
            return
        self._closing = True
        self._wake.set()
        self._thread.join(_PATIENCE)
        if self._thread.is_alive():
            self._failure = "another process is writing to it"
        self._end()

    def _begin(self) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._write_on, name="memory", daemon=True)
            self._thread.start()

    def _end(self) -> None:
        """Take nothing more in; if the store failed, say so."""
        if not self._over:
            self._over = True
            self._queue.clear()
            if self._failure:
                message = f"this run is not remembered any further: {self._path}: {self._failure}"
                self._emit(e.Noted("warning", message))

    def _write_on(self) -> None:
        """The thread: until the end, or until the store fails."""
        try:
            with self._opened() as store:
                notes = Notes()
                while True:
                    self._wake.wait(_PERIOD)
                    self._wake.clear()
                    last = self._closing
                    while self._queue:
                        notes.take(*self._queue.popleft())
                    try:
                        notes.put(store)
                    except StoreBusyError:
                        continue
                    if last:
                        return
        except Exception as error:  # the thread's boundary: remembering is never worth a run
            self._failure = str(error) or type(error).__name__

    def _opened(self) -> Store:
        while True:
            try:
                return open_store(self._path)
            except StoreBusyError:
                time.sleep(_PERIOD)
