"""A linear model that finds its own regularisation."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import scipy.sparse as sp
from sklearn.base import BaseEstimator
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import log_loss
from sklearn.multiclass import OneVsRestClassifier

from mle_star.toolkit.early_stopping import inner_split

_STRENGTHS = (100.0, 10.0, 1.0, 0.1, 0.01)  # the weaker, the longer a fit takes
_STRENGTH_ROWS = 20_000
_FEWEST_ROWS = 2_000
_ROWS_TIMES_CLASSES = 100_000
_WIDEST_NEWTON = 500


class LinearModel(BaseEstimator):
    """Logistic or ridge regression.

    Parameters
    ----------
    kind : str
        ``"regression"``, or anything else for classes.
    in_order : bool, default False
        Rows are sorted by time: the strength is chosen on the last ones.
    strength : float or None, default None
        Strength of the L2 penalty, 1 being the library's default; None tries up to five on a fifth
        of the training rows (at most 20,000 rows in all, fewer with more than five classes), from
        the strongest on until one is worse than the one before, and keeps the best.
    seed : int, default 0
        Chooses these rows.
    """

    def __init__(
        self, kind: str, in_order: bool = False, strength: float | None = None, seed: int = 0
    ) -> None:
        self.kind = kind
        self.in_order = in_order
        self.strength = strength
        self.seed = seed

    def fit(self, X: Any, y: np.ndarray, sample_weight: Any = None) -> LinearModel:
        """Choose the strength, then fit on all rows."""
        y = np.asarray(y)
        if self.kind != "regression":
            self.classes_ = np.unique(y)
        self.strength_ = self._chosen(X, y) if self.strength is None else self.strength
        self.model_: Any = None
        if self.kind == "regression" or len(self.classes_) > 1:
            self.model_ = _fitted(self._made(self.strength_, X), X, y, sample_weight)
        return self

    def predict(self, X: Any) -> np.ndarray:
        """Predict numbers, or class codes."""
        if self.kind == "regression":
            return np.asarray(self.model_.predict(X), dtype=float)
        return np.asarray(self.classes_[self.predict_proba(X).argmax(axis=1)])

    def predict_proba(self, X: Any) -> np.ndarray:
        """Predict class probabilities, columns as in ``classes_``."""
        if self.model_ is None:
            return np.ones((X.shape[0], 1))
        return np.asarray(self.model_.predict_proba(X))

    def _chosen(self, X: Any, y: np.ndarray) -> float:
        classes = self.kind != "regression"
        if len(y) < 50 or (classes and len(self.classes_) < 2):
            return 1.0
        most = _most_rows(len(self.classes_) if classes else 1)
        rows = _sample(len(y), most, self.in_order, self.seed)
        inner, outer = inner_split(y[rows], 0.2, classes, self.in_order, self.seed)
        inner, outer = rows[inner], rows[outer]
        if classes and len(np.unique(y[inner])) < 2:
            return 1.0
        best, least = 1.0, np.inf
        for strength in _STRENGTHS:
            model = _fitted(self._made(strength, X), X[inner], y[inner], None)
            loss = self._loss(model, X[outer], y[outer])
            if loss > least:
                break
            best, least = strength, loss
        return best

    def _loss(self, model: Any, X: Any, y: np.ndarray) -> float:
        if self.kind == "regression":
            return float(np.mean((model.predict(X) - y) ** 2))
        return float(log_loss(y, model.predict_proba(X), labels=model.classes_))

    def _made(self, strength: float, X: Any) -> Any:
        if self.kind == "regression":
            return Ridge(alpha=strength, solver="sparse_cg" if sp.issparse(X) else "cholesky")
        return Logistic(1.0 / strength, self.seed)


class Logistic(BaseEstimator):
    """Logistic regression with the solver that suits the matrix.

    Parameters
    ----------
    C : float
        Inverse strength of the L2 penalty.
    seed : int, default 0
        For the solver that draws.
    """

    def __init__(self, C: float, seed: int = 0) -> None:
        self.C = C
        self.seed = seed

    def fit(self, X: Any, y: np.ndarray, sample_weight: Any = None) -> Logistic:
        """Choose the solver and fit."""
        two, sparse = len(np.unique(y)) == 2, sp.issparse(X)
        # On a text's words liblinear is the quickest; class by class it knows of no weights.
        solver = "liblinear" if sparse and (two or sample_weight is None) else "lbfgs"
        if two and not sparse and X.shape[1] <= _WIDEST_NEWTON:
            solver = "newton-cholesky"
        regression: Any = LogisticRegression(
            C=self.C, solver=solver, max_iter=300, tol=1e-3, random_state=self.seed
        )
        if solver == "liblinear" and not two:
            regression = OneVsRestClassifier(regression)
        self.model_ = _fitted(regression, X, y, sample_weight)
        self.classes_ = self.model_.classes_
        return self

    def predict_proba(self, X: Any) -> np.ndarray:
        """Predict class probabilities, columns as in ``classes_``."""
        return np.asarray(self.model_.predict_proba(X))


def _fitted(model: Any, X: Any, y: np.ndarray, sample_weight: Any) -> Any:
    """Fit without the warnings of solvers that fall back on another or stop a little short."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        weights = {} if sample_weight is None else {"sample_weight": sample_weight}
        return model.fit(X, y, **weights)


def _most_rows(classes: int) -> int:
    """Rows that the strength is chosen on at most: a fit takes in proportion to the classes."""
    return min(_STRENGTH_ROWS, max(_FEWEST_ROWS, _ROWS_TIMES_CLASSES // classes))


def _sample(rows: int, most: int, in_order: bool, seed: int) -> np.ndarray:
    if rows <= most:
        return np.arange(rows)
    if in_order:
        return np.arange(rows - most, rows)
    return np.sort(np.random.default_rng(seed).permutation(rows)[:most])
