from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from mle_star.judge.evaluation import Evaluation, Fidelity, Score
from mle_star.judge.stats import compare, compare_folds
from mle_star.solution.solution import Solution

A = (0.80, 0.82, 0.79, 0.85, 0.81)
B = (0.78, 0.81, 0.80, 0.82, 0.79)


def evaluation(folds: tuple[float, ...] | None, greater: bool = True) -> Evaluation:
    score = None if folds is None else Score("m", greater, folds)
    return Evaluation(Solution(()), Fidelity(), score, "" if score else "broken")


def test_the_known_answer() -> None:
    found = compare(evaluation(A), evaluation(B))
    d = np.subtract(A, B)
    error = math.sqrt((1 / 5 + 1 / 4) * d.var(ddof=1))
    t = d.mean() / error
    assert found.gain == pytest.approx(0.014)
    assert found.p_value == pytest.approx(2 * stats.t.sf(t, 4))
    assert found.high - found.gain == pytest.approx(2.7764451 * error)
    assert found.beyond_noise is True


def test_the_correction_widens_the_uncorrected_test() -> None:
    plain = stats.ttest_rel(A, B)
    assert compare_folds(A, B, True, 0.0).p_value == pytest.approx(plain.pvalue)
    assert compare_folds(A, B, True, 0.25).p_value > plain.pvalue


def test_direction_mirrors() -> None:
    up, down = compare_folds(A, B, True, 0.25), compare_folds(A, B, False, 0.25)
    assert (down.gain, down.low, down.high) == (-up.gain, -up.high, -up.low)
    assert up.p_value == down.p_value
    assert not down.beyond_noise


def test_equal_candidates_differ_by_nothing() -> None:
    found = compare_folds(A, A, True, 0.25)
    assert (found.gain, found.p_value, found.beyond_noise) == (0.0, 1.0, False)


def test_a_constant_gain_is_certain() -> None:
    found = compare_folds((3.0, 2.0), (2.0, 1.0), True, 1.0)
    assert (found.gain, found.low, found.p_value, found.beyond_noise) == (1.0, 1.0, 0.0, True)


def test_one_fold_proves_nothing() -> None:
    found = compare_folds((0.9,), (0.1,), True, 0.25)
    assert found.p_value == 1.0
    assert not found.beyond_noise
    assert (found.low, found.high) == (-math.inf, math.inf)


def test_what_cannot_be_paired_is_refused() -> None:
    with pytest.raises(ValueError, match="folds differ"):
        compare(evaluation(A), evaluation(B[:3]))
    with pytest.raises(ValueError, match="with a score"):
        compare(evaluation(None), evaluation(B))


def test_false_alarms_are_rare_when_folds_share_rows() -> None:
    """Fold differences with the correlation that shared training rows give them (1/5)."""
    rng = np.random.default_rng(0)
    common = rng.normal(size=(2000, 1)) * math.sqrt(0.2)
    differences = common + rng.normal(size=(2000, 5)) * math.sqrt(0.8)
    zero = [0.0] * 5
    corrected = [compare_folds(list(d), zero, True, 0.25).p_value < 0.05 for d in differences]
    naive = [compare_folds(list(d), zero, True, 0.0).p_value < 0.05 for d in differences]
    assert np.mean(corrected) < 0.06
    assert np.mean(naive) > 0.10
