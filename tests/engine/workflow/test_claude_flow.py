"""The workflow of one task that claude-flow 2.x can run."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from mle_star.errors import UsageError
from mle_star.workflow.claude_flow import one_task


def _prompt(workflow: dict[str, Any]) -> str:
    (task,) = workflow["tasks"]
    return str(task["claudePrompt"])


def _filled(workflow: dict[str, Any], **over: str) -> str:
    """The prompt as claude-flow makes it: variables replaced as they are."""
    values = workflow["variables"] | over
    return re.sub(r"\$\{(\w+)\}", lambda match: str(values[match[1]]), _prompt(workflow))


def test_the_prompt_holds_the_whole_command_with_the_variables_of_claude_flow() -> None:
    said = {"dataset_path": "a b.csv", "max_training_time": 60}

    found = one_task(["/opt/x y/python", "-m", "mle_star"], said, None)

    command = "'/opt/x y/python' -m mle_star run"
    assert (
        f'{command} --dataset "${{dataset_path}}" --target "${{target_column}}" '
        '--time-budget "${max_training_time}" --detach\n'
    ) in _prompt(found)
    assert (
        f'{command} --dataset "a b.csv" --target "price" --time-budget "60" --detach\n'
    ) in _filled(found, target_column="price")


def test_it_has_all_that_claude_flow_reads_and_nothing_that_it_gets_wrong() -> None:
    found = one_task(["mle-star"], {}, None)

    (task,), (agent,) = found["tasks"], found["agents"]
    assert found["metadata"]["expected_runtime"]
    assert {"id", "type", "description", "assignTo", "claudePrompt"} <= task.keys()
    assert task["assignTo"] == agent["id"]
    assert "depends" not in task  # what is handed on between tasks is lost
    assert "timeout" not in task  # written in seconds, read as milliseconds
    assert not set('"`$\\') & set(
        found["name"] + task["description"] + task["id"]
    )  # put in a shell


def test_a_workflow_file_of_ours_is_followed(tmp_path: Path) -> None:
    assert f"--workflow '{tmp_path}/my flow.yaml' --detach" in _prompt(
        one_task(["mle-star"], {}, tmp_path / "my flow.yaml")
    )


@pytest.mark.parametrize("value", ['a"b', "a\\b", "$(touch x)", "`touch x`", "a\nb"])
def test_a_value_that_would_be_changed_on_its_way_is_refused(value: str) -> None:
    with pytest.raises(UsageError, match="as they are"):
        one_task(["mle-star"], {"dataset_path": value}, None)


def test_a_variable_that_sets_no_option_is_refused() -> None:
    with pytest.raises(UsageError, match="'quality_threshold' sets no option") as error:
        one_task(["mle-star"], {"quality_threshold": 0.8}, None)

    assert "dataset_path, target_column" in str(error.value)
