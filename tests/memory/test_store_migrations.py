"""The SQLite form through its versions: brought up whole, or left as it was."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest
from tests.memory.conftest import session

from mle_star_memory.migrations import MIGRATIONS, migrate
from mle_star_memory.opening import open_store
from mle_star_memory.store import Session, StoreError


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """A store of version 1, with two sessions and their records in it."""
    path = tmp_path / "memory.sqlite3"
    connection = sqlite3.connect(path)
    for statement in MIGRATIONS[0]:
        connection.execute(statement)
    connection.execute("PRAGMA user_version = 1")
    connection.executemany(
        "INSERT INTO sessions VALUES (?, 'name', '/f', '/d', 'y', 'binary', 'roc_auc', 'done', "
        "?, ?, 0.9, 0)",
        [("a", 1.0, 5.0), ("b", 2.0, None)],
    )
    connection.executemany(
        "INSERT INTO records (session, kind, content) VALUES (?, ?, ?)",
        [
            ("a", "candidate", json.dumps({"name": "lightgbm", "score": 0.8}).encode()),
            ("a", "candidate", json.dumps({"name": "lightgbm", "score": 0.8}).encode()),
            ("a", "metric", json.dumps({"score_of": "holdout"}).encode()),
            ("b", "candidate", json.dumps({"name": "linear"}).encode()),
        ],
    )
    connection.commit()
    connection.close()
    return path


def test_an_old_store_is_brought_up_and_loses_nothing(old: Path) -> None:
    with open_store(old) as store:
        sessions = store.sessions()
        records = store.records("a")

        assert [s.id for s in sessions] == ["b", "a"]
        assert sessions[1] == Session(
            "a", "name", "/f", "/d", "y", 1.0, "binary", "roc_auc", "done", 5.0, 0.9, 0
        )
        assert [(r.kind, r.content.get("score"), r.time) for r in records] == [
            ("candidate", 0.8, 5.0),
            ("candidate", 0.8, 5.0),
            ("metric", None, 5.0),
        ]
        assert [(m.session, m.record.time) for m in store.query("linear")] == [("b", 2.0)]
        assert len(store.query("lightgbm")) == 2


@pytest.mark.parametrize("failing", range(2, len(MIGRATIONS) + 1))
def test_a_failing_migration_leaves_the_store_as_it_was(
    old: Path, monkeypatch: pytest.MonkeyPatch, failing: int
) -> None:
    broken = [list(statements) for statements in MIGRATIONS]
    broken[failing - 1].append("NOT SQL")
    monkeypatch.setattr("mle_star_memory.migrations.MIGRATIONS", broken)
    connection = sqlite3.connect(old, isolation_level=None)
    before = list(connection.iterdump())

    with pytest.raises(sqlite3.OperationalError):
        migrate(connection)

    assert list(connection.iterdump()) == before
    assert connection.execute("PRAGMA user_version").fetchone() == (1,)
    connection.close()


def test_a_store_from_the_future_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "memory.sqlite3"
    open_store(path).close()
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 999")
    connection.close()

    with pytest.raises(StoreError, match="version 999"):
        open_store(path)


def test_a_python_without_full_text_lists_what_one_with_it_wrote(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "memory.sqlite3"
    with open_store(path) as store:
        store.add_session(session())
    monkeypatch.setattr("mle_star_memory.migrations.has_full_text", lambda _: False)

    with open_store(path) as store:
        assert store.sessions() == [session()]
