"""A session is found by whatever a person calls it."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.memory.conftest import session

from mle_star_memory.identify import UnknownSessionError, identify
from mle_star_memory.store import Store


@pytest.fixture
def filled(store: Store, tmp_path: Path) -> Store:
    store.add_session(session("abc1", 1.0, name="churn", folder=str(tmp_path / "one")))
    store.add_session(session("abd2", 2.0, name="prices", folder=str(tmp_path / "two")))
    store.add_session(session("f", 3.0, name="churn", folder=str(tmp_path / "three")))
    store.add_session(session("churn2", 4.0, name="abc", folder=str(tmp_path / "four")))
    return store


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        (None, "churn2"),
        ("abd2", "abd2"),
        ("abd", "abd2"),
        ("prices", "abd2"),
        ("churn", "f"),
        ("abc", "churn2"),
        ("one", "abc1"),
        ("./one/", "abc1"),
    ],
)
def test_it_is_meant_by_folder_id_name_or_the_beginning_of_an_id(
    filled: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, asked: str | None, found: str
) -> None:
    monkeypatch.chdir(tmp_path)

    assert identify(filled, asked).id == found


def test_a_linked_folder_is_the_same_folder(filled: Store, tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "link").symlink_to("one")

    assert identify(filled, str(tmp_path / "link")).id == "abc1"


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ("ab", r"'ab' begins several ids: abd2 \(prices\), abc1 \(churn\)"),
        ("nothing", r"no session 'nothing'; there are churn2 \(abc\), f \(churn\), "),
        ("", "no session ''"),
        ("a\0", "no session"),
    ],
)
def test_what_is_not_clear_is_asked_back_with_what_there_is(
    filled: Store, asked: str, told: str
) -> None:
    with pytest.raises(UnknownSessionError, match=told):
        identify(filled, asked)


@pytest.mark.parametrize("asked", [None, "x"])
def test_an_empty_store_says_so(store: Store, asked: str | None) -> None:
    with pytest.raises(UnknownSessionError, match="no session yet"):
        identify(store, asked)
