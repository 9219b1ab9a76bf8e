"""Few large folds for large tables."""

from __future__ import annotations

import numpy as np

from mle_star.judge.splits import fewer_folds, make_splits
from mle_star.types import Kind, Output, Task

TASK = Task((Output("y", "y", Kind.REGRESSION),), "rmse")


def test_fewer_folds_keep_every_search_row_for_training() -> None:
    labels = np.random.default_rng(0).normal(size=(6000, 1))
    whole = make_splits(TASK, labels, seed=0)

    few = fewer_folds(whole, 2)

    assert len(few.folds) == 2
    assert np.array_equal(whole.search, few.search)
    assert few.scheme.startswith("2 of 5")


def test_of_folds_in_time_the_latest_are_kept() -> None:
    labels = np.random.default_rng(0).normal(size=(6000, 1))
    whole = make_splits(TASK, labels, times=np.arange(6000.0), seed=0)

    few = fewer_folds(whole, 2)

    assert few.folds == whole.folds[-2:]


def test_no_fold_is_lost_where_there_are_few() -> None:
    labels = np.random.default_rng(0).normal(size=(6000, 1))
    whole = make_splits(TASK, labels, seed=0)

    assert fewer_folds(whole, 5) is whole
