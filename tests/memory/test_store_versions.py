"""Versions of models: numbered, promoted one at a time, whatever the form of the store."""

from __future__ import annotations

import json
import sqlite3
import threading
from pathlib import Path

import pytest
from tests.memory.conftest import session

from mle_star_memory.migrations import MIGRATIONS
from mle_star_memory.opening import open_store
from mle_star_memory.store import Store, StoreError
from mle_star_memory.versions import ARCHIVED, PRODUCTION, STAGING, Move, Version


def version(session: str = "s1", name: str = "churn", **other: object) -> Version:
    return Version(name, session, f"/m/{session}", 1.0, **other)  # type: ignore[arg-type]


def test_versions_of_a_name_are_counted_and_go_back_to_the_one_before(store: Store) -> None:
    store.add_version(version("s1", score=0.5, refusals=["gate"]))
    store.add_version(version("s2", name="other"))
    store.add_version(version("s3"))
    store.add_version(version("s4", parent="s1"))

    found = store.versions("churn")

    assert [(v.number, v.session, v.parent) for v in found] == [
        (1, "s1", ""), (2, "s3", "s1"), (3, "s4", "s1"),
    ]  # fmt: skip
    assert (found[0].score, found[0].refusals, found[0].stage) == (0.5, ["gate"], "experimental")
    assert [(v.name, v.number) for v in store.versions()] == [
        ("churn", 1), ("churn", 2), ("churn", 3), ("other", 1),
    ]  # fmt: skip


def test_one_session_may_make_several_models(store: Store) -> None:
    store.add_version(version(model="a"))
    store.add_version(version(model="b"))

    assert [(v.number, v.model) for v in store.versions()] == [(1, "a"), (2, "b")]


def test_a_model_is_one_version_however_often_its_session_says_so(store: Store) -> None:
    store.add_version(version())
    store.move_version("churn", 1, Move(STAGING, 2.0, "good"))

    again = store.add_version(version(score=0.9))

    assert (again.number, again.stage, again.score) == (1, STAGING, None)
    assert store.versions() == [again]


def test_one_in_production_makes_way_and_both_remember_it(path: Path) -> None:
    with open_store(path) as store:
        store.add_version(version("s1"))
        store.add_version(version("s2"))
        store.move_version("churn", 1, Move(PRODUCTION, 2.0, "first"))
        changed = store.move_version("churn", 2, Move(PRODUCTION, 3.0, "better", forced=True))

    assert [(v.number, v.stage) for v in changed] == [(1, ARCHIVED), (2, PRODUCTION)]
    with open_store(path) as store:
        first, second = store.versions("churn")
    assert [first, second] == changed
    assert first.changes == [
        {"time": 2.0, "from": "experimental", "to": PRODUCTION, "why": "first", "forced": False},
        {"time": 3.0, "from": PRODUCTION, "to": ARCHIVED, "why": "version 2 took its place",
         "forced": False},
    ]  # fmt: skip
    assert second.changes[-1]["forced"] is True


def test_of_two_names_each_may_have_one_in_production(store: Store) -> None:
    for name in ("churn", "price"):
        store.add_version(version("s1", name=name))
        store.move_version(name, 1, Move(PRODUCTION, 2.0, ""))

    assert [v.stage for v in store.versions()] == [PRODUCTION, PRODUCTION]


def test_moving_to_where_it_is_changes_nothing(store: Store) -> None:
    store.add_version(version())
    store.move_version("churn", 1, Move(STAGING, 2.0, ""))

    assert store.move_version("churn", 1, Move(STAGING, 3.0, "")) == []
    assert len(store.versions()[0].changes) == 1


@pytest.mark.parametrize(("name", "number"), [("churn", 2), ("else", 1)])
def test_a_version_that_is_not_there_cannot_be_moved(store: Store, name: str, number: int) -> None:
    store.add_version(version())

    with pytest.raises(StoreError, match="no version"):
        store.move_version(name, number, Move(STAGING, 2.0, ""))


def test_many_at_once_get_numbers_of_their_own_and_one_is_in_production(path: Path) -> None:
    open_store(path).close()

    def work(number: int) -> None:
        with open_store(path) as store:
            made = store.add_version(version(f"s{number}"))
            store.move_version("churn", made.number, Move(PRODUCTION, float(number), ""))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    with open_store(path) as store:
        found = store.versions("churn")
    assert [v.number for v in found] == list(range(1, 9))
    assert sum(v.stage == PRODUCTION for v in found) == 1


def test_sqlite_itself_refuses_two_in_production(tmp_path: Path) -> None:
    path = tmp_path / "memory.sqlite3"
    with open_store(path) as store:
        store.add_version(version("s1"))
        store.add_version(version("s2"))
    connection = sqlite3.connect(path)

    with pytest.raises(sqlite3.IntegrityError):
        connection.execute("UPDATE versions SET stage = 'production'")
    connection.close()


def test_a_json_store_of_before_takes_versions_and_keeps_the_rest(tmp_path: Path) -> None:
    path = tmp_path / "memory.json"
    path.write_text(json.dumps({"version": 1, "sessions": {}, "records": {}}))

    with open_store(path) as store:
        store.add_session(session())
        store.add_version(version())
        assert [v.session for v in store.versions()] == ["s1"]
        assert store.sessions() == [session()]


def test_damaged_versions_are_told_of(tmp_path: Path) -> None:
    path = tmp_path / "memory.json"
    for damaged in ({"churn": 1}, [{"name": "churn"}], ["churn"]):
        path.write_text(
            json.dumps({"version": 1, "sessions": {}, "records": {}, "versions": damaged})
        )
        with open_store(path) as store, pytest.raises(StoreError, match="version"):
            store.versions()


def test_without_full_text_there_are_versions_and_the_index_is_made_up_for_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "memory.sqlite3"
    with monkeypatch.context() as patched:
        patched.setattr("mle_star_memory.migrations.has_full_text", lambda _: False)
        with open_store(path) as store:
            store.add_version(version())
        with open_store(path) as store:
            assert [v.session for v in store.versions()] == ["s1"]

    with open_store(path) as store:
        assert [v.session for v in store.versions()] == ["s1"]
    connection = sqlite3.connect(path)
    tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}
    assert {"words", "records_added", "versions"} <= tables
    assert connection.execute("PRAGMA user_version").fetchone() == (len(MIGRATIONS),)
    connection.close()
