"""Writes a session into the store as it goes; a store that fails never fails the run."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

from mle_star import events as e
from mle_star.events import Emit, Event
from mle_star_memory.store import Session, Store

_CANDIDATE = ("digest", "name", "score", "spread", "rows", "seconds", "failure", "blocks")


class Recorder:
    """A reader of events that remembers the session.

    Parameters
    ----------
    path : Path
        The store's file.
    now : callable
        Seconds since the epoch.
    emit : callable
        Takes the warning if the store fails; nothing is written after that.
    """

    def __init__(self, path: Path, now: Callable[[], float], emit: Emit) -> None:
        self._path = path
        self._now = now
        self._emit = emit
        self._store: Store | None = None
        self._failed = False
        self._session = ""
        self._candidates: list[dict[str, Any]] = []

    def __call__(self, event: Event) -> None:
        """Take one event in."""
        if self._failed:
            return
        try:
            self._take(event)
        except (sqlite3.Error, OSError) as error:
            self._failed = True
            self.close()
            self._emit(e.Noted("warning", f"this run is not remembered: {self._path}: {error}"))

    def close(self) -> None:
        """Close the store."""
        if self._store is not None:
            self._store.close()
            self._store = None

    def _take(self, event: Event) -> None:
        match event:
            case e.SessionStarted():
                self._begin(event)
            case e.TaskResolved():
                task = event.task
                self._update(task=str(task["kind"]), metric=str(task["metric"]))
            case e.EvaluationFinished() if not event.cached:
                self._candidates.append({key: getattr(event, key) for key in _CANDIDATE})
            case e.PhaseFinished():
                self._flush()
            case e.SessionFinished():
                self._finish(event)

    def _begin(self, event: e.SessionStarted) -> None:
        self._session = event.session
        self._store = Store(self._path)
        self._store.add_session(
            Session(
                id=event.session,
                name=event.name,
                folder=str(Path(event.folder).resolve()),
                dataset=str(Path(event.settings["dataset"]).resolve()),
                target=", ".join(event.settings["targets"]),
                started=self._now(),
            )
        )

    def _update(self, **values: Any) -> None:
        if self._store is not None:
            self._store.update_session(self._session, **values)

    def _flush(self) -> None:
        if self._store is not None and self._candidates:
            self._store.add_records(self._session, "candidate", self._candidates)
        self._candidates = []

    def _finish(self, event: e.SessionFinished) -> None:
        self._flush()
        summary = event.summary
        score = summary.get("holdout") or summary.get("cross_validation") or {}
        self._update(
            status=summary.get("status", "failed"),
            finished=self._now(),
            best_score=score.get("score"),
            exit_code=event.exit_code,
        )
        metrics = [
            {"score_of": what, **summary[what]}
            for what in ("baseline", "cross_validation", "holdout", "test")
            if summary.get(what)
        ]
        if self._store is not None:
            self._store.add_records(self._session, "metric", metrics)
        self.close()
