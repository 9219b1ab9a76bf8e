"""What a file tells the phases, from where, and what goes before what."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.engine.workflow.files import read, read_path, refusal, task

from mle_star.errors import UsageError
from mle_star.workflow.read import read_workflow

SEARCH, FOUNDATION, REFINEMENT = "web_search_phase", "foundation_building", "targeted_refinement"
ENSEMBLE, VALIDATION = "ensemble_creation", "validation_and_debugging"


def _with(name: str, given: dict[str, Any]) -> dict[str, Any]:
    tasks = [{"id": t.id} for t in read_path(None).tasks]
    return {"tasks": [t | given if t["id"] == name else t for t in tasks]}


@pytest.mark.parametrize(
    ("name", "given", "parameters"),
    [
        (SEARCH, {"rounds": 4}, {"search_iterations": 4}),
        (SEARCH, {"input": {"searchIterations": 2}}, {"search_iterations": 2}),
        (SEARCH, {"search_depth": "comprehensive"}, {"search_iterations": 5}),
        (FOUNDATION, {"config": {"maxCandidates": 6, "merge": False}}, None),
        (REFINEMENT, {"max_iterations": 0}, {"refinement_iterations": 0}),
        (REFINEMENT, {"parameters": {"proposals": 2, "block": "train"}}, None),
        (REFINEMENT, {"target_component": "feature_engineering"}, {"target_component": "features"}),
        (REFINEMENT, {"target_component": "data_preprocessing"}, {"target_component": "clean"}),
        (
            ENSEMBLE,
            {"ensemble_strategies": "stacking"},
            {"ensemble_strategies": ("linear stacking",)},
        ),
        (
            ENSEMBLE,
            {"input": {"ensembleStrategies": ["Greedy_Selection", "plain average", "greedy"]}},
            {"ensemble_strategies": ("greedy selection", "plain average")},
        ),
        (VALIDATION, {"latency_ms": 50}, {"latency_ms": 50.0}),
        (VALIDATION, {"quality_threshold": -1.5}, {"quality_threshold": -1.5}),
    ],
)
def test_a_task_is_told_what_stands_at_it_or_in_its_mappings(
    tmp_path: Path, name: str, given: dict[str, Any], parameters: dict[str, Any] | None
) -> None:
    expected = {
        FOUNDATION: {"max_candidates": 6, "merge": False},
        REFINEMENT: {"proposals": 2, "target_component": "train"},
    }

    workflow = read(tmp_path, _with(name, given))

    assert task(workflow, name).parameters == (parameters or expected[name])
    assert all(not other.parameters for other in workflow.tasks if other.id != name)


@pytest.mark.parametrize(
    ("name", "given", "reason"),
    [
        (SEARCH, {"rounds": 0}, "rounds must be a whole number of at least 1"),
        (SEARCH, {"search_depth": "deep"}, "one of quick, standard, comprehensive"),
        (SEARCH, {"rounds": 2, "search_depth": "quick"}, "it is 2 already"),
        (SEARCH, {"max_candidates": 2}, "unknown key 'max_candidates'"),
        (SEARCH, {"rounds": "${nothing}"}, "unknown variable ${nothing}"),
        (SEARCH, {"rounds": "${no_task.output}"}, "unknown variable ${no_task.output}"),
        (FOUNDATION, {"merge": "yes"}, "true or false, got 'yes'"),
        (REFINEMENT, {"target_component": "combine"}, "target_component must be one of"),
        (ENSEMBLE, {"ensemble_strategies": ["voting"]}, "names among best single, plain average"),
        (ENSEMBLE, {"ensemble_strategies": []}, "at least one name"),
        (ENSEMBLE, {"ensemble_strategies": [1]}, "a text or a list of texts"),
        (VALIDATION, {"quality_threshold": "0.8"}, "must be a number, got '0.8'"),
        (VALIDATION, {"input": {"cv_folds": 5}}, "the engine makes the splits"),
        (VALIDATION, {"config": {"validation_config": {"random_seed": 1}}}, "--seed"),
        (VALIDATION, {"input": {"validation_config": {"n": 5}}}, "unknown key 'n'"),
        ("dataset_analysis", {"input": {"dataset_path": "other.csv"}}, "set it in variables"),
        ("ablation_analysis", {"input": {"rounds": 1}}, "unknown key 'rounds'"),
    ],
)
def test_what_a_phase_cannot_be_told_is_refused(
    tmp_path: Path, name: str, given: dict[str, Any], reason: str
) -> None:
    (found,) = refusal(tmp_path, _with(name, given))

    assert f"task '{name}'" in found
    assert reason in found


def test_a_strategy_of_which_part_of_the_name_fits_several_must_be_written_out(
    tmp_path: Path,
) -> None:
    path = tmp_path / "flow.yaml"
    path.write_text("agents: [{id: ensemble_agent, config: {ensemble_strategies: [stacking]}}]")

    found = read_workflow(
        path, {}, known_metrics=(), known_strategies=["stacking", "deep stacking"]
    )
    assert task(found, ENSEMBLE).parameters == {"ensemble_strategies": ("stacking",)}
    two = ["linear stacking", "deep stacking"]
    with pytest.raises(UsageError, match="names among linear stacking, deep stacking"):
        read_workflow(path, {}, known_metrics=(), known_strategies=two)


@pytest.mark.parametrize(
    ("own", "typed", "settings", "variable", "expected"),
    [
        (0.1, 0.2, 0.3, 0.4, 0.1),
        (None, 0.2, 0.3, 0.4, 0.2),
        (None, None, 0.3, 0.4, 0.3),
        (None, None, None, 0.4, 0.4),
        (None, None, 0, 0.4, 0),
        (None, None, None, None, None),
    ],
)
def test_the_nearest_quality_threshold_counts(
    tmp_path: Path, own: Any, typed: Any, settings: Any, variable: Any, expected: Any
) -> None:
    content = _with(VALIDATION, {"quality_threshold": own})
    content["settings"] = {"qualityThreshold": settings}
    content["variables"] = {"quality_threshold": variable}

    workflow = read(tmp_path, content, {} if typed is None else {"quality_threshold": typed})

    assert workflow.settings.quality_threshold == expected
    assert task(workflow, VALIDATION).parameters.get("quality_threshold") == expected


def test_a_threshold_without_a_validation_is_told(tmp_path: Path) -> None:
    content = _with(VALIDATION, {}) | {"settings": {"quality_threshold": 0.5}}
    content["tasks"] = content["tasks"][:-2]

    (note,) = read(tmp_path, content).notes

    assert "there is no validation task" in note


@pytest.mark.parametrize("name", ["search_agent", "custom_search_agent", "ml-researcher"])
def test_the_depth_of_an_agent_is_the_search_s_also_of_the_default_graph(
    tmp_path: Path, name: str
) -> None:
    agent: dict[str, Any] = {"id": name, "type": "researcher"}
    agent |= {"config": {"search_depth": "quick", "domains": ["arxiv"], "focus_areas": ["text"]}}

    workflow = read(tmp_path, {"agents": [agent]})

    assert task(workflow, SEARCH).parameters == {"search_iterations": 1}
    assert workflow.notes == ("only describing, nothing is done with it: domains, focus_areas",)


def test_a_task_goes_before_its_agent_and_agents_must_not_contradict(tmp_path: Path) -> None:
    agents = [
        {"id": "a", "type": "researcher", "config": {"search_depth": "quick"}},
        {"id": "b", "type": "researcher", "config": {"search_depth": "standard"}},
    ]

    workflow = read(tmp_path, _with(SEARCH, {"rounds": 9}) | {"agents": agents})
    assert task(workflow, SEARCH).parameters == {"search_iterations": 9}
    workflow = read(tmp_path, _with(SEARCH, {"assignTo": "b"}) | {"agents": agents[1:]})
    assert task(workflow, SEARCH).parameters == {"search_iterations": 3}
    assert (
        "says search_iterations 3, but it is 1 already" in refusal(tmp_path, {"agents": agents})[0]
    )


@pytest.mark.parametrize(
    ("config", "reason"),
    [
        ({"max_candidates": 3}, "no task of the agent has a max_candidates"),
        ({"search_dept": "quick"}, "did you mean search_depth"),
        ({"cv_folds": 3}, "the engine makes the splits"),
    ],
)
def test_what_an_agent_cannot_be_told_is_refused(
    tmp_path: Path, config: dict[str, Any], reason: str
) -> None:
    content = {"agents": [{"id": "ensemble_agent", "type": "architect", "config": config}]}

    assert reason in refusal(tmp_path, content)[0]
