"""Combining the predictions of several fitted pipelines with constants learnt out of fold."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import BaseEstimator

from mle_star.toolkit.pipeline import own, predict_matrix


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
        return np.asarray(np.tensordot(np.asarray(self.weights), np.stack(predictions), axes=1))


class LinearStack(BaseEstimator):
    """A linear model over the members' predictions, one coefficient a member.

    Numbers are added as they are. Class probabilities are added as logarithms and brought back by
    softmax; with two classes that is logistic regression over the members' log-odds.

    Parameters
    ----------
    coefficients : list of float
        One a member, the same for every output column.
    intercepts : list of float
        One an output column.
    kind : {"classification", "regression"}
        How inputs and outputs are linked.

    References
    ----------
    Wolpert, Stacked generalization, Neural Networks 5(2), 1992.
    """

    def __init__(self, coefficients: list[float], intercepts: list[float], kind: str) -> None:
        self.coefficients = coefficients
        self.intercepts = intercepts
        self.kind = kind

    def apply(self, predictions: list[np.ndarray]) -> np.ndarray:
        """Combine matrices of shape (n_rows, width), one a member, into one."""
        inputs = np.stack(predictions)
        if self.kind == "classification":
            inputs = log_probabilities(inputs)
        scores = np.tensordot(np.asarray(self.coefficients), inputs, axes=1) + self.intercepts
        if self.kind == "regression":
            return np.asarray(scores, dtype=float)
        odds = np.exp(scores - scores.max(axis=1, keepdims=True))
        return np.asarray(odds / odds.sum(axis=1, keepdims=True), dtype=float)


def log_probabilities(predictions: np.ndarray) -> np.ndarray:
    """Logarithms of probabilities, kept away from zero and one."""
    return np.asarray(np.log(np.clip(predictions, 1e-6, 1 - 1e-6)))


class EnsembleModel(BaseEstimator):
    """Fitted pipelines and the way their predictions are combined: the model a bundle ships.

    Parameters
    ----------
    members : list of fitted Pipeline
        See :func:`mle_star.toolkit.pipeline.assemble`. Rows go once through steps that members
        have in common.
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
        alike: dict[tuple[int, ...], list[int]] = {}
        for place, member in enumerate(self.members):
            alike.setdefault(tuple(id(step) for _, step in member.steps[:-1]), []).append(place)
        found: dict[int, np.ndarray] = {}
        for places in alike.values():
            rows = self.members[places[0]][:-1].transform(X)
            for place in places:
                mine = own(rows) if len(places) > 1 else rows
                found[place] = predict_matrix(self.members[place][-1], mine, self.widths)
        predictions = [found[place] for place in range(len(self.members))]
        return (
            predictions[0]
            if self.combiner is None
            else np.asarray(self.combiner.apply(predictions))
        )
