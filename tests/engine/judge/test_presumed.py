"""A plain average is known from its parts: the same scores, and nothing is fitted."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from tests.engine.judge.conftest import Opened, Problem, make_problem

from mle_star.agents.merging import merge
from mle_star.judge.evaluation import Fidelity
from mle_star.recipes.catalogue import compose, load


@pytest.mark.parametrize("fidelity", [Fidelity(), Fidelity(rows=100), Fidelity(folds=2)])
def test_an_average_has_the_scores_that_fitting_it_would_give(
    problem: Problem, opened: Opened, tmp_path: Path, fidelity: Fidelity
) -> None:
    recipes = load()
    names = ("random_forest", "hist_gradient_boosting", "extra_trees")
    parts = [compose([recipes["ordinal"], recipes[name]]) for name in names]
    mean = merge(parts)

    judge = opened(jobs=2)
    judged = judge.evaluate(parts, slice=problem.slice(), fidelity=fidelity)
    judge.presume(mean, parts, fidelity)
    [presumed] = judge.evaluate([mean], slice=problem.slice(), fidelity=fidelity)

    elsewhere = make_problem(tmp_path / "elsewhere")
    other = opened(jobs=2, problem=elsewhere)
    [fitted] = other.evaluate([mean], slice=elsewhere.slice(), fidelity=fidelity)
    assert presumed.score is not None
    assert fitted.score is not None
    assert presumed.score.folds == pytest.approx(fitted.score.folds, abs=1e-12)
    assert presumed.seconds == pytest.approx(sum(part.seconds for part in judged))
    if fidelity.folds is None:
        assert presumed.oof is not None
        assert fitted.oof is not None
        assert np.allclose(presumed.oof(), fitted.oof(), atol=1e-12)


def test_nothing_is_presumed_of_a_part_that_was_not_judged(
    problem: Problem, opened: Opened
) -> None:
    recipes = load()
    parts = [compose([recipes["ordinal"], recipes[n]]) for n in ("random_forest", "plain_tree")]
    judge = opened(jobs=2)
    [one] = judge.evaluate(parts[:1], slice=problem.slice())
    judge.presume(merge(parts), parts, Fidelity())
    [found] = judge.evaluate([merge(parts)], slice=problem.slice())
    assert found.score is not None
    assert one.score is not None
    assert found.score.folds != one.score.folds
    assert found.seconds > 0
