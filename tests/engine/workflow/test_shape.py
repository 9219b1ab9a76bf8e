"""A graph that was written reads back as the same graph."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.engine.workflow.files import read, read_path

from mle_star.files import to_json
from mle_star.workflow.shape import plain

FULL: dict[str, Any] = {
    "name": "full",
    "variables": {"target": "y", "dataset_path": "a.csv", "ways": ["greedy"], "n": 2, "big": 2**62},
    "agents": [{"id": "search_agent", "config": {"search_depth": "quick"}}],
    "tasks": [
        {"id": "web_search_phase"},
        {"id": "more", "type": "research", "rounds": "${n}", "retries": 3},
        {"id": "dataset_analysis"},
        {"id": "foundation_building", "depends": ["web_search_phase", "more", "dataset_analysis"]},
        {"id": "targeted_refinement", "assignTo": "model-optimizer", "block": "model"},
        {"id": "ensemble_creation", "input": {"ensemble_strategies": "${ways}"}, "timeout": 90},
        {"id": "validation_and_debugging", "latency_ms": 20, "condition": "score > n / 4"},
        {"id": "model_deployment_prep", "description": "ship it"},
    ],
    "dependencies": {"validation_and_debugging": ["targeted_refinement", "ensemble_creation"]},
    "settings": {"maxConcurrency": 2, "failurePolicy": "fail-fast", "timeout": 600},
    "metadata": {"tags": []},
}


@pytest.mark.parametrize("content", [{}, FULL, {"settings": {"quality_threshold": -0.5}}])
def test_the_same_graph_comes_back(tmp_path: Path, content: dict[str, Any]) -> None:
    first = read(tmp_path, content)

    again = read(tmp_path, to_json(plain(first)).decode())

    assert replace(again, notes=()) == replace(first, notes=())
    assert plain(again) == plain(first)


def test_it_has_the_shape_of_the_seed() -> None:
    found = json.loads(to_json(plain(read_path(None))))

    assert list(found) == ["name", "variables", "agents", "tasks", "dependencies", "settings"]
    assert found["tasks"][0] == {
        "id": "web_search_phase",
        "type": "research",
        "phase": "search",
        "assignTo": ["ml-researcher"],
        "depends": [],
    }
    assert found["dependencies"]["foundation_building"] == ["web_search_phase", "dataset_analysis"]
    assert found["settings"] == {"failurePolicy": "continue"}
