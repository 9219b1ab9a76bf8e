"""What must hold of any division of rows."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mle_star.errors import DataError, UsageError
from mle_star.judge.evaluation import Splits
from mle_star.judge.splits import make_splits, sample, strata_of
from mle_star.types import Kind, Output, Task

SEEDS = st.integers(0, 2**31 - 1)
ROWS = st.integers(30, 600)
SHARES = st.sampled_from([None, 0.0, 0.01, 0.3, 0.5])


def task_of(classes: int, outputs: int = 1) -> Task:
    kinds = {0: Kind.REGRESSION, 2: Kind.BINARY}
    kind = kinds.get(classes, Kind.MULTICLASS)
    labels = tuple(str(k) for k in range(classes))
    return Task(tuple(Output(f"y{i}", f"y{i}", kind, labels) for i in range(outputs)), "x")


def labels_of(rng: np.random.Generator, rows: int, classes: int) -> np.ndarray:
    if not classes:
        return rng.normal(size=(rows, 1))
    weights = 1.0 / np.arange(1, classes + 1) ** 2
    y = rng.choice(classes, size=rows, p=weights / weights.sum())
    y[:classes] = np.arange(classes)  # every class is there, some of them once only
    return y[:, None].astype(float)


def check_parts(splits: Splits, rows: int, share: float | None = None) -> None:
    """Nothing is in two places, nothing is lost, nothing is empty but what shall be."""
    parts = [splits.search, splits.selection, splits.holdout]
    assert np.array_equal(np.sort(np.concatenate(parts)), np.arange(rows))
    assert (len(splits.holdout) > 0) == (share != 0)
    for fold in splits.folds:
        assert len(fold.train)
        assert len(fold.score)
        assert not np.intersect1d(fold.train, fold.score).size


@given(seed=SEEDS, rows=ROWS, classes=st.sampled_from([0, 2, 3, 7]), share=SHARES)
@settings(max_examples=60, deadline=None)
def test_rows_are_divided_and_every_class_is_trained_on(
    seed: int, rows: int, classes: int, share: float | None
) -> None:
    rng = np.random.default_rng(seed)
    labels = labels_of(rng, rows, classes)
    splits = make_splits(task_of(classes), labels, seed=seed, holdout=share)
    check_parts(splits, rows, share)
    wanted = 0.2 if share is None else share
    assert abs(len(splits.holdout) - wanted * rows) <= 10
    if classes:
        for fold in splits.folds:
            assert np.array_equal(np.unique(labels[fold.train]), np.arange(classes))


@given(seed=SEEDS, rows=ROWS)
@settings(max_examples=30, deadline=None)
def test_both_classes_are_scored_in_every_fold_and_the_holdout(seed: int, rows: int) -> None:
    labels = np.zeros((rows, 1))
    labels[np.random.default_rng(seed).choice(rows, 4, replace=False)] = 1.0
    splits = make_splits(task_of(2), labels, seed=seed)
    for part in [*(fold.score for fold in splits.folds), splits.holdout]:
        assert len(np.unique(labels[part])) == 2


@given(
    seed=SEEDS,
    rows=ROWS,
    groups=st.integers(3, 60),
    classes=st.sampled_from([0, 2, 3]),
    share=SHARES,
)
@settings(max_examples=60, deadline=None)
def test_no_group_is_shared(
    seed: int, rows: int, groups: int, classes: int, share: float | None
) -> None:
    rng = np.random.default_rng(seed)
    member = np.concatenate([np.arange(groups), rng.integers(0, groups, rows)])[:rows]
    labels = labels_of(rng, rows, classes)
    splits = make_splits(task_of(classes), labels, groups=member, seed=seed, holdout=share)
    check_parts(splits, rows, share)
    parts = [set(member[part]) for part in (splits.search, splits.selection, splits.holdout)]
    assert sum(map(len, parts)) == len(set(member))
    for fold in splits.folds:
        assert not set(member[fold.train]) & set(member[fold.score])


@given(
    seed=SEEDS,
    rows=ROWS,
    moments=st.integers(4, 400),
    classes=st.sampled_from([0, 2]),
    share=SHARES,
)
@settings(max_examples=60, deadline=None)
def test_time_never_goes_back(
    seed: int, rows: int, moments: int, classes: int, share: float | None
) -> None:
    rng = np.random.default_rng(seed)
    times = np.concatenate([np.arange(4), rng.integers(0, moments, rows)])[:rows].astype(float)
    labels = rng.integers(0, classes, (rows, 1)) * 1.0 if classes else rng.normal(size=(rows, 1))
    try:
        splits = make_splits(task_of(classes), labels, times=times, seed=seed, holdout=share)
    except DataError:
        assert classes  # one class only in too many stretches
        return
    assert (len(splits.holdout) > 0) == (share != 0)
    if share != 0:
        assert times[splits.holdout].min() > times[splits.search].max()
    elif not classes:  # a stretch of one class is no fold, so the last rows may not be searched on
        assert times[splits.search].max() == times.max()
    assert len(np.unique(np.concatenate([splits.search, splits.holdout]))) <= rows
    for fold in splits.folds:
        assert times[fold.train].max() < times[fold.score].min()
        assert np.all(np.diff(times[fold.train]) >= 0)
        if classes:
            assert len(np.unique(labels[fold.train])) == len(np.unique(labels[fold.score])) == 2


def test_few_moments_that_hold_most_rows_leave_something_to_search_on() -> None:
    times = np.repeat([0.0, 1.0, 2.0, 3.0], [6_000, 20, 20, 20])
    for share in (None, 0.5):
        splits = make_splits(task_of(0), times[:, None], times=times, holdout=share)
        assert {0.0, 1.0} <= set(times[splits.search])
        assert len(splits.holdout)


def test_time_has_a_selection_part_before_the_holdout_when_data_is_large() -> None:
    times = np.random.default_rng(0).permutation(24_000).astype(float)
    splits = make_splits(task_of(0), times[:, None], times=times)
    assert times[splits.search].max() < times[splits.selection].min()
    assert times[splits.selection].max() < times[splits.holdout].min()
    assert len(splits.holdout) == 3600
    assert len(splits.selection) == 1200
    assert [len(fold.train) for fold in splits.folds] == sorted(len(f.train) for f in splits.folds)


@pytest.mark.parametrize(
    ("rows", "folds", "selection"), [(500, 15, 0), (2000, 10, 0), (5000, 5, 0), (80_000, 4, 4000)]
)
def test_small_data_repeats_folds_instead_of_a_selection_part(
    rows: int, folds: int, selection: int
) -> None:
    labels = np.random.default_rng(0).integers(0, 2, (rows, 1)).astype(float)
    splits = make_splits(task_of(2), labels)
    assert len(splits.folds) == folds
    assert len(splits.selection) == pytest.approx(selection, abs=5)


def test_repeats_differ_from_one_another_and_score_every_row_once_each() -> None:
    labels = np.random.default_rng(0).normal(size=(500, 1))
    splits = make_splits(task_of(0), labels)
    scored = np.concatenate([fold.score for fold in splits.folds])
    assert np.all(np.unique(scored, return_counts=True)[1] == 3)
    assert not np.array_equal(splits.folds[0].score, splits.folds[5].score)


def test_a_share_that_is_asked_for_is_held_out() -> None:
    labels = np.random.default_rng(0).normal(size=(80_000, 1))
    assert len(make_splits(task_of(0), labels, holdout=0.3).holdout) == 24_000
    none = make_splits(task_of(0), labels, holdout=0.0)
    assert len(none.search) == 80_000
    assert len(none.selection) == 0


def test_the_seed_decides() -> None:
    labels = np.random.default_rng(0).normal(size=(300, 1))
    one, again, other = (make_splits(task_of(0), labels, seed=s) for s in (1, 1, 2))
    assert np.array_equal(one.holdout, again.holdout)
    assert all(
        np.array_equal(a.score, b.score) for a, b in zip(one.folds, again.folds, strict=True)
    )
    assert not np.array_equal(one.holdout, other.holdout)


def test_parts_look_alike() -> None:
    rng = np.random.default_rng(0)
    labels = (rng.random((4000, 1)) < 0.1).astype(float)
    splits = make_splits(task_of(2), labels)
    shares = [labels[part].mean() for part in (splits.holdout, *(f.score for f in splits.folds))]
    assert max(shares) - min(shares) < 0.005
    numbers = rng.exponential(size=(4000, 1))
    splits = make_splits(task_of(0), numbers)
    assert abs(numbers[splits.holdout].mean() - numbers[splits.search].mean()) < 0.08


def test_groups_are_stratified_where_they_can_be() -> None:
    member = np.repeat(np.arange(200), 10)
    labels = np.repeat(np.arange(200) % 4 == 0, 10)[:, None].astype(float)
    splits = make_splits(task_of(2), labels, groups=member)
    for part in (splits.holdout, *(fold.score for fold in splits.folds)):
        assert 0.2 < labels[part].mean() < 0.3


def test_what_cannot_be_divided_is_refused() -> None:
    labels = np.arange(50.0)[:, None]
    with pytest.raises(DataError, match="3 are needed"):
        make_splits(task_of(0), labels, groups=np.arange(50) % 2)
    with pytest.raises(DataError, match="4 are needed"):
        make_splits(task_of(0), labels, times=np.arange(50) % 3 * 1.0)
    with pytest.raises(DataError, match="too few"):
        make_splits(task_of(0), labels[:5])
    with pytest.raises(UsageError, match="at once"):
        make_splits(task_of(0), labels, groups=np.arange(50), times=np.arange(50.0))


def test_several_outputs_are_stratified_together() -> None:
    labels = np.random.default_rng(0).integers(0, 2, (900, 2)).astype(float)
    assert len(np.unique(strata_of(task_of(2, 2), labels))) == 4
    splits = make_splits(task_of(2, 2), labels)
    for fold in splits.folds:
        assert abs(labels[fold.score].prod(axis=1).mean() - labels.prod(axis=1).mean()) < 0.03


def test_a_sample_keeps_order_shares_and_rare_classes() -> None:
    strata = np.array([0] * 900 + [1] * 97 + [2] * 3)
    rows = np.random.default_rng(0).permutation(1000)
    kept = sample(strata, rows, 100, seed=1)
    assert np.array_equal(np.flatnonzero(np.isin(rows, kept)), np.sort(np.argsort(rows)[kept]))
    assert np.array_equal(np.bincount(strata[kept]), [90, 10, 2])
    assert np.array_equal(sample(strata, rows, 100, seed=1), kept)
    assert np.array_equal(sample(strata, rows, 1000, seed=1), rows)


def test_a_sample_of_ordered_rows_is_even_and_ends_with_the_latest() -> None:
    kept = sample(None, np.arange(1000), 11, seed=0)
    assert kept[0] == 0
    assert kept[-1] == 999
    assert set(np.diff(kept)) <= {99, 100, 101}
