"""What carries over between the stages of a session: options, words, its folder, its name."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from mle_star.errors import StateError
from mle_star.session.lookup import EVENTS
from mle_star.session.stages import FILE, Stages, anchored, carried, given, named, stages_in
from mle_star_memory.location import database
from mle_star_memory.opening import open_store
from mle_star_memory.store import PREPARED, Session


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def prepared(name: str = "shop", output: str | None = None, **options: Any) -> Stages:
    stages = Stages(f"id-{name}", name)
    stages.take_typed({"dataset": "/shop.csv", **options})
    stages.place(output)
    stages.save()
    return stages


def remember(stages: Stages, started: float = 1.0) -> None:
    folder = str(Path(stages.folder).resolve())
    with open_store(database()) as store:
        row = Session(stages.session, stages.name, folder, "/d", "", started, status=PREPARED)
        store.add_session(row)


def test_what_is_saved_is_read_again_wherever_the_folder_has_gone() -> None:
    stages = prepared(metric="f1", seed=0)
    stages.said.append("predict label")
    stages.save()
    Path(stages.folder).rename("elsewhere")

    found = stages_in(Path("elsewhere"))

    assert found is not None
    assert found.folder == "elsewhere"
    assert (found.session, found.name, found.given, found.said, found.typed) == (
        stages.session, "shop", stages.given, ["predict label"], ["dataset", "metric", "seed"],
    )  # fmt: skip


def test_a_folder_without_stages_has_none_and_a_damaged_file_is_told_of(tmp_path: Path) -> None:
    assert stages_in(tmp_path) is None
    for content in ("{", json.dumps({"name": "only"}), json.dumps({"of": "another version"})):
        (tmp_path / FILE).write_text(content)
        with pytest.raises(StateError, match=FILE):
            stages_in(tmp_path)


@pytest.mark.parametrize(
    ("first", "then", "left"),
    [
        ({"preset": "best"}, {"time_budget": 60.0}, {"time_budget": 60.0}),
        ({"time_budget": 60.0}, {"preset": "best"}, {"preset": "best"}),
        ({"evaluations": 5}, {"preset": "best"}, {"preset": "best"}),
        ({"no_chaining": True}, {"chaining": True}, {"chaining": True}),
        ({}, {"no_chaining": True, "chaining": True}, {"no_chaining": True, "chaining": True}),
        ({"evaluations": 5}, {"timeout": 9}, {"evaluations": 5, "timeout": 9}),
    ],
)
def test_of_options_that_exclude_each_other_the_last_one_stands(
    first: dict[str, Any], then: dict[str, Any], left: dict[str, Any]
) -> None:
    stages = Stages("id", "shop")
    stages.take_typed(first)
    stages.take_typed(then)

    assert stages.given == left


def test_only_what_was_typed_is_certain() -> None:
    stages = Stages("id", "shop")
    stages.take_typed({"metric": "f1", "preset": "best"})
    stages.take({"target": "label", "time_budget": 60.0})

    assert stages.certain == {"metric": "f1"}


def test_folders_are_numbered_where_a_name_is_taken() -> None:
    folders = [prepared().folder for _ in range(3)]

    assert folders == ["models/shop", "models/shop-2", "models/shop-3"]
    assert all((Path(folder) / FILE).is_file() for folder in folders)


def test_a_folder_that_cannot_be_made_is_told_of() -> None:
    Path("file").write_text("")

    with pytest.raises(StateError, match="cannot make"):
        prepared(output="file/deep")


def test_a_session_that_could_not_begin_leaves_nothing_but_what_is_not_its_own() -> None:
    for output, other in (("a/b/c", "a/b/other"), (None, "models/other")):
        stages = Stages("id", "shop")
        made = stages.place(output)
        stages.save()
        Path(other).mkdir()
        stages.discard(made)
        assert not Path(stages.folder).exists()
        assert Path(other).exists()
    Path("mine").mkdir()
    stages = Stages("id", "shop")
    made = stages.place("mine/deep")
    stages.save()
    stages.discard(made)
    assert list(Path("mine").iterdir()) == []
    made = stages.place("mine")
    stages.discard(made)
    assert Path("mine").is_dir()


def test_a_run_of_the_name_or_folder_takes_the_prepared_session_over() -> None:
    stages = prepared(metric="f1", target="label", time_budget=60.0)

    by_name, found = carried({"name": "shop", "metric": "roc_auc", "preset": None, "quiet": False})
    by_folder, again = carried({"output": "models/shop", "evaluations": 3})

    assert found is not None
    assert again is not None
    assert found.session == again.session == stages.session
    assert by_name == {
        "dataset": "/shop.csv", "metric": "roc_auc", "target": "label", "time_budget": 60.0,
        "name": "shop", "output": "models/shop",
    }  # fmt: skip
    assert (by_folder["evaluations"], by_folder["metric"]) == (3, "f1")
    assert "time_budget" not in by_folder


def test_a_session_that_has_begun_is_not_begun_again() -> None:
    stages = prepared()
    (Path(stages.folder) / EVENTS).write_text("{}\n")

    assert stages.has_begun
    assert carried({"name": "shop"}) == ({"name": "shop"}, None)
    assert carried({"target": "y"}) == ({"target": "y"}, None)


def test_a_prepared_session_is_found_by_its_name_wherever_it_lies() -> None:
    stages = prepared(output="deep/er")
    remember(stages)

    found = named({"name": "shop"})

    assert found is not None
    assert found.session == stages.session
    assert named({"name": "shop", "memory": "none"}) is None
    assert named({"name": "shop", "dataset": "other.csv"}) is None, "a run of its own"
    assert named({"name": "other"}) is None


def test_a_name_stands_for_the_newest_session_that_has_not_begun() -> None:
    old, new = prepared(), prepared()
    new.session = "newer"
    new.save()
    (Path(old.folder) / EVENTS).write_text("{}\n")
    remember(old, 1.0)
    remember(new, 2.0)

    found = named({"name": "shop"})

    assert found is not None
    assert found.session == "newer"


def test_paths_mean_the_same_wherever_the_next_stage_is_typed(tmp_path: Path) -> None:
    typed = {"dataset": "shop.csv", "workflow": "a/b.json", "memory": "none", "metric": "f1"}

    assert anchored(typed) == {
        "dataset": str(tmp_path / "shop.csv"),
        "workflow": str(tmp_path / "a" / "b.json"),
        "memory": "none",
        "metric": "f1",
    }
    assert anchored({"memory": " ", "dataset": ""}) == {"memory": " ", "dataset": ""}
    own = anchored({"metric": "mine.py:cost", "memory": "m.json"})
    assert own == {
        "metric": f"{tmp_path / 'mine.py'}:cost",
        "memory": str(tmp_path / "m.json"),
    }


def test_a_zero_is_given_and_a_flag_that_is_not_set_is_not() -> None:
    assert given({"seed": 0, "quiet": False, "metric": None, "drop": ""}) == {"seed": 0, "drop": ""}
