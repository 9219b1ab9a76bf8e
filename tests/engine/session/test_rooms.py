"""The parts of a session one by one: the folder and endings."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from mle_star.errors import DataError, StateError, UsageError
from mle_star.session.ending import TimeLimit, ending_of
from mle_star.session.folder import claim
from mle_star.session.settings import Settings


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.chdir(tmp_path)
    return Settings(Path("d.csv"), ("y",), "churn")


def test_the_default_folder_is_numbered_when_it_is_taken(settings: Settings) -> None:
    roots = [str(claim(settings).root) for _ in range(3)]

    assert roots == ["models/churn", "models/churn-2", "models/churn-3"]


def test_two_runs_cannot_have_one_folder(settings: Settings, tmp_path: Path) -> None:
    asked = replace(settings, output=tmp_path / "out")
    claim(asked)

    with pytest.raises(UsageError, match="in use by"):
        claim(asked)


def test_discarding_removes_what_claiming_made_and_no_more(
    settings: Settings, tmp_path: Path
) -> None:
    (tmp_path / "mine").mkdir()
    folder = claim(replace(settings, output=tmp_path / "mine" / "a" / "b"))
    (folder.work / "file").write_text("")

    folder.discard()

    assert [path.name for path in tmp_path.rglob("*")] == ["mine"]


def test_discarding_keeps_a_folder_that_another_run_uses(settings: Settings) -> None:
    first, second = claim(settings), claim(settings)

    first.discard()

    assert not first.root.exists()
    assert second.events.exists()


def test_a_folder_that_cannot_be_made_is_a_state_error(settings: Settings) -> None:
    with pytest.raises(StateError, match="cannot make the output folder"):
        claim(replace(settings, output=Path("/proc/nothing/here")))


@pytest.mark.parametrize(
    ("error", "has_model", "ending"),
    [
        (KeyboardInterrupt(), True, ("interrupted", 130)),
        (TimeLimit(), True, ("timeout", 4)),
        (TimeLimit(), False, ("timeout", 7)),
        (DataError("x"), False, ("failed", 3)),
        (ValueError("x"), True, ("failed", 1)),
        (MemoryError(), True, ("failed", 1)),
    ],
)
def test_each_ending_has_its_word_and_status(
    error: BaseException, has_model: bool, ending: tuple[str, int]
) -> None:
    assert ending_of(error, has_model=has_model) == ending
