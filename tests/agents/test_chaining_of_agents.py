"""What agents are told of each other's work and of the data, and how many are asked at once."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from tests.agents.conftest import CELL, marked, two_models
from tests.agents.runs import BEGINNING, FORWARD, Plan, Ran, go
from tests.agents.scripted_model import ModelServer, form_of

pytestmark = pytest.mark.proof

CAP = 0.035
"""US dollars: enough for three of the four calls, which take one cent each."""

LARGEST = 8_000
ALONE = ("--max-agents", "1", "--no-chaining", "--max-cost", str(CAP))

Both = tuple[Ran, ModelServer]


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Both:
    """The same, one agent at a time, each by itself, with little money."""
    folder = tmp_path_factory.mktemp("alone")
    with ModelServer(two_models) as server:
        plan = Plan(without=BEGINNING, options=(*FORWARD, *ALONE))
        return go(folder, server, plan, data=marked(folder)), server


def turns_of(request: dict[str, Any]) -> list[str]:
    """What stands between the definition and the question."""
    return [message["content"] for message in request["messages"][1:-1]]


def overlap(server: ModelServer) -> bool:
    spans = sorted(server.spans)
    return any(after[0] < before[1] for before, after in pairwise(spans))


def test_with_chaining_an_agent_is_given_what_was_asked_and_answered_before(
    undisturbed: Both,
) -> None:
    ran, server = undisturbed
    forms = [form_of(request) for request in server.requests]
    told = dict(zip(forms, map(turns_of, server.requests), strict=True))

    assert forms == ["Findings", "Candidate", "Candidate", "Variants"]
    assert told["Findings"] == []
    assert told["Candidate"][0].startswith("[ml-researcher] web_search_phase: search round 1")
    assert "weak penalty" in told["Candidate"][1]
    assert len(told["Variants"]) == 6
    assert '"hyperparameters":{"depth":2}' in told["Variants"][-1]
    assert ran.result["agents"]["total"]["tokens_of_turns"] > 0


def test_without_chaining_it_is_given_the_task_alone(alone: Both) -> None:
    ran, server = alone

    assert [turns_of(request) for request in server.requests] == [[]] * 3
    assert ran.result["agents"]["total"]["tokens_of_turns"] == 0
    assert sum(one["input_tokens"] for one in ran.of("agent_answered")) > 0


def test_as_many_are_asked_at_once_as_may_be(undisturbed: Both, alone: Both) -> None:
    assert overlap(undisturbed[1])
    assert not overlap(alone[1])


def test_prompts_are_short_and_hold_no_cell_of_the_data(undisturbed: Both, alone: Both) -> None:
    for ran, server in (undisturbed, alone):
        assert CELL in (ran.folder / "shop.csv").read_text()
        for request in server.requests:
            system, question = (request["messages"][place]["content"] for place in (0, -1))
            rest = question.partition("solution:\n# %%")[0]
            assert len((system + rest).encode()) < LARGEST
            assert CELL not in json.dumps(request)


def test_the_cap_is_kept_and_the_run_ends_well(alone: Both) -> None:
    ran, server = alone
    answered = ran.of("agent_answered")

    assert ran.code in (0, 4), ran.err
    assert len(server.requests) == 3
    assert sum(one["cost"] for one in answered) <= CAP
    assert "cap of $0.04 is reached" in answered[-1]["failure"]
    assert not answered[-1]["attempts"]


def test_what_was_begun_is_ended(undisturbed: Both, alone: Both, tmp_path: Path) -> None:
    for ran, _ in (undisturbed, alone):
        assert ran.code in (0, 4), ran.err
        assert ran.left == []
