"""Built-in and written proposals compete: who gains more for its price is asked more often."""

from __future__ import annotations

from typing import Any

import pytest
from tests.engine.agents.fakes import FACTS, block

from mle_star.agents.base import Proposal, Question, Standing
from mle_star.agents.mixed import DOLLAR_SECONDS, FLOOR, MixedAgent, Spent
from mle_star.agents.scripted import ScriptedAgent
from mle_star.solution.solution import Solution
from mle_star.types import Role

STANDING = Solution((block(Role.FEATURES, "standing"),))
FREE = Spent(0, 0.0, 0.0)


def proposal(proposer: str, name: str = "new") -> Proposal:
    found = block(Role.FEATURES, f"{name} of {proposer}")
    return Proposal(found, "a plan", "because", f"{proposer}:somebody")


class Mending(ScriptedAgent):
    """Proposes the same again and again, and notes what it is to repair."""

    def __init__(self, name: str, silent: bool = False) -> None:
        answers = [] if silent else [[proposal(name)]] * 500
        super().__init__(answers)
        self.name = name
        self.broken: list[tuple[str, int]] = []

    def repair(
        self, _question: Question, _proposal: Proposal, failure: str, number: int
    ) -> Proposal | None:
        self.broken.append((failure, number))
        return proposal(self.name, "mended")


def mixed(
    spent: Spent = FREE, *, counts_time: bool = True, silent: str = ""
) -> tuple[MixedAgent, Mending, Mending]:
    recipes, language = (Mending(name, name == silent) for name in ("recipe", "agent"))
    return MixedAgent(recipes, language, lambda: spent, counts_time=counts_time), recipes, language


def question(mine: Standing | None = None, other: Standing | None = None, **given: Any) -> Question:
    standing = {"agent": mine, "recipe": other}
    known = {name: one for name, one in standing.items() if one is not None}
    return Question("", Role.FEATURES, STANDING, FACTS, standing=known, **given)


def share(mine: Standing | None, other: Standing | None, spent: Spent = FREE, **how: Any) -> float:
    return mixed(spent, **how)[0].share(question(mine, other))


def asked_language(seeds: range, mine: Standing, other: Standing) -> list[bool]:
    agent = mixed()[0]
    found = [agent.propose(question(mine, other, seed=seed))[0] for seed in seeds]
    return [one.proposer == "agent" for one in found]


def test_language_models_come_first_then_recipes_until_either_was_tried() -> None:
    once = Standing(1, 0.0, 1.0)

    assert share(None, None) == 1.0
    assert share(None, once) == 1.0
    assert share(once, None) == 0.0
    assert share(once, once) == 0.5


@pytest.mark.parametrize(
    ("mine", "other", "expected"),
    [
        (Standing(2, 0.3, 10.0), Standing(2, 0.1, 10.0), 0.75),
        (Standing(2, 0.1, 10.0), Standing(2, 0.1, 20.0), 2 / 3),
        (Standing(2, 0.1, 30.0), Standing(9, 0.1, 10.0), 0.25),
        (Standing(2, 0.2, 10.0), Standing(2, 0.0, 10.0), 1 - FLOOR),
        (Standing(2, 0.0, 10.0), Standing(2, 0.2, 10.0), FLOOR),
        (Standing(2, 9.0, 10.0), Standing(2, 0.01, 10.0), 1 - FLOOR),
        (Standing(2, 0.01, 10.0), Standing(2, 9.0, 10.0), FLOOR),
    ],
)
def test_then_shares_are_as_gains_a_second_and_neither_is_given_up(
    mine: Standing, other: Standing, expected: float
) -> None:
    assert share(mine, other) == pytest.approx(expected)


def test_asking_costs_seconds_and_dollars() -> None:
    both = Standing(2, 0.1, 10.0), Standing(2, 0.1, 10.0)

    assert share(*both, Spent(4, 20.0, 0.0)) == pytest.approx(0.25)
    assert share(*both, Spent(4, 0.0, 20 / DOLLAR_SECONDS)) == pytest.approx(0.25)
    assert share(*both, Spent(4, 0.0, 5.0)) == FLOOR


def test_where_evaluations_are_counted_no_second_plays_a_part() -> None:
    slow, quick = Standing(2, 0.1, 1000.0), Standing(2, 0.1, 0.1)

    assert share(slow, quick, Spent(4, 500.0, 0.0), counts_time=False) == 0.5
    assert share(slow, quick, Spent(4, 0.0, 0.2), counts_time=False) == pytest.approx(1 / 3)
    assert share(Standing(6, 0.1), Standing(2, 0.1), counts_time=False) == pytest.approx(0.25)
    hurried = mixed(Spent(2, 1e6, 0.0), counts_time=False)[0]
    assert hurried.share(question(seconds=1.0)) == 1.0


def test_what_was_judged_in_no_time_does_not_divide_by_zero() -> None:
    cached = Standing(1, 0.0, 0.0)

    assert share(cached, cached) == 0.5
    assert FLOOR <= share(Standing(1, 0.1, 0.0), Standing(1, 0.1, 0.0)) <= 1 - FLOOR


@pytest.mark.parametrize(("left", "expected"), [(79.0, 0.0), (81.0, 1.0), (0.0, 0.0)])
def test_language_models_are_asked_only_where_half_of_the_time_left_is_enough(
    left: float, expected: float
) -> None:
    agent = mixed(Spent(6, 120.0, 0.0))[0]  # twenty a call: forty for a plan and its code

    assert agent.share(question(seconds=left)) == expected


def test_one_seed_draws_the_same_and_many_draw_in_proportion() -> None:
    mine, other = Standing(2, 0.3, 10.0), Standing(2, 0.1, 10.0)

    drawn = asked_language(range(400), mine, other)

    assert drawn == asked_language(range(400), mine, other)
    assert 0.68 < sum(drawn) / len(drawn) < 0.82


def test_who_gained_nothing_is_asked_now_and_then() -> None:
    drawn = asked_language(range(400), Standing(9, 0.0, 10.0), Standing(9, 1.0, 10.0))

    assert 0.14 < sum(drawn) / len(drawn) < 0.26


@pytest.mark.parametrize("silent", ["agent", "recipe"])
def test_where_one_has_nothing_to_say_the_other_is_asked(silent: str) -> None:
    agent, recipes, language = mixed(silent=silent)
    tried = Standing(1, 0.0, 1.0)

    for seed in range(20):
        [found] = agent.propose(question(tried, tried, seed=seed))
        assert found.proposer != silent

    silent_one = language if silent == "agent" else recipes
    assert 0 < len(silent_one.questions) < 20


def test_where_neither_has_anything_there_is_nothing() -> None:
    nobody = ScriptedAgent([])

    assert MixedAgent(nobody, nobody, lambda: FREE, counts_time=True).propose(question()) == []
    assert len(nobody.questions) == 2


@pytest.mark.parametrize("name", ["agent", "recipe"])
def test_whoever_proposed_it_repairs_it(name: str) -> None:
    agent, recipes, language = mixed()

    mended = agent.repair(question(), proposal(name), "KeyError: 'a'", 2)

    assert mended is not None
    assert mended.proposer == name
    asked, other = (language, recipes) if name == "agent" else (recipes, language)
    assert (asked.broken, other.broken) == ([("KeyError: 'a'", 2)], [])


def test_nobody_repairs_what_nobody_here_proposed() -> None:
    assert mixed()[0].repair(question(), proposal("person"), "KeyError: 'a'", 1) is None
