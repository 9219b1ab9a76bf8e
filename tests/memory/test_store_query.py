"""Queries: any text is one, and what fits best comes first."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.memory.conftest import record, session

from mle_star_memory import migrations
from mle_star_memory.opening import open_store
from mle_star_memory.store import Store

WORDS = ["lightgbm", "target encoding", "café", "naïve bayes", "x1", "one_two", "Größe 10"]


@pytest.fixture
def filled(store: Store) -> Store:
    store.add_session(session("a", name="first"))
    store.add_session(session("b", name="second"))
    store.add_records("a", [record(str(n), text, time=n) for n, text in enumerate(WORDS)])
    store.add_records("b", [record("g", "lightgbm gate", kind="gate", time=99.0)])
    return store


def _keys(store: Store, text: str, **which: Any) -> list[str]:
    return [match.record.key for match in store.query(text, **which)]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("LightGBM encoding café", ["0", "1", "2", "g"]),
        ("target encoding", ["1"]),
        ("enc tar", ["1"]),
        ("CAFE", ["2"]),
        ("cafe\u0301", ["2"]),
        ("naive", ["3"]),
        ("größe", ["6"]),
        ("x", ["4"]),
        ("two", ["5"]),
        ("ncoding", []),
        ("nothing", []),
        ('"target" AND (encoding* OR -x:', ["1", "4"]),
        ("☃ 🙂 !!", []),
        ("\0", []),
    ],
)
def test_words_are_found_whatever_their_case_accents_and_signs(
    filled: Store, text: str, found: list[str]
) -> None:
    assert sorted(_keys(filled, text)) == found


def test_records_that_hold_all_words_are_found_without_those_that_hold_some(store: Store) -> None:
    store.add_session(session())
    texts = ["deep tree", "deep forest of trees", "deep", "tree"]
    store.add_records("a", [record(str(n), text) for n, text in enumerate(texts)])

    assert sorted(_keys(store, "tree deep")) == ["0", "1"]


def test_a_match_says_what_it_is_where_it_belongs_and_when_it_was(filled: Store) -> None:
    (match,) = filled.query("gate")

    assert (match.session, match.name) == ("b", "second")
    assert match.record == record("g", "lightgbm gate", kind="gate", time=99.0)


@pytest.mark.parametrize("text", ["", "  \n\t"])
def test_a_blank_query_gives_the_newest(filled: Store, text: str) -> None:
    assert [match.record.key for match in filled.query(text, limit=3)] == ["g", "6", "5"]


def test_a_query_can_be_held_to_a_kind_and_a_session(filled: Store) -> None:
    assert _keys(filled, "lightgbm", kind="gate") == ["g"]
    assert _keys(filled, "lightgbm", session="a") == ["0"]
    assert _keys(filled, "", session="b") == ["g"]
    assert _keys(filled, "lightgbm", kind="gate", session="a") == []


def test_the_best_match_comes_first_and_the_newest_of_equals(store: Store) -> None:
    store.add_session(session())
    texts = {
        "often": "boost boost boost tree",
        "once": "boost and very many other words that say little about it",
        "equal": "boost tree",
        "newer": "boost tree",
    }
    store.add_records("a", [record(key, text) for key, text in texts.items()])
    store.add_records("a", [record(f"other {n}", "linear") for n in range(9)])

    assert _keys(store, "boost") == ["often", "newer", "equal", "once"]
    assert [match.record.key for match in store.query("boost", limit=2)] == ["often", "newer"]


def test_the_rarer_word_counts_more_where_no_record_holds_all(store: Store) -> None:
    store.add_session(session())
    store.add_records("a", [record(f"common {n}", "common thing") for n in range(9)])
    store.add_records("a", [record("rare", "rare thing")])

    assert _keys(store, "common rare")[0] == "rare"
    assert len(_keys(store, "common rare")) == 10


def test_a_query_of_a_megabyte_is_answered_soon(filled: Store) -> None:
    began = time.perf_counter()
    assert _keys(filled, "lightgbm " * 120_000) == ["0", "g"]
    assert _keys(filled, "a" * 2**20) == []
    assert len(_keys(filled, " ".join(f"w{n} lightgbm" for n in range(80_000)))) == 2

    assert time.perf_counter() - began < 5


@pytest.mark.parametrize("name", ["memory.sqlite3", "memory.json"])
def test_any_text_is_a_query_and_both_forms_answer_alike(
    tmp_path_factory: pytest.TempPathFactory, name: str
) -> None:
    with open_store(tmp_path_factory.mktemp("any") / name) as store:
        store.add_session(session())
        store.add_records("a", [record(str(n), text) for n, text in enumerate(WORDS)])

        @settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
        @given(st.text() | st.text("\"*()-^:+{}, ANDORNEAR\0'x1"), st.sampled_from([1, 20, 2**70]))
        def ask(text: str, limit: int) -> None:
            assert len(store.query(text, limit=limit)) <= limit
            assert store.query(text, kind=text, session=text) == []

        ask()
        assert store.query("\ud800") == []


def test_without_the_index_the_same_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open_store(tmp_path / "with.sqlite3") as store:
        expected = _answers(store)
    monkeypatch.setattr(migrations, "has_full_text", lambda _: False)
    with open_store(tmp_path / "without.sqlite3") as store:
        found = _answers(store)
        assert store.sessions() == [session()]
    monkeypatch.undo()
    with open_store(tmp_path / "without.sqlite3") as store:  # another Python, which has it
        indexed = [_keys(store, text) for text in ("light", "cafe", "x1 gr", "")]

    assert found == expected == indexed
    assert all(found)


def _answers(store: Store) -> list[list[str]]:
    store.add_session(session())
    store.add_records("a", [record(str(n), text) for n, text in enumerate(WORDS)])
    return [_keys(store, text) for text in ("light", "cafe", "x1 gr", "")]
