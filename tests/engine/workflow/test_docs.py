"""The page on workflow files cannot lie."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from tests.engine.workflow.files import read, read_path, task

from mle_star.commands import RUN
from mle_star.config import options_of
from mle_star.workflow.condition import MEASURED
from mle_star.workflow.keys import REFUSED
from mle_star.workflow.parameters import BLOCKS, DEPTHS, PARAMETERS
from mle_star.workflow.phase import Phase
from mle_star.workflow.team import LEADS, NAMES, TASK_TYPES
from mle_star.workflow.variables import OPTIONS

_FENCE = re.compile(r"^```(yaml|json)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def page() -> str:
    return (Path(__file__).parents[3] / "docs" / "workflows.md").read_text(encoding="utf-8")


def test_every_example_is_read_without_a_word_of_warning(page: str, tmp_path: Path) -> None:
    examples = _FENCE.findall(page)

    assert {form for form, _ in examples} == {"yaml", "json"}
    for form, text in examples:
        assert read(tmp_path, text, name=f"flow.{form}").notes == ()


def test_the_first_example_says_what_the_page_says_of_it(page: str, tmp_path: Path) -> None:
    workflow = read(tmp_path, _FENCE.findall(page)[0][1], name="flow.yaml")

    assert Phase.ENSEMBLE not in {task.phase for task in workflow.tasks}
    assert task(workflow, "validation_and_debugging").depends == ("feature_refinement",)
    assert task(workflow, "validation_and_debugging").parameters == {"quality_threshold": 0.7}
    assert task(workflow, "targeted_refinement").parameters == {"refinement_iterations": 3}
    own = task(workflow, "feature_refinement")
    assert own.parameters == {"target_component": "features", "refinement_iterations": 1}
    assert (own.retries, own.timeout, workflow.settings.max_concurrency) == (1, 120, 2)


def test_the_default_graph_is_the_table(page: str) -> None:
    rows = re.findall(r"^\| `(\w+)` \| (\w+) \| (.*?) ?\| (.*) \|$", page, re.MULTILINE)

    assert rows == [
        (
            task.id,
            task.phase,
            *(", ".join(f"`{n}`" for n in part) for part in (task.depends, task.agents)),
        )
        for task in read_path(None).tasks
    ]


def test_variables_are_those_that_set_options(page: str) -> None:
    rows = re.findall(r"^\| `(\w+)`.* \| `--([\w-]+)` \|$", page, re.MULTILINE)
    keys = {option.name: option.key for option in options_of(RUN)}

    assert {name: keys[option] for name, option in rows} == OPTIONS


def test_every_name_that_can_be_used_is_on_the_page(page: str) -> None:
    words = set(re.findall(r"[\w-]+", page))
    usable = {key for known in PARAMETERS.values() for key in known}
    usable |= {*MEASURED, *NAMES, *BLOCKS, *DEPTHS, *REFUSED, *TASK_TYPES, *LEADS.values()}

    assert usable - words == set()
