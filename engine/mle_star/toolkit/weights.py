"""Rows that count more than others."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import clone

from mle_star.toolkit.wrapped import Wrapped, weighted


class BalancedClasses(Wrapped):
    """Gives rows of rare classes more weight.

    Parameters
    ----------
    estimator : estimator
        Takes weights.
    power : float, default 0.5
        1 makes all classes weigh the same, 0 leaves them as they are.
    """

    def __init__(self, estimator: Any, power: float = 0.5) -> None:
        super().__init__(estimator)
        self.power = power

    def fit(self, X: Any, y: np.ndarray, sample_weight: Any = None) -> BalancedClasses:
        """Fit with weights."""
        _, codes, counts = np.unique(y, return_inverse=True, return_counts=True)
        weights = (len(y) / (len(counts) * counts[codes])) ** self.power
        if sample_weight is not None:
            weights = weights * np.asarray(sample_weight)
        self.model_ = clone(self.estimator).fit(X, y, **weighted(weights / weights.mean()))
        return self


class RecentRows(Wrapped):
    """Gives later rows more weight; for rows sorted by time.

    Parameters
    ----------
    estimator : estimator
        Takes weights.
    half_life : float, default 0.5
        Share of the rows over which the weight halves.
    """

    def __init__(self, estimator: Any, half_life: float = 0.5) -> None:
        super().__init__(estimator)
        self.half_life = half_life

    def fit(self, X: Any, y: np.ndarray, sample_weight: Any = None) -> RecentRows:
        """Fit with weights."""
        age = np.arange(len(y))[::-1] / max(1, len(y))
        weights = 0.5 ** (age / self.half_life)
        if sample_weight is not None:
            weights = weights * np.asarray(sample_weight)
        self.model_ = clone(self.estimator).fit(X, y, **weighted(weights / weights.mean()))
        return self
