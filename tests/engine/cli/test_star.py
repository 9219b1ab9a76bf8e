"""One session by stages: what is understood, shown back, carried over, refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.engine.cli.conftest import Run, write_data

from mle_star.cli.launch import Launch
from mle_star.session.lookup import EVENTS
from mle_star_memory.location import database
from mle_star_memory.opening import open_store
from mle_star_memory.store import Session

STAGE = ("ml", "mle-star")
SAID = "predict label by f1, leave out code and shop, < 50 ms a prediction, hullabaloo"


def rows() -> list[Session]:
    with open_store(database()) as store:
        return store.sessions()


def told(run: Run, *words: str | Path) -> dict[str, Any]:
    """A stage as JSON, and nothing else on standard output."""
    done = run(*STAGE, *words, "--output-format", "json")
    assert (done.code, done.err) == (0, "")
    found: dict[str, Any] = done.json
    return found


def shown(told: dict[str, Any], title: str) -> dict[str, tuple[str, ...]]:
    """Rows of a section by their first cell."""
    section = next(one for one in told["sections"] if one["title"] == title)
    return {row[0]: tuple(row[1:]) for row in section["rows"]}


def test_what_is_said_is_understood_and_shown_back(run: Run, data: Path) -> None:
    done = run(*STAGE, "situation", SAID, "--dataset", data)

    page = " ".join(done.out.split())
    assert (done.code, done.err) == (0, "")
    assert "'predict label' target label" in page
    assert "'f1' metric f1" in page
    assert "'leave out code and shop' drop code, shop" in page
    assert "'< 50 ms a prediction' latency ms 50 ms a prediction" in page
    assert "Nothing was made of: hullabaloo" in page
    assert "240 usable" in page
    assert "An estimate, by a rule of thumb" in page


def test_each_stage_goes_on_where_the_one_before_left_off(run: Run, data: Path) -> None:
    first = told(run, "situation", SAID, "--dataset", data, "--refinement-iterations", "0")
    second = told(run, "task", "ordered by day")

    (row,) = rows()
    assert first["session"] == second["session"] == row.id
    assert (row.status, row.stage) == ("prepared", "task")
    assert row.folder == str(Path.cwd() / "models" / "shop-label")
    assert (row.name, row.target, row.dataset) == ("shop-label", "label", str(data))
    assert second["options"] == first["options"] | {
        "time_column": "day", "output": "models/shop-label"
    }  # fmt: skip
    assert second["options"]["refinement_iterations"] == 0
    assert shown(second, "Task")["Target"] == ("label (binary)",)
    assert shown(second, "Task")["Metric"] == ("f1 (higher is better)",)
    assert shown(second, "Task")["Time"] == ("day",)
    assert shown(second, "Gates")["latency"] == ("< 50 ms for one row",)
    assert [path.name for path in Path(row.folder).iterdir()] == ["stages.json"]


def test_what_contradicts_itself_is_left_open_and_said(run: Run, data: Path) -> None:
    found = told(run, "situation", "predict label by f1 or accuracy", "--dataset", data)

    assert "it may be f1" in found["conflicts"][0]
    assert "--metric" in found["conflicts"][0]
    assert "metric" not in found["options"]


def test_what_was_typed_goes_before_words_of_any_stage(run: Run, data: Path) -> None:
    first = told(
        run, "situation", "predict label by f1 in 20 minutes", "--dataset", data,
        "--metric", "log_loss", "--preset", "quick",
    )  # fmt: skip
    second = told(run, "task", "by accuracy")

    for found in (first, second):
        assert found["options"]["metric"] == "log_loss"
        assert found["options"]["preset"] == "quick"
        assert "time_budget" not in found["options"]
    assert "'f1' of the description gives way to --metric log_loss" in first["notes"]
    assert any("20 minutes" in note and "--preset quick" in note for note in first["notes"])
    assert "'accuracy' of the description gives way to --metric log_loss" in second["notes"]


def test_what_no_longer_holds_is_said(run: Run, data: Path) -> None:
    told(run, "situation", "predict label by f1 in 20 minutes", "--dataset", data)
    found = told(run, "task", "by accuracy", "--evaluations", "4")

    assert found["notes"] == [
        "metric was f1; now it is accuracy",
        "time budget was 1200.0; now it no longer holds",
    ]


def test_without_a_target_the_likely_ones_are_listed(run: Run, data: Path) -> None:
    found = told(run, "situation", "leave out code", "--dataset", data)
    refused = run(*STAGE, "task")
    also = run(*STAGE, "action")

    assert list(shown(found, "Likely targets"))[:2] == ["label", "price"]
    assert refused.code == also.code == 2
    assert "no target is known yet" in refused.err
    assert "predict COLUMN" in also.err
    assert shown(told(run, "task", "predict label"), "Task")["Target"] == ("label (binary)",)


def test_a_stage_finds_its_session_by_id_name_and_folder(
    run: Run, data: Path, tmp_path: Path
) -> None:
    first = told(run, "situation", "predict label", "--dataset", data, "--name", "first")
    told(run, "situation", "predict price", "--dataset", data, "--name", "second")

    assert told(run, "task")["name"] == "second", "the newest"
    for asked in (first["session"], first["session"][:6], "first", tmp_path / "models" / "first"):
        assert told(run, "task", "--session", asked)["session"] == first["session"]
    assert told(run, "task", "--name", "first")["session"] == first["session"]
    missing = run(*STAGE, "task", "--session", "nobody")
    assert missing.code == 2
    assert "'nobody'" in missing.err


def test_a_session_needs_no_store_where_its_folder_is_named(run: Run, data: Path) -> None:
    first = told(
        run, "situation", "predict label", "--dataset", data, "--memory", "none", "--output", "here"
    )

    assert told(run, "task", "--output", "here")["session"] == first["session"]
    assert told(run, "task", "--session", "here")["session"] == first["session"]
    assert not database().exists()


def test_a_stage_may_be_typed_in_another_folder(
    run: Run, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = told(run, "situation", "predict label", "--dataset", data.name)
    (tmp_path / "other").mkdir()
    monkeypatch.chdir(tmp_path / "other")

    found = told(run, "task", "ordered by day")

    assert found["session"] == first["session"]
    assert shown(found, "Task")["Time"] == ("day",)
    assert list((tmp_path / "other").iterdir()) == []


def test_a_data_file_begins_a_session_of_its_own(run: Run, data: Path, tmp_path: Path) -> None:
    other = write_data(tmp_path / "market.csv", rows=60)
    first = told(run, "situation", "predict label", "--dataset", data)
    same = told(run, "task", "--dataset", data)
    another = told(run, "task", "predict label", "--dataset", other)
    again = told(run, "situation", "predict price", "--dataset", data)

    assert same["session"] == first["session"]
    assert len({first["session"], another["session"], again["session"]}) == 3
    assert another["name"] == "market-label"


def test_variables_say_as_much_as_options(run: Run, data: Path) -> None:
    variables = json.dumps({"dataset_path": str(data), "target_column": "label"})
    first = told(run, "situation", "--variables", variables)
    second = told(run, "task", "--variables", json.dumps({"quality_threshold": 0.7}), "--dataset",
                  data, "--target", "label")  # fmt: skip

    assert shown(first, "Data")["Task"] == ("binary, target label",)
    assert shown(second, "Gates")["quality threshold"] == ("0.7",)


@pytest.mark.parametrize(
    ("words", "code", "what"),
    [
        (["situation"], 2, "--dataset"),
        (["task", "predict label"], 2, "--dataset"),
        (["action"], 2, "--dataset"),
        (["situation", "--dataset", "none.csv"], 3, "none.csv"),
        (["situation", "predict label", "--dataset", "none.csv"], 3, "none.csv"),
        (["situation", "--dataset", "shop.csv", "--name", "../up"], 2, "--name"),
        (["situation", "--dataset", "shop.csv", "--evaluations", "0"], 2, "--evaluations"),
        (["task", "--dataset", "shop.csv", "--target", "lable"], 3, "label"),
        (["task", "predict label", "--dataset", "shop.csv", "--metric", "no"], 2, "'no'"),
        (["action", "--dataset", "shop.csv", "--target", "lable"], 3, "label"),
        (["action", "--dataset", "shop.csv", "--target", "label", "--seed", "-1"], 2, "--seed"),
        (["situation", "--dataset", "shop.csv", "--output-format", "stream-json"], 2, "events"),
        (["nonsense", "--dataset", "shop.csv"], 2, "nonsense"),
    ],
)
def test_what_cannot_be_used_is_refused_and_leaves_nothing(
    run: Run, data: Path, tmp_path: Path, words: list[str], code: int, what: str
) -> None:
    done = run(*STAGE, *words)

    assert (done.code, done.out) == (code, "")
    assert what in done.err
    assert [path.name for path in tmp_path.iterdir()] == [data.name]
    assert not [row for row in (rows() if database().exists() else []) if row.status == "prepared"]


def test_an_option_that_cannot_be_used_is_not_carried_over(run: Run, data: Path) -> None:
    told(run, "situation", "predict label by f1", "--dataset", data)

    assert run(*STAGE, "task", "--metric", "rmse").code == 3
    assert shown(told(run, "task"), "Task")["Metric"] == ("f1 (higher is better)",)


def test_results_before_anything_ran_say_so(run: Run, data: Path) -> None:
    nothing = run(*STAGE, "results")
    first = told(run, "situation", "predict label", "--dataset", data)
    newest, by_id = run(*STAGE, "results"), run(*STAGE, "results", "--session", first["session"])

    assert (nothing.code, newest.code, by_id.code) == (2, 2, 2)
    assert "no session" in nothing.err
    for done in (newest, by_id):
        assert f"nothing has run yet in {first['folder']}" in done.err
        assert "ml mle-star action" in done.err


def test_what_has_begun_to_run_is_no_longer_changed(run: Run, data: Path) -> None:
    first = told(run, "situation", "predict label", "--dataset", data)
    (Path(first["folder"]) / EVENTS).write_text("{}\n")

    assert run(*STAGE, "task").code == 0
    refused = run(*STAGE, "task", "predict price")
    assert refused.code == 2
    assert "has begun to run" in refused.err
    assert told(run, "task", "predict price", "--dataset", data)["session"] != first["session"]


@pytest.mark.parametrize("words", [["run"], ["automation", "mle-star"]])
def test_a_run_of_its_name_takes_a_prepared_session_over(
    run: Run, data: Path, monkeypatch: pytest.MonkeyPatch, words: list[str]
) -> None:
    starts: list[Launch] = []
    monkeypatch.setattr("mle_star.cli.run.launch", lambda start: starts.append(start))
    first = told(run, "situation", SAID, "--dataset", data.name, "--name", "mine", "--seed", "7")

    run(*words, "--name", "mine", "--refinement-iterations", "2")

    (start,) = starts
    start.folder.lock.close()
    settings = start.settings
    assert start.identity.session == first["session"]
    assert start.folder.root == Path(first["folder"])
    assert (settings.dataset, settings.targets, settings.metric) == (data, ("label",), "f1")
    assert (settings.drop, settings.latency_ms) == (("code", "shop"), 50.0)
    assert (settings.seed, settings.refinement_iterations) == (7, 2)
