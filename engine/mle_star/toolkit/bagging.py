"""The mean of one estimator fitted with several seeds."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, clone

from mle_star.toolkit.wrapped import weighted


class SeedBag(BaseEstimator):
    """Fits an estimator several times, each with seeds of its own, and averages predictions.

    Parameters
    ----------
    estimator : estimator
        Every parameter of it (or inside it) named ``random_state`` or ``seed`` is set.
    seeds : int, default 3
        How many times.
    """

    def __init__(self, estimator: Any, seeds: int = 3) -> None:
        self.estimator = estimator
        self.seeds = seeds

    def fit(self, X: Any, y: np.ndarray, sample_weight: Any = None) -> SeedBag:
        """Fit one clone a seed."""
        names = [
            name
            for name in self.estimator.get_params()
            if name.rsplit("__", 1)[-1] in ("random_state", "seed")
        ]
        self.models_ = [
            clone(self.estimator)
            .set_params(**dict.fromkeys(names, seed))
            .fit(X, y, **weighted(sample_weight))
            for seed in range(self.seeds)
        ]
        if hasattr(self.models_[0], "classes_"):
            self.classes_ = np.asarray(self.models_[0].classes_)
        return self

    def predict(self, X: Any) -> np.ndarray:
        """Predict the mean of numbers, or the most probable class code."""
        if hasattr(self, "classes_"):
            return np.asarray(self.classes_[self.predict_proba(X).argmax(axis=1)])
        found = [np.asarray(m.predict(X), dtype=float) for m in self.models_]
        return np.asarray(np.mean(found, axis=0))

    def predict_proba(self, X: Any) -> np.ndarray:
        """Predict the mean of the class probabilities, columns as in ``classes_``."""
        return np.asarray(np.mean([m.predict_proba(X) for m in self.models_], axis=0))
