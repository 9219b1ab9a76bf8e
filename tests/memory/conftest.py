"""Stores of both forms, and made-up sessions and records to put into them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mle_star_memory.opening import open_store
from mle_star_memory.store import Record, Session, Store


def session(identity: str = "a", started: float = 1.0, **other: Any) -> Session:
    given: dict[str, Any] = {
        "name": "name",
        "folder": f"/f/{identity}",
        "dataset": "/d.csv",
        "target": "y",
    }
    return Session(**({"id": identity, "started": started, **given} | other))


def record(key: str, text: str = "", kind: str = "candidate", time: float = 1.0) -> Record:
    return Record(kind, key, {"said": text}, time, text)


@pytest.fixture(params=["memory.sqlite3", "memory.json"])
def path(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """Where a store of either form is to be."""
    return tmp_path / "deep" / str(request.param)


@pytest.fixture
def store(path: Path) -> Iterator[Store]:
    """An empty store of either form."""
    with open_store(path) as opened:
        yield opened
