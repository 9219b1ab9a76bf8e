from __future__ import annotations

import math

import numpy as np
import pytest

from mle_star.judge import gates
from mle_star.judge.evaluation import Comparison, Score
from mle_star.judge.gates import FAIL, PASS, SKIPPED, WARN


def auc(*folds: float) -> Score:
    return Score("roc_auc", True, folds)


def rmse(*folds: float) -> Score:
    return Score("rmse", False, folds)


@pytest.mark.parametrize(
    ("gain", "p_value", "confirmed", "verdict"),
    [
        (0.1, 0.01, False, PASS),
        (0.1, 0.2, False, FAIL),
        (-0.1, 0.01, False, FAIL),
        (0.1, 0.01, True, PASS),
        (0.1, 0.2, True, WARN),
        (-0.1, 0.2, True, FAIL),
    ],
)
def test_a_gain_on_the_folds_must_be_one_and_significant_or_shown_by_the_holdout(
    gain: float, p_value: float, confirmed: bool, verdict: str
) -> None:
    comparison = Comparison(gain, 0.0, 0.0, p_value, False)

    gate = gates.improvement_on_folds(auc(0.8), auc(0.7), comparison, confirmed=confirmed)

    assert gate.verdict == verdict


@pytest.mark.parametrize(
    ("gain", "low", "verdict"), [(0.1, 0.05, PASS), (0.1, -0.05, WARN), (-0.01, -0.1, FAIL)]
)
def test_a_gain_on_the_holdout_passes_where_its_interval_is_above_zero(
    gain: float, low: float, verdict: str
) -> None:
    assert gates.improvement_on_holdout(gain, low, 0.2).verdict == verdict


def test_fold_spread_is_measured_against_the_mean() -> None:
    assert gates.fold_spread(auc(0.80, 0.81, 0.82), 0.5).verdict == PASS
    assert gates.fold_spread(auc(0.70, 0.80, 0.90), 0.5).verdict == WARN
    assert gates.fold_spread(auc(0.50, 0.80, 0.99), 0.5).verdict == FAIL
    assert gates.fold_spread(auc(0.8), 0.5).verdict == SKIPPED


def test_a_score_near_zero_is_measured_against_its_distance_from_chance() -> None:
    log_loss = Score("log_loss", False, (0.02, 0.05, 0.08))

    assert gates.fold_spread(log_loss, 2.3).verdict == PASS
    assert gates.fold_spread(log_loss, None).verdict == FAIL


def test_folds_that_follow_one_another_in_time_may_differ() -> None:
    assert gates.fold_spread(rmse(50.0, 100.0, 150.0), 160.0).verdict == FAIL
    assert gates.fold_spread(rmse(50.0, 100.0, 150.0), 160.0, ordered=True).verdict == WARN


@pytest.mark.parametrize(
    ("holdout", "verdict"), [(100.0, PASS), (102.0, PASS), (120.0, FAIL), (80.0, WARN)]
)
def test_the_holdout_must_agree_with_cross_validation(holdout: float, verdict: str) -> None:
    folds = rmse(99.9, 100.0, 100.1)

    gate = gates.holdout_agrees(holdout, holdout - 1, holdout + 1, folds, 150.0)

    assert gate.verdict == verdict


def test_a_wide_interval_explains_a_difference() -> None:
    assert gates.holdout_agrees(0.72, 0.6, 0.84, auc(0.8, 0.8), 0.5).verdict == PASS


def test_a_better_holdout_is_no_surprise_when_folds_were_fitted_on_fewer_rows() -> None:
    folds = rmse(100.0, 100.0)

    gate = gates.holdout_agrees(80.0, 79.0, 81.0, folds, 150.0, sampled=True)

    assert gate.verdict == PASS


def test_trees_that_fit_their_rows_are_a_warning_and_learning_by_heart_a_failure() -> None:
    assert gates.train_gap(0.82, auc(0.8, 0.8), 0.5).verdict == PASS
    assert gates.train_gap(1.0, auc(0.8, 0.8), 0.5).verdict == WARN
    assert gates.train_gap(1.0, auc(0.52, 0.52), 0.5).verdict == FAIL
    assert gates.train_gap(1.0, rmse(98.0, 98.0), 100.0).verdict == FAIL


@pytest.mark.parametrize(("single", "verdict"), [(5.0, PASS), (300.0, WARN), (2000.0, FAIL)])
def test_latency_is_that_of_one_row(single: float, verdict: str) -> None:
    assert gates.latency(single, 0.1).verdict == verdict


def test_fitting_must_leave_memory_to_others() -> None:
    assert gates.memory(1.0, 400.0, 1000.0).verdict == PASS
    assert gates.memory(1.0, 600.0, 1000.0).verdict == FAIL


def test_the_bootstrap_covers_the_mean_and_skips_undefined_draws() -> None:
    values = np.random.default_rng(0).normal(3.0, 1.0, 400)

    def scores(at: np.ndarray) -> tuple[float, float]:
        return float(values[at].mean()), math.nan if at[0] % 2 else 1.0

    (low, high), constant = gates.bootstrap(scores, 400, seed=1)

    assert low < 3.0 < high
    assert high - low == pytest.approx(4 / np.sqrt(400), rel=0.3)
    assert constant == (1.0, 1.0)
    assert gates.bootstrap(scores, 400, seed=1) == [(low, high), constant]
    assert math.isnan(gates.bootstrap(lambda at: [math.nan], 10, seed=1)[0][0])
