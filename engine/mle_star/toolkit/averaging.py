"""The plain average of several estimators that see the same features."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin, clone
from sklearn.utils.validation import has_fit_parameter


class EstimatorList(BaseEstimator):
    """Base of what holds estimators in a list: their parameters are its own, as ``part0__name``.

    Parameters
    ----------
    estimators : list of estimators
        Unfitted.
    """

    def __init__(self, estimators: list[Any]) -> None:
        self.estimators = estimators

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """The list and, if `deep`, the parameters of every estimator in it."""
        parameters: dict[str, Any] = {"estimators": self.estimators}
        for number, estimator in enumerate(self.estimators if deep else []):
            nested = estimator.get_params().items()
            parameters |= {f"part{number}__{name}": value for name, value in nested}
        return parameters

    def set_params(self, **parameters: Any) -> EstimatorList:
        """Set the list, or parameters of the estimators in it."""
        self.estimators = parameters.pop("estimators", self.estimators)
        for name, value in parameters.items():
            part, _, own = name.partition("__")
            self.estimators[int(part.removeprefix("part"))].set_params(**{own: value})
        return self


class MeanClassifier(ClassifierMixin, EstimatorList):
    """Soft voting: the mean of the estimators' class probabilities; see :class:`EstimatorList`.

    Attributes
    ----------
    estimators_ : list of fitted estimators
        In order.
    classes_ : ndarray of shape (n_classes,)
        Class codes seen in training, sorted.
    """

    def fit(self, X: Any, y: np.ndarray, sample_weight: np.ndarray | None = None) -> MeanClassifier:
        """Fit a clone of every estimator; see :func:`fit_clones` for `sample_weight`, (n_rows,)."""
        self.classes_ = np.unique(y)
        self.estimators_ = fit_clones(self.estimators, X, y, sample_weight)
        return self

    def predict_proba(self, X: Any) -> np.ndarray:
        """Mean probabilities of shape (n_rows, n_classes)."""
        return np.asarray(np.mean([e.predict_proba(X) for e in self.estimators_], axis=0))

    def predict(self, X: Any) -> np.ndarray:
        """Code of the most probable class, of shape (n_rows,)."""
        return np.asarray(self.classes_[np.argmax(self.predict_proba(X), axis=1)])


class MeanRegressor(RegressorMixin, EstimatorList):
    """The mean of the estimators' predictions; see :class:`EstimatorList`.

    Attributes
    ----------
    estimators_ : list of fitted estimators
        In order.
    """

    def fit(self, X: Any, y: np.ndarray, sample_weight: np.ndarray | None = None) -> MeanRegressor:
        """Fit a clone of every estimator; see :func:`fit_clones` for `sample_weight`, (n_rows,)."""
        self.estimators_ = fit_clones(self.estimators, X, y, sample_weight)
        return self

    def predict(self, X: Any) -> np.ndarray:
        """Mean predictions of shape (n_rows,)."""
        return np.asarray(np.mean([np.ravel(e.predict(X)) for e in self.estimators_], axis=0))


def averaged(
    makers: Mapping[str, Callable[..., Any]],
    columns: dict[str, Any],
    hyperparameters: Mapping[str, Any],
) -> MeanClassifier | MeanRegressor:
    """Make every part with its own hyperparameters, and their plain average.

    Parameters
    ----------
    makers : mapping of str to callable
        The parts' ``model`` functions by name.
    columns : dict
        The description of the table that every cell is given.
    hyperparameters : mapping
        Those of the part ``p`` under ``p__name``.
    """
    estimators = [
        make(columns, own_hyperparameters(hyperparameters, name)) for name, make in makers.items()
    ]
    mean = MeanRegressor if columns["kind"] == "regression" else MeanClassifier
    return mean(estimators)


def own_hyperparameters(hyperparameters: Mapping[str, Any], part: str) -> dict[str, Any]:
    """Those under ``part__``, without the prefix."""
    prefix = f"{part}__"
    return {
        name.removeprefix(prefix): value
        for name, value in hyperparameters.items()
        if name.startswith(prefix)
    }


def fit_clones(
    estimators: list[Any], X: Any, y: np.ndarray, sample_weight: np.ndarray | None
) -> list[Any]:
    """Fit a clone of each, with the weights if there are any and its ``fit`` takes them."""
    fitted = []
    for estimator in estimators:
        weighted = sample_weight is not None and has_fit_parameter(estimator, "sample_weight")
        weights = {"sample_weight": sample_weight} if weighted else {}
        fitted.append(clone(estimator).fit(X, y, **weights))
    return fitted
