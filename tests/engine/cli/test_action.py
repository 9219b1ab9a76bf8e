"""The stages that run: an action that is stopped, gone on with, and what came out of it."""

from __future__ import annotations

import json
import signal
from dataclasses import dataclass
from pathlib import Path
from shutil import copytree

import pytest
from tests.engine.cli.background import Place, end
from tests.engine.cli.conftest import Ran, Run
from tests.engine.cli.test_star import STAGE


@dataclass(frozen=True)
class Acted:
    """An action that was interrupted, and gone on with by another.

    ``between`` is a copy of its folder as it was after the first.
    """

    place: Place
    first: Ran
    between: Path
    second: Ran


@pytest.fixture(scope="module")
def acted(tmp_path_factory: pytest.TempPathFactory) -> Acted:
    place = Place(tmp_path_factory.mktemp("acted"))
    place.workflow("all but the packaging", leaving_out=("model_deployment_prep",))
    said = "predict label, leave out code and shop, ordered by day, < 77 ms a prediction"
    first = place.begin(
        *STAGE, "action", said, "--dataset", "shop.csv", "--output", "out", "--evaluations", "4",
        "--refinement-iterations", "1", "--workflow", "workflow.json",
    )  # fmt: skip
    place.until("out", lambda event: event["type"] == "evaluation_finished")
    first.send_signal(signal.SIGINT)
    interrupted = end(first)
    between = place.folder / "between"
    copytree(place.folder / "out", between)
    second = place.ran(*STAGE, "action", "again", "--output-format", "json")
    return Acted(place, interrupted, between, second)


@pytest.mark.slow
def test_an_action_is_stopped_and_another_goes_on_with_it(acted: Acted) -> None:
    assert acted.first.code == 130
    assert "interrupted" in acted.first.out
    assert acted.second.code == 4, acted.second.err
    done = acted.second.json
    assert (done["status"], done["exit_code"]) == ("done", 4)
    events = acted.place.events("out")
    judged = [e["digest"] for e in events if e["type"] == "evaluation_finished"]
    assert len(judged) == len(set(judged)) == 4
    assert "options and words change nothing" in acted.second.err


@pytest.mark.slow
def test_an_action_says_first_what_it_made_of_the_words(acted: Acted) -> None:
    page = " ".join(acted.first.err.split())

    assert page.startswith("Understood")
    assert "'leave out code and shop' drop code, shop" in page
    settings = acted.second.json["settings"]
    assert (settings["targets"], settings["time_column"]) == (["label"], "day")


@pytest.mark.slow
def test_a_time_said_in_words_is_the_threshold_of_the_latency_gate(acted: Acted) -> None:
    (gate,) = [gate for gate in acted.second.json["gates"] if gate["gate"].startswith("latency")]

    assert gate["threshold"] == "< 77 ms for one row"


@pytest.mark.slow
def test_results_show_what_came_out_so_far_and_in_the_end(
    acted: Acted, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLE_STAR_HOME", str(acted.place.folder / "home"))
    monkeypatch.chdir(acted.place.folder)
    between = run(*STAGE, "results", "--session", acted.between)
    page = run(*STAGE, "results")
    plain = run(*STAGE, "results", "--output", "out", "--output-format", "json").json

    assert between.code == page.code == 0
    assert "shop-label interrupted" in between.out
    assert "\nLeaderboard" in between.out
    for title in ("Leaderboard", "Ablation", "Ensemble", "Gates", "Files in out"):
        assert f"\n{title}" in page.out
    for file in ("model/", "summary.md", "result.json", "leaderboard.csv"):
        assert f"  {file} " in page.out
    for part in ("gates", "leaderboard", "ablation"):
        assert plain[part] == acted.second.json[part]


@pytest.mark.slow
def test_results_are_those_of_a_run_without_stages_as_well(acted: Acted, run: Run) -> None:
    (acted.between / "stages.json").unlink(missing_ok=True)

    by_folder = run(*STAGE, "results", "--session", acted.between)
    lines = run(*STAGE, "results", "--session", acted.between, "--output-format", "stream-json").out

    assert by_folder.code == 0
    assert f"Files in {acted.between}" in by_folder.out
    assert [json.loads(line)["type"] for line in lines.splitlines()][-1] == "session_finished"
