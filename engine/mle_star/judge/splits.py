"""The division of a session's rows: search folds, selection, holdout. Made once, by the engine.

* classes are spread evenly (regression targets by quantile bins); a class with too few rows to be
  divided is always trained on;
* groups are kept whole;
* with a time column nothing ever goes back in time, and rows of one moment stay together.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np

from mle_star.errors import DataError, UsageError
from mle_star.judge.evaluation import Fold, Splits
from mle_star.judge.parts import Parts, parts_of
from mle_star.seeds import derive
from mle_star.types import Task

SMALL = 3_000
"""Below this many search rows, folds are repeated."""
TINY = 1_000
"""Below this many search rows, folds are repeated three times."""
FEW_GROUPS = 20
"""Below this many groups there is no selection part."""
TIME_START = 0.4
"""Share of the search rows that the first fold of a time-ordered task trains on."""
_QUANTILE_BINS = 10
_REPEATED = ", repeated "
_FEW = 3
"""A class with fewer rows than this stays in the search part whole."""


def make_splits(
    task: Task,
    labels: np.ndarray,
    groups: np.ndarray | None = None,
    times: np.ndarray | None = None,
    *,
    seed: int = 0,
    holdout: float | None = None,
) -> Splits:
    """Divide the rows of a session.

    Parameters
    ----------
    task : Task
        What is predicted.
    labels : ndarray of shape (n_rows, n_outputs)
        Class codes, or numbers.
    groups : ndarray of shape (n_rows,) or None, default None
        Rows with equal values are kept in one part and one fold.
    times : ndarray of shape (n_rows,) or None, default None
        Sortable numbers; the holdout is the latest part, the selection part the one before it.
    seed : int, default 0
        The same seed gives the same splits.
    holdout : float or None, default None
        Share of the rows to hold out; 0: nothing is held back; None: by rows.

    Returns
    -------
    Splits
        With parts of about the sizes that :func:`~mle_star.judge.parts.parts_of` gives.

    Raises
    ------
    UsageError
        If both `groups` and `times` are given.
    DataError
        If there are too few rows, groups or moments to divide.
    """
    if groups is not None and times is not None:
        raise UsageError(
            "a group column and a time column cannot be honoured at once",
            "give --group to predict for unseen groups, or --time-column to predict the future",
        )
    if len(labels) < 10:
        raise DataError(
            f"{len(labels)} rows with a target are too few to judge anything by; 10 are needed",
            "add rows",
        )
    if times is not None:
        return _by_time(task, labels, times, parts_of(len(labels), holdout, alike=True))
    strata = strata_of(task, labels)
    rng = np.random.default_rng(derive(seed, "splits"))
    if groups is not None:
        return _by_group(strata, groups, rng, parts_of(len(labels), holdout, alike=True))
    return _by_row(task, strata, rng, parts_of(len(labels), holdout))


def fewer_folds(splits: Splits, most: int) -> Splits:
    """Keep the last folds only: where one fit takes long, few large folds say more than many small.

    Of folds forward in time the last are those with most to learn from. Of repeated folds whole
    rounds are kept, at least one if `most` allows it. The search rows stay the same: what is not
    scored any more is still trained on.

    Parameters
    ----------
    splits : Splits
        With any number of folds.
    most : int
        Folds to keep, at least two.
    """
    if len(splits.folds) <= most:
        return splits
    scheme, rounds = splits.scheme.split(_REPEATED)[0], _rounds(splits)
    a_round = len(splits.folds) // rounds
    if rounds > 1 and most >= a_round:
        kept = most // a_round
        return replace(splits, folds=splits.folds[: kept * a_round], scheme=_repeated(scheme, kept))
    return replace(splits, folds=splits.folds[-most:], scheme=f"{most} of {scheme}")


def _rounds(splits: Splits) -> int:
    """How often every row is scored."""
    scored = np.concatenate([fold.score for fold in splits.folds])
    return max(1, round(len(scored) / len(np.unique(scored))))


def strata_of(task: Task, labels: np.ndarray) -> np.ndarray:
    """A code a row, by which parts are made alike: its classes, or the bin of its number.

    Several outputs of classes are combined where each combination has enough rows; otherwise, and
    for several numbers, the first output decides.
    """
    if not task.is_classification:
        order = np.argsort(np.argsort(labels[:, 0], kind="stable"), kind="stable")
        bins = min(_QUANTILE_BINS, max(1, len(labels) // 20))
        return np.asarray(order * bins // len(labels), dtype=int)
    _, combined, counts = np.unique(labels, axis=0, return_inverse=True, return_counts=True)
    if labels.shape[1] > 1 and counts.min() < 2 * _FEW:
        return labels[:, 0].astype(int)
    return np.asarray(combined, dtype=int).ravel()


def sample(strata: np.ndarray | None, rows: np.ndarray, size: int, seed: int) -> np.ndarray:
    """Thin rows, keeping their order.

    Parameters
    ----------
    strata : ndarray of shape (n_table_rows,) or None
        Every stratum keeps its share, and at least two rows where it has them. None thins evenly:
        every n-th row, which is what rows ordered in time need.
    rows : ndarray of int
        Positions to choose from.
    size : int
        How many to keep, about.
    seed : int
        Seed of the choice.
    """
    if len(rows) <= size:
        return rows
    if strata is None:
        return np.asarray(rows[np.linspace(0, len(rows) - 1, size).round().astype(int)])
    rng = np.random.default_rng(seed)
    kept = []
    for members in _members(strata[rows]):
        count = min(len(members), max(2, round(len(members) * size / len(rows))))
        kept.append(rng.choice(members, count, replace=False))
    return np.asarray(rows[np.sort(np.concatenate(kept))])


def _by_row(task: Task, strata: np.ndarray, rng: np.random.Generator, parts: Parts) -> Splits:
    rows = np.arange(len(strata))
    holdout = _take(strata, rows, parts.holdout, rng)
    search = np.setdiff1d(rows, holdout)
    selection = _take(strata, search, parts.selection, rng)
    search = np.setdiff1d(search, selection)
    scarcest = int(np.bincount(strata[search]).min()) if task.width == 2 else len(search)
    n_folds, repeats = _fold_counts(len(search), max(2, scarcest))
    folds = [fold for _ in range(repeats) for fold in _deal_folds(strata, search, n_folds, rng)]
    what = "stratified " if task.is_classification else ""
    return Splits(tuple(folds), selection, holdout, _scheme(n_folds, repeats, f"{what}folds"))


def _take(
    strata: np.ndarray, rows: np.ndarray, wanted: int, rng: np.random.Generator
) -> np.ndarray:
    """About so many rows, of every stratum its share and at least one."""
    if not wanted:
        return np.empty(0, dtype=int)
    taken, share = [], wanted / len(rows)
    for members in _members(strata[rows]):
        count = max(round(len(members) * share), 1) if len(members) > _FEW else 0
        taken.append(rng.choice(members, count, replace=False))
    return np.sort(rows[np.concatenate(taken)])


def _deal_folds(
    strata: np.ndarray, rows: np.ndarray, n_folds: int, rng: np.random.Generator
) -> list[Fold]:
    number = np.full(len(rows), -1)
    start = 0
    for members in _members(strata[rows]):
        if len(members) == 1 and len(rows) > 2 * n_folds:
            continue  # the only row of its class: always trained on, never scored
        number[rng.permutation(members)] = (start + np.arange(len(members))) % n_folds
        start += len(members)
    return [Fold(rows[number != k], rows[number == k]) for k in range(n_folds)]


def _by_group(
    strata: np.ndarray, groups: np.ndarray, rng: np.random.Generator, parts: Parts
) -> Splits:
    _, codes = np.unique(groups, return_inverse=True)
    n_groups = int(codes.max()) + 1
    if n_groups < 3:
        raise DataError(
            f"the group column has {n_groups} distinct values; at least 3 are needed",
            "choose another --group column, or none",
        )
    held = parts.holdout, parts.selection if n_groups >= FEW_GROUPS else 0
    shares = [size / len(codes) for size in held]
    part = _allot(codes, strata, [*shares, 1.0 - sum(shares)], rng)
    if np.count_nonzero(part == 2) < 2:  # folds need two groups; the holdout has two or more
        part[min(np.flatnonzero(part == 0), key=np.bincount(codes).__getitem__)] = 2
    holdout, selection, search = (np.flatnonzero(part[codes] == p) for p in range(3))
    n_folds, repeats = _fold_counts(len(search), len(np.unique(codes[search])))
    folds = []
    for _ in range(repeats if n_folds < len(np.unique(codes[search])) else 1):
        _, own = np.unique(codes[search], return_inverse=True)
        number = _allot(own, strata[search], [1.0 / n_folds] * n_folds, rng)[own]
        folds += [Fold(search[number != k], search[number == k]) for k in range(n_folds)]
    scheme = _scheme(n_folds, len(folds) // n_folds, "folds of whole groups")
    return Splits(tuple(folds), selection, holdout, scheme)


def _allot(
    codes: np.ndarray, strata: np.ndarray, shares: Sequence[float], rng: np.random.Generator
) -> np.ndarray:
    """Give every group to the part that is furthest below its share of the group's stratum.

    Large groups first; a group's stratum is the middle one of its rows. No part with a share stays
    empty, and the last one never does.
    """
    sizes = np.bincount(codes)
    ranked = np.lexsort((strata, codes))
    starts = np.cumsum(sizes) - sizes
    stratum = strata[ranked][starts + sizes // 2]
    order = rng.permutation(len(sizes))
    order = order[np.argsort(-sizes[order], kind="stable")]
    filled = np.zeros((int(strata.max()) + 1, len(shares)))
    weight = np.maximum(np.asarray(shares, dtype=float), 1e-9)
    part = np.empty(len(sizes), dtype=int)
    for group in order:
        of_stratum = (filled[stratum[group]] + sizes[group]) / weight
        overall = (filled.sum(axis=0) + sizes[group]) / weight
        part[group] = int(np.argmin(of_stratum + overall))
        filled[stratum[group], part[group]] += sizes[group]
    for missing in np.flatnonzero(np.asarray(shares) > 0):
        if missing not in part:
            donor = np.bincount(part).argmax()
            part[min(np.flatnonzero(part == donor), key=lambda g: sizes[g])] = missing
    return part


def _by_time(task: Task, labels: np.ndarray, times: np.ndarray, parts: Parts) -> Splits:
    order = np.argsort(times, kind="stable")
    moments = np.asarray(times)[order]
    n = len(order)
    starts = np.flatnonzero(np.diff(moments, prepend=moments[0] - 1))
    if len(starts) < 4:
        raise DataError(
            f"the time column has {len(starts)} distinct values; at least 4 are needed",
            "choose another --time-column, or none",
        )
    later = starts[2:]  # two moments at least are searched on
    holdout_at = _boundary(later, n - parts.holdout, n) if parts.holdout else n
    search_end = holdout_at
    if parts.selection and later[0] < holdout_at:
        search_end = _boundary(later, n - parts.holdout - parts.selection, holdout_at)
    folds = _expanding(task, labels, order, starts[starts < search_end], search_end)
    scheme = f"{len(folds)} folds forward in time, each trained on all that came before"
    selection, holdout = order[search_end:holdout_at], order[holdout_at:]
    return Splits(tuple(folds), selection, holdout, scheme, np.asarray(times))


def _expanding(
    task: Task, labels: np.ndarray, order: np.ndarray, starts: np.ndarray, end: int
) -> list[Fold]:
    n_folds = _fold_counts(end, max(2, len(starts) - 1))[0]
    edges = np.linspace(TIME_START * end, end, n_folds + 1)[:-1]
    cuts = np.unique([*(_boundary(starts, edge, end) for edge in edges), end])
    folds = [Fold(order[:a], order[a:b]) for a, b in pairwise(cuts) if a]
    usable = [fold for fold in folds if _both_classes(task, labels, fold)]
    if not usable:
        raise DataError(
            "no stretch of time holds both classes before it and in it",
            "check the --time-column, or leave it out",
        )
    return usable


def _both_classes(task: Task, labels: np.ndarray, fold: Fold) -> bool:
    """Whether the classes can be learnt from the training rows and told apart in the others."""
    if not task.is_classification:
        return True
    return all(
        len(np.unique(labels[rows, i])) > 1
        for rows in (fold.train, fold.score)
        for i in range(labels.shape[1])
    )


def _boundary(starts: np.ndarray, wanted: float, end: int) -> int:
    """The start of a moment that is nearest to `wanted`, so that equal times stay together."""
    inner = starts[(starts > 0) & (starts < end)]
    return int(inner[np.argmin(np.abs(inner - wanted))])


def _fold_counts(n_search: int, at_most: int) -> tuple[int, int]:
    """Folds and repeats: cheap rows buy more of both."""
    repeats = 3 if n_search < TINY else 2 if n_search < SMALL else 1
    n_folds = 5 if n_search <= 50_000 else 4 if n_search <= 200_000 else 3
    return max(2, min(n_folds, at_most)), repeats


def _scheme(n_folds: int, repeats: int, what: str) -> str:
    return _repeated(f"{n_folds} {what}", repeats)


def _repeated(scheme: str, rounds: int) -> str:
    return f"{scheme}{_REPEATED}{rounds} times" if rounds > 1 else scheme


def _members(codes: np.ndarray) -> list[np.ndarray]:
    order = np.argsort(codes, kind="stable")
    edges = np.flatnonzero(np.diff(codes[order])) + 1
    return np.split(order, edges)


def thinned(splits: Splits, strata: np.ndarray | None, most: int, seed: int) -> Splits:
    """The same splits, each fold scored on a seeded sample of at most `most` rows."""
    folds = tuple(
        Fold(fold.train, sample(strata, fold.score, most, derive(seed, "scored", number)))
        for number, fold in enumerate(splits.folds)
    )
    return Splits(folds, splits.selection, splits.holdout, splits.scheme, splits.times)
