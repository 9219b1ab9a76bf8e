"""Without chaining a later step is told what stands, not all that was tried on the way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from tests.engine.phases.test_refinement import MADE, Step, effect, features

from mle_star.events import ProposalJudged
from mle_star.phases import refinement
from mle_star.recipes.catalogue import load
from mle_star.types import Role

AGAIN = [effect(Role.FEATURES, 9.0)]


def two_steps(*, chaining: bool) -> list[list[str]]:
    """Plans that each question of the second step carries; the first step's ``f1`` was accepted."""
    step = Step([features(f"f{i}") for i in range(6)], {"f1": 0.1})
    step.context = replace(step.context, chaining=chaining)
    first = step.run()
    assert [tried.accepted for tried in first.proposals] == [False, True, False, False]
    step.start = first.best
    asked = len(step.agent.questions)
    step.run(AGAIN, step=2)
    return [plans(question.tried) for question in step.agent.questions[asked:]]


def plans(tried: Sequence[tuple[str, float | None]]) -> list[str]:
    return [plan.split(":")[0] for plan, _ in tried]


def test_with_chaining_a_later_step_sees_all_that_was_tried() -> None:
    first, second, *_ = two_steps(chaining=True)

    assert first == ["f0", "f1", "f2", "f3"]
    assert second == ["f0", "f1", "f2", "f3", "f4"]


def test_without_chaining_a_later_step_sees_what_was_accepted_and_its_own_tries() -> None:
    first, second, *_ = two_steps(chaining=False)

    assert first == ["f1"]
    assert second == ["f1", "f4"]


@pytest.mark.parametrize("chaining", [True, False])
def test_within_a_step_every_try_is_seen_with_its_gain(chaining: bool) -> None:
    step = Step([features(f"f{i}") for i in range(3)], {"f0": -0.1, "f1": "no memory"})
    step.context = replace(step.context, chaining=chaining)
    step.run()

    (_, second, third, *_) = [question.tried for question in step.agent.questions]
    assert plans(second) == ["f0"]
    assert second[0][1] == pytest.approx(-0.1)
    assert third[1] == ("f1: do it", None)


def test_without_chaining_a_numeric_search_starts_anew() -> None:
    """With it, it knows the trials of the step before, and what it asks for differs."""
    told: dict[bool, list[str]] = {}
    for chaining in (True, False):
        step = Step([], {}, evaluations=8)
        step.context = replace(step.context, chaining=chaining, recipes=load())
        for number in (1, 2):
            part = step.budget.share(0.5 if number == 1 else 1.0)
            refinement.run(
                step.context, step.start, [], part, number, step.history, role=Role.HYPERPARAMETERS
            )
        judged = [event for event in step.events if isinstance(event, ProposalJudged)]
        told[chaining] = [event.plan for event in judged if event.step == 2]

    assert MADE.block(Role.HYPERPARAMETERS) is not None
    assert told[True]
    assert told[False]
    assert told[True] != told[False]
