"""That a run goes on without its language models is said aloud, once."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.engine.agents.language.office import DOWN, Office

from mle_star.agents.ask.spend import Spend
from mle_star.agents.language.answers import Plan
from mle_star.agents.language.team import Question
from mle_star.events import Noted


def ask(office: Office, times: int) -> list[str]:
    for number in range(times):
        office.team.ask(Question("feature-engineer", f"plan {number}", "?"), Plan, "refinement")
    return [event.message for event in office.events if isinstance(event, Noted)]


def test_when_nobody_answers_any_more(tmp_path: Path) -> None:
    office = Office(tmp_path, [DOWN] * 5)

    assert ask(office, 2) == []
    [said] = ask(office, 3)
    assert "goes on without an answer: the agents are out of reach: no connection" in said


@pytest.mark.parametrize("cap", [Spend(max_cost=0.0), Spend(max_tokens=0)])
def test_when_a_cap_is_reached(cap: Spend, tmp_path: Path) -> None:
    [said] = ask(Office(tmp_path, [], spend=cap), 3)

    assert "goes on without an answer: the cap of " in said


def test_answers_are_no_matter_of_warning(tmp_path: Path) -> None:
    assert ask(Office(tmp_path, [{"plan": "a"}, {"plan": "b"}]), 2) == []
