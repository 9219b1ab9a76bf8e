"""What every store promises, whatever its form."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from tests.memory.conftest import record, session

from mle_star_memory.location import database, home, memory_path
from mle_star_memory.opening import open_store
from mle_star_memory.store import Match, Record, Store, StoreError


def test_what_was_put_in_is_there_when_it_is_opened_again(path: Path) -> None:
    kept = Record("gate", "k", {"a": [1, 0.5, None, "ä"], "b": {"c": True}}, 3.0, "words")
    with open_store(path) as store:
        store.add_session(session())
        store.add_records("a", [kept])

    with open_store(path) as store:
        assert store.sessions() == [session()]
        assert store.records("a") == [kept]


def test_sessions_come_newest_first_and_not_more_than_asked_for(store: Store) -> None:
    for number in range(60):
        store.add_session(session(str(number), float(number)))

    assert [found.id for found in store.sessions(limit=3)] == ["59", "58", "57"]
    assert len(store.sessions()) == 50
    assert len(store.sessions(None)) == 60


def test_a_session_is_found_by_its_id(store: Store) -> None:
    store.add_session(session("a"))
    store.add_session(session("b"))

    assert store.session("b") == session("b")
    assert store.session("c") is None


def test_adding_a_session_again_replaces_it_and_keeps_its_records(store: Store) -> None:
    store.add_session(session())
    store.add_records("a", [record("1")])
    store.add_session(session(status="done"))

    assert [found.status for found in store.sessions()] == ["done"]
    assert store.records("a") == [record("1")]


def test_updating_changes_only_the_named_fields(store: Store) -> None:
    store.add_session(session())
    store.update_session("a", status="done", best_score=0.5, stage="search", fingerprint="f")

    changed = session(status="done", best_score=0.5, stage="search", fingerprint="f")
    assert store.sessions() == [changed]


def test_updating_a_session_that_is_not_there_does_nothing(store: Store) -> None:
    store.update_session("nobody", status="done")

    assert store.sessions() == []


def test_an_unknown_field_is_refused(store: Store) -> None:
    store.add_session(session())

    with pytest.raises(KeyError, match="no field colour"):
        store.update_session("a", colour="red")


def test_records_come_in_the_order_in_which_they_came_up(store: Store) -> None:
    store.add_session(session())
    store.add_records("a", [record("z"), record("m")])
    store.add_records("a", [record("z", kind="gate"), record("b")])

    assert [r.key for r in store.records("a", "candidate")] == ["z", "m", "b"]
    assert [r.kind for r in store.records("a")] == ["candidate", "candidate", "gate", "candidate"]
    assert store.records("b") == []


def test_recording_the_same_again_changes_nothing(store: Store) -> None:
    store.add_session(session())
    store.add_records("a", [record("1", "one", time=1.0), record("2", "two", time=1.0)])
    store.add_records("a", [record("1", "one", time=9.0), record("1", "one", time=9.0)])

    assert store.records("a") == [record("1", "one"), record("2", "two")]
    assert len(store.query("one")) == 1


def test_another_content_under_the_same_key_takes_its_place(store: Store) -> None:
    store.add_session(session())
    store.add_records("a", [record("1", "before"), record("2", "other")])
    store.add_records("a", [record("1", "after", time=2.0)])

    assert store.records("a") == [record("1", "after", time=2.0), record("2", "other")]
    assert store.query("before") == []
    assert [match.record.key for match in store.query("after")] == ["1"]


def test_the_same_key_may_stand_in_other_sessions_and_kinds(store: Store) -> None:
    for identity in "ab":
        store.add_session(session(identity))
        store.add_records(identity, [record("1"), record("1", kind="gate")])

    assert len(store.records("a")) == len(store.records("b")) == 2


def test_records_of_an_unknown_session_are_refused_and_leave_nothing(store: Store) -> None:
    with pytest.raises(StoreError, match="no session 'nobody'"):
        store.add_records("nobody", [record("1"), record("2")])

    assert store.records("nobody") == []
    assert store.query("") == []


def test_numbers_that_json_does_not_know_become_null(store: Store) -> None:
    store.add_session(session())
    store.add_records("a", [Record("metric", "k", {"worst": math.inf, "none": math.nan}, 1.0)])

    assert store.records("a")[0].content == {"worst": None, "none": None}


def test_another_opened_store_sees_every_change_at_once(path: Path) -> None:
    with open_store(path) as writer, open_store(path) as reader:
        writer.add_session(session())
        writer.add_records("a", [record("1", "seen")])

        assert reader.sessions() == [session()]
        assert reader.query("seen") == [Match("a", "name", record("1", "seen"))]


@pytest.mark.parametrize(
    "content",
    [b"not a store, whatever its name says" * 100, b"[]", b"{}", b'{"version": 999}', b"\xff\x00"],
)
def test_a_file_that_is_no_store_is_refused_and_left_alone(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True)
    path.write_bytes(content)

    with pytest.raises(StoreError):
        open_store(path)

    assert path.read_bytes() == content


def test_a_place_that_cannot_hold_a_store_is_told_of(path: Path) -> None:
    path.parent.write_text("a file where the folder should be")

    with pytest.raises(StoreError):
        open_store(path)


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


def test_a_store_is_asked_for_by_its_file_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))

    assert memory_path(None) == database()
    assert memory_path("none") is None
    assert memory_path("~/own.json") == tmp_path / "own.json"
    for wrong in ("", "  ", "a\0b"):
        with pytest.raises(ValueError, match="no path"):
            memory_path(wrong)
