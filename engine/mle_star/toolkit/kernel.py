"""A smooth nonlinear model for modest data: a linear model on random kernel features."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.kernel_approximation import Nystroem

from mle_star.toolkit.linear import LinearModel

_WIDTH_ROWS = 1_000


class KernelModel(BaseEstimator):
    """Logistic or ridge regression on the Gaussian kernel with some training rows.

    Parameters
    ----------
    kind : str
        ``"regression"``, or anything else for classes.
    in_order : bool, default False
        See :class:`mle_star.toolkit.linear.LinearModel`.
    components : int, default 400
        Training rows in the kernel.
    scale : float, default 1.0
        Width of the kernel, in units of the median distance between rows.
    strength : float or None, default None
        See :class:`mle_star.toolkit.linear.LinearModel`.

    References
    ----------
    Williams and Seeger, Using the Nystroem method to speed up kernel machines, NIPS 2000.
    """

    def __init__(
        self,
        kind: str,
        in_order: bool = False,
        components: int = 400,
        scale: float = 1.0,
        strength: float | None = None,
    ) -> None:
        self.kind = kind
        self.in_order = in_order
        self.components = components
        self.scale = scale
        self.strength = strength

    def fit(self, X: np.ndarray, y: np.ndarray, sample_weight: Any = None) -> KernelModel:
        """Choose the kernel's rows and fit."""
        rows = np.random.default_rng(0).permutation(len(X))[:_WIDTH_ROWS]
        sample = X[rows]
        squares = (sample**2).sum(axis=1)
        distances = squares[:, None] + squares - 2 * sample @ sample.T
        width = float(np.median(distances[distances > 1e-9])) if (distances > 1e-9).any() else 1.0
        components = min(self.components, len(X))
        self.kernel_ = Nystroem(
            gamma=1.0 / (width * self.scale**2), n_components=components, random_state=0
        )
        features = self.kernel_.fit_transform(X) * np.sqrt(components)
        linear = LinearModel(self.kind, in_order=self.in_order, strength=self.strength)
        self.model_ = linear.fit(features, y, sample_weight=sample_weight)
        if self.kind != "regression":
            self.classes_ = self.model_.classes_
        return self

    def predict(self, X: np.ndarray) -> np.ndarray:
        """Predict numbers or class codes."""
        return self.model_.predict(self._features(X))

    def predict_proba(self, X: np.ndarray) -> np.ndarray:
        """Predict class probabilities, columns as in ``classes_``."""
        return self.model_.predict_proba(self._features(X))

    def _features(self, X: np.ndarray) -> np.ndarray:
        return np.asarray(self.kernel_.transform(X) * np.sqrt(self.kernel_.n_components))
