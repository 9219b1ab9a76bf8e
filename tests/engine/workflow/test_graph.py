"""Graphs: the default, what a file changes in it, and what no graph can be."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from tests.engine.workflow.files import read, read_path, refusal, task

from mle_star.agents.definitions import AGENTS as DEFINED
from mle_star.workflow.phase import Phase
from mle_star.workflow.team import AGENTS, AGENTS_OF
from mle_star.workflow.workflow import Workflow, WorkflowSettings

IDS = [
    "web_search_phase",
    "dataset_analysis",
    "foundation_building",
    "ablation_analysis",
    "targeted_refinement",
    "ensemble_creation",
    "validation_and_debugging",
    "model_deployment_prep",
]


def _listed(*changed: dict[str, Any], without: tuple[str, ...] = ()) -> dict[str, Any]:
    """A file whose list holds all default tasks but some, then others, or with changes."""
    changes = {item["id"]: item for item in changed}
    kept = [changes.pop(name, {"id": name}) for name in IDS if name not in without]
    return {"tasks": [*kept, *changes.values()]}


def _after(workflow: Workflow) -> dict[str, tuple[str, ...]]:
    return {task.id: task.depends for task in workflow.tasks}


def test_the_default_graph_is_that_of_the_seed_and_starts_with_two_tasks() -> None:
    workflow = read_path(None)

    assert [task.id for task in workflow.tasks] == IDS
    assert [task.id for task in workflow.tasks if not task.depends] == IDS[:2]
    assert task(workflow, "foundation_building").depends == tuple(IDS[:2])
    assert [t.depends for t in workflow.tasks[3:]] == [(name,) for name in IDS[2:-1]]
    assert workflow.settings == WorkflowSettings(None, "continue", None, None)
    assert workflow.notes == ()


def test_every_phase_has_agents_among_the_six() -> None:
    assert AGENTS == DEFINED
    assert set(AGENTS_OF) == set(Phase)
    assert {name for names in AGENTS_OF.values() for name in names} == set(AGENTS)


def test_an_empty_file_is_the_default_graph(tmp_path: Path) -> None:
    assert read(tmp_path, {}).tasks == read_path(None).tasks
    assert read(tmp_path, "", name="flow.yaml").tasks == read_path(None).tasks


def test_a_file_that_drops_adds_lowers_and_sets_a_condition(tmp_path: Path) -> None:
    content = _listed(
        {"id": "second_refinement", "phase": "refinement", "depends": ["targeted_refinement"]},
        {"id": "validation_and_debugging", "depends": ["second_refinement"]},
        {"id": "model_deployment_prep", "condition": "roc_auc > 0.7 and gates_failed == 0"},
        without=("ensemble_creation",),
    ) | {"settings": {"quality_threshold": 0.7}}

    workflow = read(tmp_path, content)

    assert [task.id for task in workflow.tasks] == [
        *IDS[:5],
        "second_refinement",
        "validation_and_debugging",
        "model_deployment_prep",
    ]
    assert task(workflow, "second_refinement").agents == ("feature-engineer", "model-optimizer")
    assert task(workflow, "validation_and_debugging").parameters == {"quality_threshold": 0.7}
    condition = task(workflow, "model_deployment_prep").condition
    assert condition
    assert condition.names == ("roc_auc", "gates_failed")
    assert workflow.notes == ()


def test_default_dependencies_pass_on_over_tasks_that_are_left_out(tmp_path: Path) -> None:
    content = _listed(without=("ablation_analysis", "targeted_refinement", "ensemble_creation"))

    found = _after(read(tmp_path, content))

    assert found["validation_and_debugging"] == ("foundation_building",)
    assert found["model_deployment_prep"] == ("validation_and_debugging",)


def test_top_level_dependencies_take_the_place_of_those_of_a_task(tmp_path: Path) -> None:
    change = {"dependencies": {"validation_and_debugging": "targeted_refinement"}}

    workflow = read(tmp_path, change)
    assert _after(workflow)["validation_and_debugging"] == ("targeted_refinement",)
    assert _after(workflow)["model_deployment_prep"] == ("validation_and_debugging",)

    own = _listed({"id": "validation_and_debugging", "depends": ["foundation_building"]})
    assert _after(read(tmp_path, own | change)) == _after(workflow)


def test_tasks_stand_after_what_they_wait_for_else_in_the_order_of_the_file(
    tmp_path: Path,
) -> None:
    content = {
        "tasks": [
            {"id": "b", "phase": "refinement", "depends": ["a"]},
            {"id": "late", "phase": "refinement", "depends": ["foundation_building"]},
            {"id": "a", "phase": "refinement", "depends": ["foundation_building"]},
            {"id": "foundation_building"},
            {"id": "dataset_analysis"},
            {"id": "web_search_phase"},
        ]
    }

    assert [task.id for task in read(tmp_path, content).tasks] == [
        "dataset_analysis",
        "web_search_phase",
        "foundation_building",
        "late",
        "a",
        "b",
    ]


@pytest.mark.parametrize(
    ("given", "phase"),
    [
        ({"phase": "ablation"}, Phase.ABLATION),
        ({"type": "research"}, Phase.SEARCH),
        ({"type": "optimization"}, Phase.REFINEMENT),
        ({"type": "refinement"}, Phase.REFINEMENT),
        ({"type": "analysis", "assignTo": "refinement_agent"}, Phase.ABLATION),
        ({"type": "analysis", "assignTo": ["ablation-analyst"]}, Phase.ABLATION),
        ({"type": "analysis", "phase": "ablation"}, Phase.ABLATION),
    ],
)
def test_a_task_of_ones_own_is_known_by_its_phase_or_its_type(
    tmp_path: Path, given: dict[str, Any], phase: Phase
) -> None:
    own = {"id": "own", "depends": ["foundation_building"], **given}

    assert task(read(tmp_path, _listed(own)), "own").phase is phase


def test_a_profile_of_ones_own_is_an_analysis_by_the_foundation_agent(tmp_path: Path) -> None:
    own = {"id": "look", "type": "analysis", "assignTo": "foundation_agent"}
    foundation = {"id": "foundation_building", "depends": ["look", "web_search_phase"]}

    workflow = read(tmp_path, _listed(own, foundation, without=("dataset_analysis",)))

    assert task(workflow, "look").phase is Phase.PROFILE


@pytest.mark.parametrize(
    ("assigned", "phase", "agents"),
    [
        ("foundation_agent", "foundation", ("feature-engineer", "ml-researcher")),
        ("ml-researcher", "foundation", ("ml-researcher",)),
        (["model-optimizer"], "refinement", ("model-optimizer",)),
        ("refinement_agent", "refinement", ("feature-engineer", "model-optimizer")),
        ("orchestrator", "ensemble", ("ensemble-architect",)),
        ("mine", "refinement", ("feature-engineer", "model-optimizer")),
    ],
)
def test_agents_go_by_the_names_of_the_seed_and_of_the_six(
    tmp_path: Path, assigned: Any, phase: str, agents: tuple[str, ...]
) -> None:
    name = next(t.id for t in read_path(None).tasks if t.phase == phase)
    content = _listed({"id": name, "assignTo": assigned})
    content |= {"agents": [{"id": "mine", "type": "optimizer"}]}

    assert task(read(tmp_path, content), name).agents == agents


SECOND = {"id": "second", "phase": "validation", "depends": ["foundation_building"]}


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (_listed({"id": "own"}), "task 'own' is not in the default graph: give its phase"),
        (_listed({"id": "own", "phase": "refine"}), "phase must be one of profile, search"),
        (_listed({"id": "own", "type": "analysis"}), "may mean profile or ablation"),
        (
            _listed({"id": "own", "type": "analysis", "assignTo": "orchestrator"}),
            "may mean profile or ablation",
        ),
        (_listed({"id": "own", "type": "nonsense"}), "type must be one of research"),
        (
            _listed({"id": "ensemble_creation", "phase": "search"}),
            "is about ensemble, its phase says search",
        ),
        (_listed({"id": "ensemble_creation", "type": "testing"}), "its type says testing"),
        (_listed({"id": "ensemble_creation", "assignTo": "nobody"}), "unknown agent 'nobody'"),
        (_listed({"id": "ensemble_creation", "assignTo": "search_agnt"}), "mean search_agent"),
        (
            _listed({"id": "ensemble_creation", "assignTo": "search_agent"}),
            "'search_agent' has no part in ensemble, expected ensemble-architect",
        ),
        (_listed({"id": "ensemble_creation", "depends": ["nothing"]}), "unknown task 'nothing'"),
        (
            _listed({"id": "ensemble_creation", "depends": ["ablation_analysis"]})
            | {"dependencies": {"nothing": []}},
            "dependencies: unknown task 'nothing'",
        ),
        (
            _listed({"id": "model_deployment_prep", "depends": ["ensemble_creation"]}),
            r"'model_deployment_prep' \(deployment\) needs a validation task before it",
        ),
        (
            _listed({"id": "foundation_building", "depends": ["dataset_analysis"]}),
            r"\(foundation\) needs a search task before it",
        ),
        (
            {"dependencies": {"ablation_analysis": ["web_search_phase"]}},
            r"\(ablation\) needs a foundation task before it",
        ),
        (_listed(without=("web_search_phase",)), "needs a search task"),
        (_listed(without=("validation_and_debugging",)), "needs a validation task"),
        (_listed(without=("dataset_analysis",)), "there is no profile task"),
        ({"tasks": []}, "there is no foundation task"),
        (_listed(SECOND), "'second' is a second validation task"),
        ({"tasks": [{"id": "web_search_phase"}] * 2}, "stands twice, first in line"),
        ({"tasks": [{"phase": "search"}]}, "an id is missing"),
        ({"tasks": {"id": "x"}}, "tasks must be a list"),
        ({"tasks": ["web_search_phase"]}, "task must be a mapping, got 'web_search_phase'"),
        ({"tasks": [{"id": f"t{i}", "phase": "search"} for i in range(201)]}, "at most 200"),
        ({"dependencies": ["a"]}, "dependencies must be a mapping"),
        ({"variables": ["a"]}, "variables must be a mapping"),
        ({"agents": [{"id": "mine"}]}, "agent 'mine' is unknown: give its type"),
        ({"agents": [{"id": "search_agent", "type": "architect"}]}, "is no architect"),
        ({"agents": [{"id": "search_agent"}] * 2}, "'search_agent' stands twice"),
        ({"settings": {"failurePolicy": "stop"}}, "failurePolicy must be one of continue, fail"),
        (
            {"settings": {"maxConcurrency": 0}},
            "maxConcurrency must be a whole number of at least 1",
        ),
        ({"settings": {"retryPolicy": "often"}}, "retryPolicy must be one of none"),
        ({"settings": {"timeout": "2h"}}, "timeout must be a number above 0"),
        ({"settings": {"quality_threshold": True}}, "quality_threshold must be a number"),
        ({"settings": {"max_concurrency": 1, "maxConcurrency": 2}}, "are the same"),
        ({"settings": {"maxConcurency": 2}}, "unknown key 'maxConcurency', did you mean max_conc"),
        ({"taks": []}, "unknown key 'taks', did you mean tasks"),
        (_listed({"id": "web_search_phase", "retries": -1}), "at least 0, got -1"),
        (_listed({"id": "web_search_phase", "retries": 1.5}), "at least 0, got 1.5"),
        (_listed({"id": "web_search_phase", "timeout": 0}), "a number above 0, got 0"),
        (_listed({"id": "web_search_phase", "iterative": True}), "unknown key 'iterative'"),
        (_listed({"id": "web_search_phase", "input": [1]}), "input must be a mapping"),
        (_listed({"id": "ensemble_creation", "condition": True}), "condition must be a text"),
        (_listed({"id": "ensemble_creation", "condition": "f1 > 0"}), "unknown name 'f1'"),
    ],
)
def test_what_cannot_be_a_graph_is_refused_with_the_reason(
    tmp_path: Path, content: dict[str, Any], reason: str
) -> None:
    assert any(re.search(reason, line) for line in refusal(tmp_path, content))


def test_a_circle_is_named_once_and_nothing_follows_from_it(tmp_path: Path) -> None:
    content = {"dependencies": {"ablation_analysis": "ensemble_creation"}}

    assert refusal(tmp_path, content) == [
        "3: tasks wait for each other: ablation_analysis after ensemble_creation after "
        "targeted_refinement after ablation_analysis"
    ]


def test_all_problems_are_told_at_once_in_the_order_of_the_file(tmp_path: Path) -> None:
    text = """\
variables: {search_iterations: none}
tasks:
- {id: web_search_phase, assignTo: nobody}
- {id: dataset_analysis, retries: -2}
- id: foundation_building
  depends: [web_search_phase, dataset_analysys]
settings:
  failurePolicy: maybe
"""
    found = refusal(tmp_path, text, name="flow.yaml")

    assert [line.split(":")[0] for line in found] == ["1", "3", "4", "6", "8"]
    assert "did you mean dataset_analysis" in found[3]


@pytest.mark.parametrize(
    ("name", "condition", "needed"),
    [
        ("ensemble_creation", "holdout > 0.5", "validation"),
        ("validation_and_debugging", "gates_failed == 0", "validation"),
        ("foundation_building", "accuracy > 0.5", "foundation"),
        ("dataset_analysis", "rows > 5", "profile"),
        ("web_search_phase", "rows > 5", "profile"),
    ],
)
def test_a_condition_on_what_no_earlier_task_measures_is_refused(
    tmp_path: Path, name: str, condition: str, needed: str
) -> None:
    (found,) = refusal(tmp_path, _listed({"id": name, "condition": condition}))

    assert f"is known after a {needed} task, and none comes before it" in found


def test_a_condition_may_use_variables_and_the_threshold_if_there_is_one(tmp_path: Path) -> None:
    content = _listed({"id": "model_deployment_prep", "condition": "score > quality_threshold"})
    assert "no quality_threshold is given" in refusal(tmp_path, content)[0]

    read(tmp_path, content | {"variables": {"quality_threshold": 0.5}})
    content = _listed({"id": "ensemble_creation", "condition": "stage == 'x' and elapsed < most"})
    read(tmp_path, content | {"variables": {"stage": "x", "most": 60}})
    clash = content | {"variables": {"stage": "x", "most": 60, "elapsed": 5}}
    assert "give the variable another name" in refusal(tmp_path, clash)[0]


def test_what_nobody_validates_is_told(tmp_path: Path) -> None:
    own = {"id": "own", "phase": "refinement", "depends": ["foundation_building"]}

    assert read(tmp_path, _listed(own)).notes == (
        "validation_and_debugging does not come after own: what that finds is not validated",
    )


def test_several_searches_ablations_and_refinements_are_fine_and_no_validation_is_needed(
    tmp_path: Path,
) -> None:
    content = _listed(
        {"id": "search2", "type": "research"},
        {"id": "ablation2", "phase": "ablation", "depends": ["targeted_refinement"]},
        {"id": "refine2", "phase": "refinement", "depends": ["ablation2"]},
        without=("ensemble_creation", "validation_and_debugging", "model_deployment_prep"),
    )

    assert len(read(tmp_path, content).tasks) == 8


def test_tasks_that_cannot_be_waited_for_are_one_problem_and_no_more(tmp_path: Path) -> None:
    (found,) = refusal(tmp_path, _listed({"id": "ablation_analysis", "depends": 5}))

    assert "depends must be a text or a list of texts, got 5" in found
