"""The template that claude-flow ships: accepted, except for what the engine cannot honour."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from tests.engine.workflow.files import read, refusal, task

from mle_star.workflow.default import DEPENDS, PHASES
from mle_star.workflow.variables import settings_of

TEMPLATE = Path(__file__).with_name("claude_flow.json")


@pytest.fixture
def honourable() -> dict[str, Any]:
    """The template without what is refused."""
    content: dict[str, Any] = json.loads(TEMPLATE.read_text())
    del content["agents"][3]["config"]["ensemble_strategies"]
    del content["tasks"][5]["input"]["ensemble_strategies"]
    del content["tasks"][6]["input"]["validation_config"]
    return content


def test_the_template_is_refused_for_its_splits_and_for_strategies_nobody_has(
    tmp_path: Path,
) -> None:
    text = TEMPLATE.read_text()
    lines = {
        word: number
        for number, line in enumerate(text.splitlines(), 1)
        for word in re.findall(r'"([\w]+)"', line)
    }

    found = refusal(tmp_path, text)

    splits = ["cv_folds", "test_size", "stratification", "random_seed"]
    assert [line.split(":")[0] for line in found] == [
        str(lines[word]) for word in ["voting", "stacking_with_meta_learner", *splits]
    ]
    assert "linear stacking" in found[0]
    assert "--seed" in found[-1]


def test_the_rest_of_the_template_is_the_default_graph_with_its_limits(
    tmp_path: Path, honourable: dict[str, Any]
) -> None:
    workflow = read(tmp_path, honourable)

    assert {t.id: t.phase for t in workflow.tasks} == PHASES
    assert {t.id: t.depends for t in workflow.tasks} == DEPENDS
    assert task(workflow, "web_search_phase").retries == 2
    assert task(workflow, "targeted_refinement").timeout == 2400
    condition = task(workflow, "model_deployment_prep").condition
    assert condition
    assert condition.text == "accuracy > 0.85"
    assert workflow.settings.max_concurrency == 3
    assert workflow.settings.timeout == 7200
    assert workflow.settings.quality_threshold == 0.8
    assert task(workflow, "validation_and_debugging").parameters == {"quality_threshold": 0.8}


def test_a_reference_to_an_earlier_result_leaves_the_choice_to_the_engine(
    tmp_path: Path, honourable: dict[str, Any]
) -> None:
    workflow = read(tmp_path, honourable)

    assert task(workflow, "targeted_refinement").parameters == {"refinement_iterations": 5}
    assert "target_component" in workflow.notes[0]


def test_what_only_describes_is_told_once(tmp_path: Path, honourable: dict[str, Any]) -> None:
    note, *_ = read(tmp_path, honourable).notes

    listed = note.split(": ")[1].split(", ")
    assert listed == sorted(set(listed))
    assert {"metadata", "capabilities", "output", "retryPolicy", "search_queries"} <= set(listed)


def test_a_number_of_rounds_goes_before_the_depth_of_an_agent_and_that_is_told(
    tmp_path: Path, honourable: dict[str, Any]
) -> None:
    workflow = read(tmp_path, honourable)
    assert task(workflow, "web_search_phase").parameters == {}
    assert settings_of(workflow)["search_iterations"] == 3
    assert any("search_depth of agent 'search_agent'" in note for note in workflow.notes)

    del honourable["variables"]["search_iterations"]
    workflow = read(tmp_path, honourable)
    assert task(workflow, "web_search_phase").parameters == {"search_iterations": 5}
