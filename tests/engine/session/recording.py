"""A recorder that is told of a run, and what it left in the store."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import pytest
from tests.engine.report.story import story

from mle_star import events as e
from mle_star.events import Event
from mle_star.session.recorder import Recorder
from mle_star_memory.opening import open_store
from mle_star_memory.store import Record, Session

PROFILE = {
    "columns": [
        {"original": "tenure", "kind": "numeric", "role": "feature"},
        {"original": "contract", "kind": "categorical", "role": "feature"},
        {"original": "Churn", "kind": "categorical", "role": "target"},
    ],
    "missing": 0.02,
    "duplicate_rows": 3,
    "issues": [{"message": "'tenure' has outliers"}],
}


def whole() -> list[Event]:
    """A run with every kind of event that is remembered."""
    first, *rest = story()
    assert isinstance(rest[0], e.DataProfiled)
    rest[0] = replace(rest[0], profile=PROFILE)
    return [
        first,
        e.TaskStarted("dataset_analysis", "profile", [], 1, None),
        *rest[:3],
        e.TaskFinished("dataset_analysis", "profile", "done", "5,000 rows", 0.5),
        e.TechniqueFound("lightgbm", "model", 0.9, "fits tables", ["Ke et al. 2017"], 1),
        *rest[3:],
    ]


@pytest.fixture(params=["memory.sqlite3", "memory.json"])
def path(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    return tmp_path / str(request.param)


def record(path: Path, events: Iterable[Event], now: float = 5.0) -> list[Event]:
    """Tell a recorder of a run; gives back what it emitted."""
    emitted: list[Event] = []
    with contextlib.closing(Recorder(path, lambda: now, emitted.append)) as recorder:
        for event in events:
            recorder(event)
    return emitted


def content(path: Path) -> tuple[list[Session], list[Record]]:
    with open_store(path) as store:
        sessions = store.sessions()
        return sessions, [r for session in sessions for r in store.records(session.id)]
