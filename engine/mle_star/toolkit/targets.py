"""Learning a number on another scale."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import clone
from sklearn.preprocessing import PowerTransformer

from mle_star.toolkit.wrapped import Wrapped, weighted


class TransformedTarget(Wrapped):
    """Fits on a transformed target and turns predictions back.

    Parameters
    ----------
    estimator : estimator
        Predicts numbers.
    scale : {"log", "root", "power"}
        ``log(1 + y - smallest)``, its square root, or the Yeo-Johnson transform.

    References
    ----------
    Box and Cox, An analysis of transformations, 1964. Yeo and Johnson, Biometrika 87(4), 2000.
    """

    def __init__(self, estimator: Any, scale: str) -> None:
        super().__init__(estimator)
        self.scale = scale

    def fit(self, X: Any, y: np.ndarray, sample_weight: Any = None) -> TransformedTarget:
        """Fit on the transformed target."""
        y = np.asarray(y, dtype=float)
        # A target that is nowhere negative keeps its zero.
        self.smallest_ = min(0.0, float(y.min()))
        self.low_, self.high_ = float(y.min()), float(y.max())
        self.power_: Any = None
        if self.scale == "power":
            self.centre_, self.width_ = float(y.mean()), float(y.std()) or 1.0
            scaled = (y - self.centre_) / self.width_
            self.power_ = PowerTransformer().fit(scaled.reshape(-1, 1))
        self.model_ = clone(self.estimator).fit(X, self._forth(y), **weighted(sample_weight))
        return self

    def predict(self, X: Any) -> np.ndarray:
        """Predict on the original scale, within a margin around the training range."""
        margin = 0.1 * (self.high_ - self.low_)
        found = self._back(np.asarray(self.model_.predict(X), dtype=float))
        found = np.nan_to_num(found, nan=self.high_, posinf=self.high_, neginf=self.low_)
        return np.asarray(np.clip(found, self.low_ - margin, self.high_ + margin))

    def _forth(self, y: np.ndarray) -> np.ndarray:
        if self.scale == "log":
            return np.asarray(np.log1p(y - self.smallest_))
        if self.scale == "root":
            return np.asarray(np.sqrt(y - self.smallest_))
        scaled = (y - self.centre_) / self.width_
        return np.asarray(self.power_.transform(scaled.reshape(-1, 1))).ravel()

    def _back(self, z: np.ndarray) -> np.ndarray:
        if self.scale == "log":
            return np.asarray(np.expm1(np.clip(z, -50, 50)) + self.smallest_)
        if self.scale == "root":
            return np.asarray(np.maximum(z, 0.0) ** 2 + self.smallest_)
        scaled = np.asarray(self.power_.inverse_transform(z.reshape(-1, 1))).ravel()
        return np.asarray(scaled * self.width_ + self.centre_)


class Clipped(Wrapped):
    """Keeps predicted numbers within the range of the target in training.

    Parameters
    ----------
    estimator : estimator
        Predicts numbers.
    """

    def fit(self, X: Any, y: np.ndarray, sample_weight: Any = None) -> Clipped:
        """Fit, and learn the range."""
        self.low_, self.high_ = float(np.min(y)), float(np.max(y))
        self.model_ = clone(self.estimator).fit(X, y, **weighted(sample_weight))
        return self

    def predict(self, X: Any) -> np.ndarray:
        """Predict numbers within the range."""
        found = np.asarray(self.model_.predict(X), dtype=float)
        return np.asarray(np.clip(found, self.low_, self.high_))
