"""A table as the matrix that linear models, neighbours and neural nets take."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import scipy.sparse as sp
from scipy.special import ndtri
from sklearn.base import BaseEstimator, TransformerMixin

from mle_star.toolkit.kinds import numeric_columns, string_columns
from mle_star.toolkit.known import positions

_SPARSE_FROM = 300


class DesignMatrix(TransformerMixin, BaseEstimator):
    """Numbers filled and scaled, strings one-hot.

    Missing numbers become the median, with a 0/1 column that says so. Values of strings that are
    rare or unknown have no column of their own. The result is sparse when it has many columns.

    Parameters
    ----------
    scaler : {"standard", "quantile"}, default "standard"
        Mean 0 and deviation 1, or ranks through the inverse normal distribution.
    least : int, default 3
        Rows a value needs to get a column.
    most : int, default 200
        Columns one string column makes at most (its most frequent values).
    """

    def __init__(self, scaler: str = "standard", least: int = 3, most: int = 200) -> None:
        self.scaler = scaler
        self.least = least
        self.most = most

    def fit(self, X: pd.DataFrame, y: Any = None) -> DesignMatrix:
        """Learn medians, scales and values."""
        self.numeric_ = numeric_columns(X)
        self.values_ = {name: self._frequent(X[name]) for name in string_columns(X)}
        raw = self._raw(X)
        known = np.isfinite(raw)
        self.flags_ = [i for i in range(raw.shape[1]) if 0 < known[:, i].sum() < len(raw)]
        self.medians_ = np.array(
            [
                np.median(raw[known[:, i], i]) if known[:, i].any() else 0.0
                for i in range(raw.shape[1])
            ]
        )
        filled = np.where(known, raw, self.medians_)
        self._learn_scale(filled)
        return self

    def transform(self, X: pd.DataFrame) -> Any:
        """Return a matrix of shape (n_rows, n_columns), dense or in compressed rows."""
        dense = self._dense(X)
        codes = [positions(X[name], values) for name, values in self.values_.items()]
        sizes = [len(values) for values in self.values_.values()]
        width = dense.shape[1] + sum(sizes)
        if width > _SPARSE_FROM and codes:
            hot = [_one_hot(*column) for column in zip(codes, sizes, strict=True)]
            return sp.hstack([sp.csr_matrix(dense), *hot], format="csr")
        joined = np.zeros((len(X), max(1, width)))
        filled = dense.shape[1]
        joined[:, :filled] = dense
        for found, size in zip(codes, sizes, strict=True):
            rows = np.flatnonzero(found >= 0)
            joined[rows, filled + found[rows]] = 1.0
            filled += size
        return joined

    def _dense(self, X: pd.DataFrame) -> np.ndarray:
        raw = self._raw(X)
        known = np.isfinite(raw)
        numbers = self._scaled(np.where(known, raw, self.medians_))
        return np.hstack([numbers, ~known[:, self.flags_]]).astype(float, copy=False)

    def _raw(self, X: pd.DataFrame) -> np.ndarray:
        return np.asarray(X[self.numeric_].to_numpy(dtype=float))

    def _frequent(self, column: pd.Series) -> list[str]:
        counts = column.value_counts()
        return sorted(counts.index[counts >= self.least][: self.most].astype(str))

    def _learn_scale(self, filled: np.ndarray) -> None:
        if self.scaler == "quantile":
            points = np.linspace(0, 1, min(1000, max(2, len(filled))))
            self.quantiles_ = np.quantile(filled, points, axis=0)
            return
        self.centres_ = filled.mean(axis=0)
        deviation = filled.std(axis=0)
        self.scales_ = np.where(deviation > 1e-12, deviation, 1.0)

    def _scaled(self, filled: np.ndarray) -> np.ndarray:
        if self.scaler == "quantile":
            return np.column_stack(
                [_normal_scores(filled[:, i], q) for i, q in enumerate(self.quantiles_.T)]
                or [np.zeros((len(filled), 0))]
            )
        # Far outside the training range a straight line means nothing.
        filled -= self.centres_
        filled /= self.scales_
        return np.clip(filled, -20.0, 20.0, out=filled)


def _normal_scores(values: np.ndarray, quantiles: np.ndarray) -> np.ndarray:
    levels = np.linspace(0, 1, len(quantiles))
    # The mean of both directions puts ties in the middle of their range.
    up = np.interp(values, quantiles, levels)
    down = 1 - np.interp(-values, -quantiles[::-1], levels)
    return np.asarray(ndtri(np.clip((up + down) / 2, 1e-3, 1 - 1e-3)))


def _one_hot(codes: np.ndarray, size: int) -> sp.csr_matrix:
    rows = np.flatnonzero(codes >= 0)
    return sp.csr_matrix((np.ones(len(rows)), (rows, codes[rows])), shape=(len(codes), size))
