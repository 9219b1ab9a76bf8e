"""Combining the predictions of several fitted pipelines with constants learnt out of fold."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import BaseEstimator

from mle_star.toolkit.pipeline import predict_matrix


class WeightedAverage(BaseEstimator):
    """The weighted mean of the members' prediction matrices.

    Parameters
    ----------
    weights : list of float
        One a member; they sum to one.
    """

    def __init__(self, weights: list[float]) -> None:
        self.weights = weights

    def apply(self, predictions: list[np.ndarray]) -> np.ndarray:
        """Combine matrices of shape (n_rows, width), one a member, into one."""
        return np.tensordot(np.asarray(self.weights), np.stack(predictions), axes=1)


class LinearStack(BaseEstimator):
    """A linear model over the members' predictions (for classes: over their log-odds).

    Parameters
    ----------
    coefficients : list of list of float, shape (width, n_members * width)
        One row an output column. For a binary task one row, for the positive class, whose
        inputs are the members' log-odds, shape (1, n_members).
    intercepts : list of float, shape (width,)
        One an output column.
    kind : {"binary", "multiclass", "regression"}
        How inputs and outputs are linked: sigmoid, softmax or identity.

    References
    ----------
    Wolpert, Stacked generalization, Neural Networks 5(2), 1992.
    """

    def __init__(self, coefficients: list[list[float]], intercepts: list[float], kind: str) -> None:
        self.coefficients = coefficients
        self.intercepts = intercepts
        self.kind = kind

    def apply(self, predictions: list[np.ndarray]) -> np.ndarray:
        """Combine matrices of shape (n_rows, width), one a member, into one."""
        scores = stack_inputs(predictions, self.kind) @ np.asarray(self.coefficients).T
        scores = scores + np.asarray(self.intercepts)
        if self.kind == "regression":
            return np.asarray(scores, dtype=float)
        if self.kind == "binary":
            positive = 1.0 / (1.0 + np.exp(-scores))
            return np.hstack([1.0 - positive, positive])
        shifted = np.exp(scores - scores.max(axis=1, keepdims=True))
        return np.asarray(shifted / shifted.sum(axis=1, keepdims=True), dtype=float)


def stack_inputs(predictions: list[np.ndarray], kind: str) -> np.ndarray:
    """Inputs of a linear stack: numbers as they are, probabilities as log-odds or logarithms."""
    if kind == "regression":
        return np.hstack(predictions)
    clipped = [np.clip(matrix, 1e-6, 1 - 1e-6) for matrix in predictions]
    if kind == "binary":
        return np.hstack([np.log(m[:, 1:] / (1.0 - m[:, 1:])) for m in clipped])
    return np.hstack([np.log(m) for m in clipped])


class EnsembleModel(BaseEstimator):
    """Fitted pipelines and the way their predictions are combined: the model a bundle ships.

    Parameters
    ----------
    members : list of fitted Pipeline
        See :func:`mle_star.toolkit.pipeline.assemble`.
    combiner : object with ``apply`` or None
        None for one member.
    widths : list of int
        Columns of each output; see :func:`mle_star.toolkit.pipeline.predict_matrix`.
    """

    def __init__(self, members: list[Any], combiner: Any, widths: list[int]) -> None:
        self.members = members
        self.combiner = combiner
        self.widths = widths

    def predict_matrix(self, X: Any) -> np.ndarray:
        """Predict a typed table as a matrix of shape (n_rows, sum(widths))."""
        predictions = [predict_matrix(member, X, self.widths) for member in self.members]
        return (
            predictions[0]
            if self.combiner is None
            else np.asarray(self.combiner.apply(predictions))
        )
