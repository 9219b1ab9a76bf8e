"""What a model is expected to cost rests on models that are like it in what their cost hangs on."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.engine.agents.fakes import FACTS, library, recipe
from tests.engine.phases.fake_judge import Clock, FakeJudge, context

from mle_star.budget import Budget
from mle_star.judge.evaluation import Evaluation, Fidelity, Score
from mle_star.phases.context import Context
from mle_star.phases.pace import Pace
from mle_star.recipes.catalogue import standard
from mle_star.recipes.recipe import Recipe

BOOSTER, OTHER_BOOSTER = recipe("booster"), recipe("other_booster")
NET = replace(recipe("net"), is_steady=True)
FOREST = replace(recipe("forest"), is_steady=True)


@pytest.fixture
def here() -> Context:
    budget = Budget(Clock(), 1e6)
    known = library(BOOSTER, OTHER_BOOSTER, NET, FOREST)
    return context(FakeJudge({}, budget), known, FACTS, [])


def measured(here: Context, recipe: Recipe, times_expected: float) -> None:
    """Note that a fit took so many times what its recipe says."""
    seconds = times_expected * recipe.expected_seconds(FACTS, 1000)
    here.ledger.append(
        Evaluation(
            standard(recipe, FACTS, here.recipes),
            Fidelity(),
            Score("metric", True, (0.9,) * 5),
            seconds=5 * seconds,
            fit_seconds=seconds,
        )
    )


def expected(here: Context, recipe: Recipe) -> float:
    return Pace(here).seconds(recipe, Fidelity())


def test_a_booster_that_grows_on_makes_others_look_slow_but_no_net(here: Context) -> None:
    net = expected(here, NET)
    measured(here, BOOSTER, 10.0)

    assert expected(here, OTHER_BOOSTER) == pytest.approx(1.3 * expected(here, BOOSTER))
    assert expected(here, NET) == net


def test_a_forest_that_took_twice_its_time_tells_of_a_slow_machine(here: Context) -> None:
    net, booster = expected(here, NET), expected(here, OTHER_BOOSTER)
    measured(here, FOREST, 2.0)

    assert expected(here, NET) == pytest.approx(2 * net)
    assert expected(here, OTHER_BOOSTER) == booster
