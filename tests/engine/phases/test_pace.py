"""What a model is expected to cost rests on models that are like it in what their cost hangs on."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from tests.engine.agents.fakes import FACTS, library, recipe
from tests.engine.phases.fake_judge import Clock, FakeJudge, context

from mle_star.budget import Budget
from mle_star.judge.evaluation import Evaluation, Fidelity, Fold, Score
from mle_star.phases.context import Context
from mle_star.phases.members import fit_cost
from mle_star.phases.pace import Pace
from mle_star.recipes.catalogue import standard
from mle_star.recipes.recipe import Recipe
from mle_star.solution.block import Block
from mle_star.solution.solution import Solution
from mle_star.types import Role

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


@pytest.mark.parametrize(
    ("parts", "power"), [("booster", 0.8), ("forest", 1.2), ("booster-forest", 1.2), ("own", 0.8)]
)
def test_a_fit_on_more_rows_takes_what_its_slowest_part_grows_to(parts: str, power: float) -> None:
    budget = Budget(Clock(), 1e6)
    forest = replace(FOREST, growth=1.2)
    here = context(FakeJudge({}, budget), library(BOOSTER, forest), FACTS, [])
    solution = judged(here, parts, 10.1, Fidelity(rows=500))

    assert fit_cost(here, solution, 500) == pytest.approx(10.1)
    assert fit_cost(here, solution, 4000) == pytest.approx(0.1 + 10.0 * 8**power)


def test_folds_that_grow_with_time_tell_of_fits_on_the_rows_they_have(here: Context) -> None:
    folds = tuple(Fold(np.arange(rows), np.arange(5)) for rows in (600, 900, 1500))
    here.judge.splits = replace(here.judge.splits, folds=folds)
    whole = judged(here, "a", 10.1, Fidelity())
    part = judged(here, "b", 10.1, Fidelity(rows=900))

    assert fit_cost(here, whole, 1000) == pytest.approx(10.1)
    assert fit_cost(here, part, (600 + 900 + 900) // 3) == pytest.approx(10.1)


def judged(here: Context, parts: str, seconds: float, fidelity: Fidelity) -> Solution:
    model = Block(Role.MODEL, f"def model(columns, hyperparameters):\n    return '{parts}'", parts)
    score = Score("metric", True, (0.9,) * 5)
    found = Evaluation(Solution((model,)), fidelity, score, seconds=99.0, fit_seconds=seconds)
    here.ledger.append(found)
    return found.solution
