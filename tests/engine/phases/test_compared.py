"""What must be gained before several models are shipped in place of one."""

from __future__ import annotations

from mle_star.judge.evaluation import Score
from mle_star.judge.stats import compare_folds
from mle_star.phases.compared import convincing


def test_a_gain_of_next_to_nothing_is_no_reason_to_ship_more_models() -> None:
    single, mix = (10.0, 11.0, 9.0, 10.0, 10.0), (9.99, 10.99, 8.99, 9.99, 10.03)
    better = compare_folds(mix, single, False, 0.25)

    assert better.gain > 0
    assert not convincing(better, *(Score("rmse", False, f) for f in (mix, single)))


def test_that_some_folds_are_harder_for_every_model_is_no_reason_to_ship_one_alone() -> None:
    single, mix = (70.0, 76.0, 66.0, 74.0, 71.0), (69.9, 75.7, 66.25, 73.8, 71.05)
    better = compare_folds(mix, single, False, 0.25)

    assert not better.beyond_noise
    assert convincing(better, *(Score("rmse", False, f) for f in (mix, single)))
