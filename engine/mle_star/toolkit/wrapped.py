"""What estimators that wrap another have in common."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import BaseEstimator


class Wrapped(BaseEstimator):
    """Predicts as ``model_``, the fitted form of the estimator it wraps.

    Parameters
    ----------
    estimator : estimator
        What is wrapped.
    """

    def __init__(self, estimator: Any) -> None:
        self.estimator = estimator

    @property
    def classes_(self) -> np.ndarray:
        """Class codes seen in training, sorted."""
        return np.asarray(self.model_.classes_)

    def predict(self, X: Any) -> np.ndarray:
        """Predict numbers or class codes."""
        return np.asarray(self.model_.predict(X))

    def predict_proba(self, X: Any) -> np.ndarray:
        """Predict class probabilities, columns as in ``classes_``."""
        return np.asarray(self.model_.predict_proba(X))


def weighted(sample_weight: Any) -> dict[str, Any]:
    """Arguments that pass weights on, if there are any."""
    return {} if sample_weight is None else {"sample_weight": np.asarray(sample_weight)}
