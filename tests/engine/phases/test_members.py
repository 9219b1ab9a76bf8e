"""Which candidates may be members of an ensemble."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from tests.engine.agents.fakes import library, recipe
from tests.engine.phases.test_ensemble import (
    REGRESSION,
    Session,
    classes,
    members,
    named,
    noisy_numbers,
    softmax,
)

from mle_star.events import Noted
from mle_star.solution.block import checked
from mle_star.solution.solution import Solution
from mle_star.types import Role


def test_a_merge_is_no_member_where_what_it_averages_can_be_one() -> None:
    session = noisy_numbers()
    a, b = (session.context.comparable()[i] for i in range(2))
    assert a.oof is not None
    assert b.oof is not None
    mean = replace(named("average of a and b"), origin="merge of b into a")
    oof = (a.oof() + b.oof()) / 2
    session.context.record([session.judge.evaluation(mean, oof, fit_seconds=2.0)])

    names = members(session.run().ensemble)

    assert len(names) > 1
    assert mean.name not in names


def test_what_cannot_be_fitted_again_in_time_is_not_shipped_but_what_comes_next_is() -> None:
    session = _with_a_slow_one(0.49)

    assert "slow" in members(session.run(100.0).ensemble)
    short = session.run(20.0)

    assert set(members(short.ensemble)) == {"quick", "other"}
    assert short.strategies[0].ensemble is not None
    assert members(short.strategies[0].ensemble) == ["quick"]
    told = [event.message for event in session.events if isinstance(event, Noted)]
    assert any("slow is not shipped" in message for message in told)


def test_what_is_far_ahead_is_shipped_if_there_is_time_to_fit_it_once() -> None:
    alone = _with_a_slow_one(0.1).run(30.0)

    assert members(alone.ensemble) == ["slow"]
    assert "no time to fit another" in alone.strategies[0].reason
    assert "slow" not in members(_with_a_slow_one(0.1).run(10.0).ensemble)


def test_a_single_tree_is_not_shipped_in_place_of_what_can_be_fitted_once() -> None:
    session = _with_a_slow_one(0.49, "plain_tree")

    assert members(session.run(30.0).ensemble) == ["slow"]


def test_what_fell_apart_on_one_fold_does_not_spoil_the_others() -> None:
    random = np.random.default_rng(0)
    truth = random.normal(size=800)
    sizes = {"a": 0.5, "b": 0.6, "plain_tree": 1.0, "wild": 0.1}
    predictions = {n: (truth + s * random.normal(size=800))[:, None] for n, s in sizes.items()}
    session = Session(REGRESSION, truth, predictions)
    rows = session.judge.splits.folds[0].score
    predictions["wild"][np.searchsorted(session.judge.oof_rows, rows)] += 50.0
    session = Session(REGRESSION, truth, predictions)

    assert "wild" not in members(session.run().ensemble)
    scores = [one.score.mean for one in session.choice.strategies if one.score]
    assert max(scores) < 1.0, "none learnt from the folds on which it looks best"


@pytest.mark.parametrize("parts", ["extra_trees", "lightgbm-extra_trees"])
def test_two_forests_of_a_kind_are_members_at_most(parts: str) -> None:
    random = np.random.default_rng(0)
    truth = random.normal(size=800)
    session = Session(REGRESSION, truth, {"other": (truth + random.normal(size=800))[:, None]})
    session.context.recipes.update(library(recipe("lightgbm"), recipe("extra_trees")))
    for n in range(5):
        source = f"def model(columns, hyperparameters):\n    return {n}"
        forest = Solution((checked(Role.MODEL, source, parts),), f"forest {n}")
        oof = (truth + 0.5 * random.normal(size=800))[:, None]
        session.context.record([session.judge.evaluation(forest, oof)])

    names = members(session.run().ensemble)

    assert sum("forest" in name for name in names) == 2


def test_a_timid_forest_that_orders_the_classes_well_is_stacked() -> None:
    random = np.random.default_rng(0)
    codes = random.integers(0, 3, 1500)
    truth = 4.0 * np.eye(3)[codes]
    common, *own = random.normal(size=(4, *truth.shape))
    boosters = {
        f"booster {name}": softmax(truth + 2.0 * common + error)
        for name, error in zip("ab", own, strict=False)
    }
    forest = softmax(0.15 * (truth + 2.5 * own[2]))
    session = Session(classes(3), codes, {**boosters, "forest": forest})
    choice = session.run(refit_seconds=3.0)  # of two

    assert "forest" not in session.strategy("plain average").members
    assert "forest" in session.strategy("linear stacking").members
    assert "forest" in members(choice.ensemble)


def _with_a_slow_one(noise: float, quick: str = "quick") -> Session:
    random = np.random.default_rng(0)
    truth = random.normal(size=800)
    predictions = {
        name: (truth + size * random.normal(size=800))[:, None]
        for name, size in {"slow": noise, quick: 0.5, "other": 0.6}.items()
    }
    costs = {"slow": 40.0, quick: 1.0, "other": 1.0}
    return Session(REGRESSION, truth, predictions, fit_seconds=costs)
