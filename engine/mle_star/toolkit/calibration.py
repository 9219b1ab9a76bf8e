"""Probabilities that mean what they say."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import clone
from sklearn.isotonic import IsotonicRegression

from mle_star.toolkit.crossfit import fold_numbers
from mle_star.toolkit.linear import Logistic
from mle_star.toolkit.pipeline import take
from mle_star.toolkit.wrapped import Wrapped, weighted


class Calibrated(Wrapped):
    """Corrects class probabilities by what they were worth out of fold within the training rows.

    The estimator itself is fitted on all of them.

    Parameters
    ----------
    estimator : estimator
        Predicts probabilities.
    method : {"sigmoid", "isotonic"}
        A logistic regression on the logarithms of the probabilities, or a monotonic step
        function a class.

    References
    ----------
    Platt, Probabilistic outputs for support vector machines, 1999. Zadrozny and Elkan,
    Transforming classifier scores into accurate multiclass probability estimates, KDD 2002.
    """

    def __init__(self, estimator: Any, method: str = "sigmoid") -> None:
        super().__init__(estimator)
        self.method = method

    def fit(self, X: Any, y: np.ndarray, sample_weight: Any = None) -> Calibrated:
        """Fit the estimator, and the correction on out-of-fold probabilities."""
        y = np.asarray(y)
        codes = np.unique(y)
        found = np.zeros((len(y), len(codes)))
        # Five folds in which classes are spread evenly, merged to three.
        folds = fold_numbers(y.astype(float)) % 3
        for fold in range(3):
            inner, outer = np.flatnonzero(folds != fold), np.flatnonzero(folds == fold)
            given = {} if sample_weight is None else weighted(np.asarray(sample_weight)[inner])
            model = clone(self.estimator).fit(take(X, inner), y[inner], **given)
            places = np.searchsorted(codes, model.classes_)
            found[np.ix_(outer, places)] = model.predict_proba(take(X, outer))
        self._learn(found, y, codes)
        self.model_ = clone(self.estimator).fit(X, y, **weighted(sample_weight))
        return self

    def predict(self, X: Any) -> np.ndarray:
        """Predict the most probable class code."""
        return np.asarray(self.classes_[self.predict_proba(X).argmax(axis=1)])

    def predict_proba(self, X: Any) -> np.ndarray:
        """Predict corrected probabilities, columns as in ``classes_``."""
        raw = np.asarray(self.model_.predict_proba(X))
        if raw.shape[1] < 2:
            return raw
        if self.method == "sigmoid":
            return np.asarray(self.correction_.predict_proba(_logarithms(raw)))
        steps = [step.predict(column) for step, column in zip(self.steps_, raw.T, strict=True)]
        mixed = 0.99 * np.column_stack(steps) + 0.01 * raw
        return np.asarray(mixed / mixed.sum(axis=1, keepdims=True))

    def _learn(self, found: np.ndarray, y: np.ndarray, codes: np.ndarray) -> None:
        self.steps_ = []
        if len(codes) < 2:
            return
        if self.method == "sigmoid":
            self.correction_ = Logistic(1.0).fit(_logarithms(found), y)
            return
        for code, column in zip(codes, found.T, strict=True):
            step = IsotonicRegression(y_min=0.0, y_max=1.0, out_of_bounds="clip")
            self.steps_.append(step.fit(column, (y == code).astype(float)))


def _logarithms(probabilities: np.ndarray) -> np.ndarray:
    return np.asarray(np.log(np.clip(probabilities, 1e-6, 1.0)))
