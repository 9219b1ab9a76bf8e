"""What the store promises: nothing lost between processes, all or nothing, old files brought up."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from mle_star_memory.location import database, home
from mle_star_memory.migrations import MIGRATIONS, migrate
from mle_star_memory.store import Session, Store


def _session(identity: str = "a", started: float = 1.0) -> Session:
    return Session(identity, "name", "/f", "/d.csv", "y", started)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "deep" / "memory.sqlite3"


def test_a_session_comes_back_as_it_was_put_in(path: Path) -> None:
    with Store(path) as store:
        store.add_session(_session())

    with Store(path) as store:
        assert store.sessions() == [_session()]


def test_sessions_come_newest_first_and_not_more_than_asked_for(path: Path) -> None:
    with Store(path) as store:
        for number in range(5):
            store.add_session(_session(str(number), float(number)))

        assert [session.id for session in store.sessions(limit=3)] == ["4", "3", "2"]


def test_updating_changes_only_the_named_fields(path: Path) -> None:
    with Store(path) as store:
        store.add_session(_session())
        store.update_session("a", status="done", best_score=0.5, exit_code=0)
        found = store.sessions()[0]

    assert (found.status, found.best_score, found.exit_code) == ("done", 0.5, 0)
    assert (found.name, found.finished) == ("name", None)


def test_an_unknown_field_is_refused(path: Path) -> None:
    with Store(path) as store, pytest.raises(KeyError, match="no field colour"):
        store.update_session("a", colour="red")


def test_records_come_back_in_order_and_by_kind(path: Path) -> None:
    with Store(path) as store:
        store.add_session(_session())
        store.add_records("a", "candidate", [{"n": 1}, {"n": 2}])
        store.add_records("a", "metric", [{"score": 0.5}])
        store.add_records("a", "candidate", [{"n": 3}])

        assert [record["n"] for record in store.records("a", "candidate")] == [1, 2, 3]
        assert store.records("a", "metric") == [{"score": 0.5}]


def test_records_of_an_unknown_session_are_refused_and_leave_nothing(path: Path) -> None:
    with Store(path) as store:
        with pytest.raises(sqlite3.IntegrityError):
            store.add_records("nobody", "metric", [1, 2])

        assert store.records("nobody", "metric") == []


def test_a_failing_migration_leaves_the_version_before(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = (*MIGRATIONS, ("CREATE TABLE half (a)", "NOT SQL"))
    Store(path).close()
    monkeypatch.setattr("mle_star_memory.migrations.MIGRATIONS", broken)
    connection = sqlite3.connect(path, isolation_level=None)

    with pytest.raises(sqlite3.OperationalError):
        migrate(connection)

    tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master")]
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    connection.close()
    assert "half" not in tables
    assert version == len(MIGRATIONS)


def test_a_store_from_the_future_is_refused(path: Path) -> None:
    Store(path).close()
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 999")
    connection.close()

    with pytest.raises(sqlite3.DatabaseError, match="version 999"):
        Store(path)


def test_eight_processes_write_at_once_and_nothing_is_lost(path: Path) -> None:
    code = """
import sys
from pathlib import Path
from mle_star_memory.store import Session, Store
me = sys.argv[2]
with Store(Path(sys.argv[1])) as store:
    store.add_session(Session(me, "n", "/f", "/d", "y", float(me)))
    for number in range(20):
        store.add_records(me, "candidate", [number])
    store.update_session(me, status="done")
"""
    writers = [
        subprocess.Popen([sys.executable, "-c", code, str(path), str(number)])
        for number in range(8)
    ]

    assert [writer.wait(timeout=60) for writer in writers] == [0] * 8
    with Store(path) as store:
        assert {session.status for session in store.sessions()} == {"done"}
        for number in range(8):
            assert store.records(str(number), "candidate") == list(range(20))


def test_the_store_lies_where_the_environment_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLE_STAR_HOME", str(tmp_path / "own"))
    assert database() == tmp_path / "own" / "memory.sqlite3"

    monkeypatch.delenv("MLE_STAR_HOME")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    assert home() == tmp_path / "data" / "mle-star"

    monkeypatch.delenv("XDG_DATA_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert home() == tmp_path / ".local" / "share" / "mle-star"
