"""What out-of-fold features share: what to learn, and on which rows."""

from __future__ import annotations

import numpy as np

FOLDS = 5
_MOST_CLASSES = 20


def target_vectors(y: np.ndarray, kind: str) -> list[np.ndarray]:
    """The target as vectors of numbers, one a thing to learn.

    Parameters
    ----------
    y : ndarray of shape (n_rows,) or (n_rows, n_outputs)
        Labels as an estimator gets them.
    kind : str
        ``"regression"``, or anything else for classes.

    Returns
    -------
    list of ndarray of shape (n_rows,)
        For numbers: themselves. For classes: 0/1, one a class (one for two classes, none for a
        class with fewer than two rows, at most twenty).
    """
    y = np.asarray(y)
    outputs = [y] if y.ndim == 1 else list(y.T)
    if kind == "regression":
        return [np.asarray(output, dtype=float) for output in outputs]
    targets = []
    for output in outputs:
        codes, counts = np.unique(output, return_counts=True)
        frequent = codes[np.argsort(-counts, kind="stable")][:_MOST_CLASSES]
        chosen = codes[1:] if len(codes) <= 2 else frequent
        targets += [(output == code).astype(float) for code in chosen]
    return [target for target in targets if 2 <= target.sum() <= len(target) - 2]


def fold_numbers(target: np.ndarray) -> np.ndarray:
    """Number of every row's fold, 0 to 4: seeded, small and large targets spread evenly."""
    order = np.random.default_rng(0).permutation(len(target))
    order = order[np.argsort(target[order], kind="stable")]
    folds = np.empty(len(target), dtype=int)
    folds[order] = np.arange(len(target)) % FOLDS
    return folds
