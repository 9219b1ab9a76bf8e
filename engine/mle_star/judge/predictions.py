"""What the engine checks of a candidate's predictions before it scores them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mle_star.judge.evaluation import Fold
from mle_star.types import Task

TOLERANCE = 1e-3
"""How far probabilities may leave [0, 1], or their sum 1, before they are refused."""


class PredictionError(ValueError):
    """Predictions that cannot be scored; the message says why."""


def checked(matrix: np.ndarray | None, task: Task, n_rows: int) -> np.ndarray:
    """Check a prediction matrix, and renormalise its probabilities.

    Parameters
    ----------
    matrix : ndarray or None
        What the candidate gave back.
    task : Task
        Tells the width of each output, and whether predictions are probabilities.
    n_rows : int
        Rows that were to be predicted.

    Returns
    -------
    ndarray of shape (n_rows, task.width)

    Raises
    ------
    PredictionError
        If the shape is wrong, a value is not finite, or probabilities are none.
    """
    expected = (n_rows, task.width)
    if matrix is None or matrix.shape != expected:
        got = "none" if matrix is None else f"shape {matrix.shape}"
        raise PredictionError(f"predictions have {got}, expected shape {expected}")
    bad = int(np.sum(~np.isfinite(matrix).all(axis=1)))
    if bad:
        raise PredictionError(f"predictions are not finite in {bad} of {n_rows} rows")
    if not task.is_classification or n_rows == 0:
        return matrix
    ends = np.cumsum([output.width for output in task.outputs])[:-1]
    return np.hstack([_probabilities(part) for part in np.split(matrix, ends, axis=1)])


def _probabilities(part: np.ndarray) -> np.ndarray:
    if part.min() < -TOLERANCE or part.max() > 1 + TOLERANCE:
        raise PredictionError(
            f"probabilities lie outside [0, 1]: from {part.min():.4g} to {part.max():.4g}"
        )
    clipped = np.clip(part, 0.0, 1.0)
    sums = clipped.sum(axis=1, keepdims=True)
    worst = float(np.abs(sums - 1).max())
    if worst > TOLERANCE:
        raise PredictionError(f"probabilities of a row do not sum to 1: off by up to {worst:.4g}")
    return np.asarray(clipped / sums)


def averaged(
    predictions: Sequence[np.ndarray | None], folds: Sequence[Fold], rows: np.ndarray, task: Task
) -> np.ndarray:
    """Out-of-fold predictions from those of the folds; a row of several folds gets their mean.

    Parameters
    ----------
    predictions : sequence of ndarray
        One a fold, for its scored rows.
    folds : sequence of Fold
        In the same order.
    rows : ndarray of int
        Sorted rows that are scored in any fold.
    task : Task
        What predictions must look like.

    Returns
    -------
    ndarray of shape (len(rows), task.width)
        In the order of `rows`.
    """
    total, count = np.zeros((len(rows), task.width)), np.zeros((len(rows), 1))
    for fold, matrix in zip(folds, predictions, strict=True):
        at = np.searchsorted(rows, fold.score)
        total[at] += checked(matrix, task, len(at))
        count[at] += 1
    return np.asarray(total / count)
