"""What a neural net is given: every column on one scale, far values drawn in."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import BaseEstimator

_SAMPLE = 50_000
_CHUNK = 8_192


class NetInputs(BaseEstimator):
    """Numbers over their middle range, clipped smoothly; two-valued columns centred.

    A number becomes its distance from the median in units of the interquartile range (where that
    is zero, of half the range) and is then drawn towards the middle, to less than 3. Columns of
    one value are left out, unless there is no other. Numbers come first: a net embeds them.

    Attributes
    ----------
    numbers_ : ndarray of int
        Positions of the columns with more than two values.
    pairs_ : ndarray of int
        Positions of the columns with two.

    References
    ----------
    Holzmueller et al., Better by default, NeurIPS 2024.
    """

    def fit(self, X: np.ndarray, y: Any = None) -> NetInputs:
        """Learn centres and scales."""
        low, high = X.min(axis=0), X.max(axis=0)
        two = np.array([_two_valued(column) for column in X.T], dtype=bool)
        rows = np.linspace(0, len(X) - 1, min(len(X), _SAMPLE)).astype(int)
        first, median, third = np.quantile(X[rows], [0.25, 0.5, 0.75], axis=0)
        middle = np.where(third > first, third - first, 0.5 * (high - low))
        self.centres_ = np.where(two, 0.5 * (low + high), median)
        self.scales_ = np.where(two, high - low, middle)
        varies = high > low
        if not varies.any():
            varies[0], self.scales_[0] = True, 1.0
        self.numbers_ = np.flatnonzero(varies & ~two)
        self.pairs_ = np.flatnonzero(varies & two)
        return self

    def transform(self, X: np.ndarray) -> np.ndarray:
        """Return float32 of shape (n_rows, n_varying columns), numbers first."""
        order = np.concatenate([self.numbers_, self.pairs_])
        count = len(self.numbers_)
        found = np.empty((len(X), len(order)), dtype=np.float32)
        for start in range(0, len(X), _CHUNK):
            rows = slice(start, start + _CHUNK)
            scaled = (X[rows, order] - self.centres_[order]) / self.scales_[order]
            # An outlier in new rows may be enormous: its square would overflow.
            near = np.clip(scaled[:, :count], -1e6, 1e6)
            scaled[:, :count] = near / np.sqrt(1.0 + near**2 / 9.0)
            found[rows] = np.clip(scaled, -3.0, 3.0)
        return found


def _two_valued(column: np.ndarray) -> bool:
    return bool(((column == column.min()) | (column == column.max())).all())
