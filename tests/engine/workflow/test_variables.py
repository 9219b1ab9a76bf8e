"""Variables: where they come from, how they stand in each other, what they set."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.engine.workflow.files import read, read_path, refusal, task

from mle_star.commands import RUN
from mle_star.config import options_of
from mle_star.errors import UsageError
from mle_star.workflow.variables import OPTIONS, parse_variables, settings_of, variables_of


def test_variables_set_options_of_the_run(tmp_path: Path) -> None:
    workflow = read(
        tmp_path,
        {
            "variables": {
                "dataset_path": "custom-data.csv",
                "target_column": "outcome",
                "target_metric": "roc_auc",
                "experiment_name": "custom-experiment",
                "model_output_dir": "models/${experiment_name}/",
                "search_iterations": 5,
                "refinement_iterations": 0,
                "quality_threshold": 0.85,
                "max_training_time": 3600,
            }
        },
    )

    assert settings_of(workflow) == {
        "dataset": "custom-data.csv",
        "target": "outcome",
        "metric": "roc_auc",
        "name": "custom-experiment",
        "output": "models/custom-experiment/",
        "search_iterations": 5,
        "refinement_iterations": 0,
        "time_budget": 3600,
    }
    assert workflow.settings.quality_threshold == 0.85
    assert workflow.notes == ()


def test_what_variables_set_are_options_of_the_run() -> None:
    assert set(OPTIONS.values()) <= {option.key for option in options_of(RUN)}


def test_options_that_were_given_go_before_the_file(tmp_path: Path) -> None:
    given = {"dataset": "mine.csv", "search_iterations": 7, "seed": 1, "target": None}
    content = {
        "variables": {
            "dataset_path": "theirs.csv",
            "target": "y",
            "rounds": "${search_iterations}",
        },
        "agents": [
            {"id": "search_agent", "type": "researcher", "config": {"search_depth": "quick"}}
        ],
        "tasks": None,
    }

    workflow = read(tmp_path, content, variables_of(given))

    assert settings_of(workflow) == {
        "dataset": "mine.csv",
        "target": "y",
        "search_iterations": 7,
    }
    assert task(workflow, "web_search_phase").parameters == {}


def test_the_target_has_two_names_that_must_agree(tmp_path: Path) -> None:
    assert settings_of(read(tmp_path, {"variables": {"target": "y"}}))["target"] == "y"
    both = {"variables": {"target": "y", "target_column": "z"}}
    assert "mean the same but differ" in refusal(tmp_path, both)[0]

    over = read(tmp_path, {"variables": {"target": "y", "a": "${target}"}}, {"target_column": "z"})
    assert settings_of(over)["target"] == "z"
    assert over.variables["a"] == "z"


def test_a_whole_reference_keeps_the_type_and_a_part_becomes_text(tmp_path: Path) -> None:
    content = {
        "variables": {
            "n": 4,
            "name": "flow",
            "floor": -0.5,
            "ways": ["greedy", "${name}"],
            "text": "${name}-${n}",
        },
        "name": "${text}",
        "tasks": [
            {"id": "web_search_phase", "rounds": "${n}"},
            {"id": "dataset_analysis"},
            {"id": "foundation_building", "condition": "rows > ${floor} and techniques > n"},
        ],
    }

    workflow = read(tmp_path, content)

    assert workflow.name == "flow-4"
    assert task(workflow, "web_search_phase").parameters == {"search_iterations": 4}
    condition = task(workflow, "foundation_building").condition
    assert condition
    assert condition.text == "rows > -0.5 and techniques > n"


def test_a_variable_of_the_command_line_goes_before_the_file_and_null_takes_one_away(
    tmp_path: Path,
) -> None:
    content = {"variables": {"quality_threshold": 0.8, "target_metric": "rmse"}}

    workflow = read(tmp_path, content, {"quality_threshold": 0.6, "target_metric": None})

    assert workflow.settings.quality_threshold == 0.6
    assert settings_of(workflow) == {}


@pytest.mark.parametrize(
    ("variables", "reason"),
    [
        ({"a": "${b}", "b": "x ${a}"}, "refer to each other"),
        ({"a": "${b}"}, "variable 'a': unknown variable ${b}"),
        ({"search_iterations": 0}, "at least 1, got 0"),
        ({"search_iterations": True}, "at least 1, got true"),
        ({"refinement_iterations": "5"}, "at least 0, got '5'"),
        ({"max_training_time": 0}, "a number above 0, got 0"),
        ({"quality_threshold": "high"}, "must be a number, got 'high'"),
        ({"target_metric": "acuracy"}, "accuracy, roc_auc, rmse"),
        ({"dataset_path": ["a.csv"]}, "must be a text"),
        ({"a": 2**70}, "64 bits"),
        ({"a": [1], "b": "x${a}"}, "cannot stand within a text"),
    ],
)
def test_variables_that_cannot_be_are_refused(
    tmp_path: Path, variables: dict[str, Any], reason: str
) -> None:
    assert any(reason in line for line in refusal(tmp_path, {"variables": variables}))


def test_texts_that_grow_without_end_are_refused(tmp_path: Path) -> None:
    growing = {f"a{i}": f"${{a{i + 1}}}${{a{i + 1}}}" for i in range(60)} | {"a60": "ha"}

    assert "more than 10000 characters" in refusal(tmp_path, {"variables": growing})[0]


def test_a_variable_that_nothing_uses_is_told(tmp_path: Path) -> None:
    workflow = read(tmp_path, {"variables": {"qualityThreshold": 0.8}})

    assert workflow.notes == ("variables that nothing uses: qualityThreshold",)


def test_typed_variables_are_a_json_object() -> None:
    assert parse_variables('{"a": 1, "b": [true, null]}') == {"a": 1, "b": [True, None]}
    assert parse_variables(None) == {}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "not JSON at column 1"),
        ("{'a': 1}", "not JSON at column 2"),
        ("[1]", r"got \[1\]"),
        ('{"a": 1, "a": 2}', "stands twice"),
        ('{"a": NaN}', "NaN is not a number"),
        ('{"a": 1e999}', "finite"),
        ('{"a": "\\ud800"}', "surrogate"),
        ("[" * 100_000, "nested too deeply"),
        ('{"a": ' + "9" * 5000 + "}", "not JSON"),
    ],
)
def test_typed_variables_that_are_none_are_refused_with_an_example(text: str, reason: str) -> None:
    with pytest.raises(UsageError, match=reason) as caught:
        parse_variables(text)

    assert "quality_threshold" in caught.value.remedy


def test_problems_of_typed_variables_are_told_without_a_file() -> None:
    with pytest.raises(UsageError, match="command line: variable 'search_iterations' must be"):
        read_path(None, {"search_iterations": "many"})
