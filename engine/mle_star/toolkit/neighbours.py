"""Nearest neighbours with probabilities that are never quite zero."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor


class Neighbours(BaseEstimator):
    """The nearest training rows vote, the nearer the more.

    Parameters
    ----------
    kind : str
        ``"regression"``, or anything else for classes.
    neighbours : int, default 15
        Rows that vote (fewer if there are fewer).
    most_rows : int, default 20000
        Training rows kept, drawn at random.

    References
    ----------
    Cover and Hart, Nearest neighbor pattern classification, 1967.
    """

    def __init__(self, kind: str, neighbours: int = 15, most_rows: int = 20_000) -> None:
        self.kind = kind
        self.neighbours = neighbours
        self.most_rows = most_rows

    def fit(self, X: Any, y: np.ndarray) -> Neighbours:
        """Keep the rows."""
        y = np.asarray(y)
        if len(y) > self.most_rows:
            rows = np.random.default_rng(0).permutation(len(y))[: self.most_rows]
            X, y = X[rows], y[rows]
        nearest = KNeighborsRegressor if self.kind == "regression" else KNeighborsClassifier
        k = min(self.neighbours, len(y))
        self.model_ = nearest(n_neighbors=k, weights="distance", n_jobs=1).fit(X, y)
        if self.kind != "regression":
            self.classes_, counts = np.unique(y, return_counts=True)
            self.shares_ = counts / counts.sum()
        return self

    def predict(self, X: Any) -> np.ndarray:
        """Predict numbers or class codes."""
        return np.asarray(self.model_.predict(X))

    def predict_proba(self, X: Any) -> np.ndarray:
        """Predict class probabilities; the shares of the classes vote like half a neighbour."""
        found = np.asarray(self.model_.predict_proba(X))
        k = self.model_.n_neighbors
        return np.asarray((found * k + 0.5 * self.shares_) / (k + 0.5))
