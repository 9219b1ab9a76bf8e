"""Runs by a workflow file: what it changes is what happens."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.engine.cli.conftest import Run, data, run

__all__ = ["data", "run"]

_COMMON = (
    "--time-column", "day", "--drop", "code,shop", "--quiet", "--output-format", "json",
    "--output", "out",
)  # fmt: skip

CHANGED: dict[str, Any] = {
    "name": "changed",
    "variables": {"target_column": "label", "good": 0.99, "refinement_iterations": 1},
    "settings": {"quality_threshold": 0.55},
    "tasks": [
        {"id": "web_search_phase"},
        {"id": "dataset_analysis"},
        {"id": "foundation_building"},
        {"id": "ablation_analysis"},
        {"id": "targeted_refinement", "input": {"target_component": "features", "proposals": 1}},
        {
            "id": "second_refinement",
            "phase": "refinement",
            "depends": ["targeted_refinement"],
            "max_iterations": 1,
            "target_component": "hyperparameters",
        },
        {"id": "validation_and_debugging", "depends": ["second_refinement"]},
        {"id": "model_deployment_prep", "condition": "score > good"},
    ],
}


def _events(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "out" / "events.jsonl").read_text().splitlines()]


def _of(events: list[dict[str, Any]], kind: str) -> list[dict[str, Any]]:
    return [event for event in events if event["type"] == kind]


@pytest.mark.proof
def test_a_file_that_changes_the_graph_is_done_as_it_says(
    run: Run, data: Path, tmp_path: Path
) -> None:
    (tmp_path / "w.json").write_text(json.dumps(CHANGED))
    done = run("run", "--dataset", data, "--workflow", "w.json", "--evaluations", "10", *_COMMON)

    assert done.code == 4, done.err  # nothing is deployed: its condition does not hold
    events = _events(tmp_path)
    ends = {event["task"]: event for event in _of(events, "task_finished")}
    assert "ensemble_creation" not in ends
    assert not _of(events, "ensemble_compared")
    refined = {event["of"]: event["role"] for event in _of(events, "proposal_judged")}
    assert refined["second_refinement"] == "hyperparameters"
    assert refined.get("targeted_refinement", "features") == "features"
    assert ends["model_deployment_prep"]["status"] == "skipped"
    assert "score > good" in ends["model_deployment_prep"]["summary"]
    gate = next(g for g in done.json["gates"] if g["gate"] == "quality threshold")
    assert (gate["verdict"], gate["threshold"]) == ("pass", ">= 0.55")
    assert json.loads((tmp_path / "out" / "workflow.json").read_text())["name"] == "changed"


@pytest.mark.proof
def test_a_higher_quality_threshold_fails_the_gate(run: Run, data: Path, tmp_path: Path) -> None:
    done = run(
        "run", "--dataset", data, "--target", "label", "--evaluations", "3", *_COMMON,
        "--variables", '{"quality_threshold": 0.999, "refinement_iterations": 0}',
    )  # fmt: skip

    assert done.code == 4, done.err
    gate = next(g for g in done.json["gates"] if g["gate"] == "quality threshold")
    assert (gate["verdict"], gate["threshold"]) == ("fail", ">= 0.999")


@pytest.mark.proof
def test_refinements_side_by_side_share_what_is_left_and_give_the_same_result_again(
    run: Run, data: Path, tmp_path: Path
) -> None:
    branches = [
        {
            "id": f"refine_{block}",
            "phase": "refinement",
            "depends": ["foundation_building"],
            "max_iterations": 1,
            "block": block,
            "proposals": 2,
        }
        for block in ("features", "hyperparameters")
    ]
    tasks = [
        {"id": "web_search_phase"}, {"id": "dataset_analysis"}, {"id": "foundation_building"},
        *branches,
        {"id": "ensemble_creation", "depends": [branch["id"] for branch in branches]},
        {"id": "validation_and_debugging"},
    ]  # fmt: skip
    (tmp_path / "w.json").write_text(json.dumps({"tasks": tasks}))
    results = []
    for name, agents in (("out", "6"), ("again", "1")):
        done = run(
            "run", "--dataset", data, "--target", "label", "--workflow", "w.json",
            "--evaluations", "14", *_COMMON[:-1], name, "--max-agents", agents,
        )  # fmt: skip
        assert done.code == 4, done.err
        results.append(done.json)

    events = _events(tmp_path)
    began = {e["task"]: e["seq"] for e in _of(events, "task_started")}
    ended = {e["task"]: e["seq"] for e in _of(events, "task_finished")}
    one, other = (branch["id"] for branch in branches)
    assert began[other] < ended[one]
    assert began[one] < ended[other]
    judged = [e for e in _of(events, "evaluation_finished") if not e["cached"]]
    assert {one, other} <= {e["of"] for e in judged}
    assert len(judged) <= 14
    boards = [[(e["digest"], e["score"]) for e in result["leaderboard"]] for result in results]
    assert boards[0] == boards[1]
    assert results[0]["cross_validation"] == results[1]["cross_validation"]
