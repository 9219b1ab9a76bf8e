"""Stopping a booster early on an inner part of its training rows."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, clone, is_classifier

from mle_star.toolkit.boosters import booster_predict, fit_booster, fit_stopped, rounds_name
from mle_star.toolkit.numbers import Numbers
from mle_star.toolkit.packed_trees import packed, unpacked


class EarlyStopped(BaseEstimator):
    """A booster whose number of trees is found on rows set aside from its own training rows.

    With few rows nothing is set aside: `few_rounds` trees are grown. A booster of at most `short`
    trees grows them all, too few to overfit. Up to `refit_below` rows
    (always, when rows are in time order: the latest matter most) the booster is fitted again
    on all rows with the number of trees found, where they are not in order with more in proportion
    to the rows.

    Parameters
    ----------
    estimator : estimator
        A LightGBM, XGBoost, CatBoost or HistGradientBoosting estimator; its number of trees is
        the most that are grown.
    in_order : bool, default False
        Rows are sorted by time: the last ones are set aside, not random ones.
    patience : int, default 50
        Trees without improvement before it stops.
    share : float, default 0.1
        Share of the rows set aside.
    least_rounds : int, default 200
        Trees grown at least when rows are in order.
    few : int, default 1000
        Fewer rows than this are few.
    few_rounds : int, default 300
        Trees grown when rows are few.
    short : int, default 300
        At most so many trees are all grown.
    refit_below : int, default 20000
        Fewer rows than this: fit again on all.
    most_trees : int, default 6000
        With several classes a tree is grown for each at a time: trees grown at most, but
        `least_rounds` times as many as classes in any case.
    seed : int, default 0
        Chooses the rows set aside.

    Attributes
    ----------
    classes_ : ndarray
        Class codes seen in training, sorted (classification).
    rounds_ : int
        Trees of the fitted model.
    """

    def __init__(
        self,
        estimator: Any,
        in_order: bool = False,
        patience: int = 50,
        share: float = 0.1,
        least_rounds: int = 200,
        few: int = 1000,
        few_rounds: int = 300,
        short: int = 300,
        refit_below: int = 20000,
        most_trees: int = 6000,
        seed: int = 0,
    ) -> None:
        self.estimator = estimator
        self.in_order = in_order
        self.patience = patience
        self.share = share
        self.least_rounds = least_rounds
        self.few = few
        self.few_rounds = few_rounds
        self.short = short
        self.refit_below = refit_below
        self.most_trees = most_trees
        self.seed = seed

    def fit(self, X: Any, y: np.ndarray, sample_weight: Any = None) -> EarlyStopped:
        """Find the number of trees and fit."""
        self.numbers_ = Numbers(dense=type(self.estimator).__module__.startswith("sklearn"))
        matrix = self.numbers_.fit_transform(X)
        codes = np.asarray(y)
        if is_classifier(self.estimator):
            self.classes_, codes = np.unique(codes, return_inverse=True)
        weights = None if sample_weight is None else np.asarray(sample_weight)
        name = rounds_name(self.estimator)
        own = self.estimator.get_params()[name]
        most = self._at_most(own)
        if own <= self.short:
            self.rounds_ = own
        elif len(codes) < self.few:
            self.rounds_ = min(most, self.few_rounds)
        else:
            found = self._stopped(matrix, codes, weights, most)
            if found is not None:
                return self
        chosen = clone(self.estimator).set_params(**{name: self.rounds_})
        self.model_ = fit_booster(chosen, matrix, codes, weights, self.numbers_.categorical_)
        return self

    def _at_most(self, rounds: int) -> int:
        if not is_classifier(self.estimator) or len(self.classes_) < 3:
            return rounds
        return min(rounds, max(self.least_rounds, self.most_trees // len(self.classes_)))

    def _stopped(self, matrix: Any, codes: np.ndarray, weights: Any, most: int) -> Any:
        inner, outer = inner_split(
            codes, self.share, is_classifier(self.estimator), self.in_order, self.seed
        )
        model, rounds = fit_stopped(
            clone(self.estimator).set_params(**{rounds_name(self.estimator): most}),
            (matrix[inner], codes[inner], None if weights is None else weights[inner]),
            (matrix[outer], codes[outer], None if weights is None else weights[outer]),
            self.numbers_.categorical_,
            self.patience,
        )
        if self.in_order:
            # On the last rows a booster may stop at the first drift: that is too early.
            self.rounds_ = min(most, max(rounds, self.least_rounds))
            return None
        if len(codes) < self.refit_below:
            # More rows bear more trees.
            self.rounds_ = min(most, round(rounds / (1.0 - self.share)))
            return None
        self.rounds_, self.model_ = rounds, model
        return model

    def __getstate__(self) -> dict[str, Any]:
        state = dict(super().__getstate__())
        return {**state, "model_": packed(state["model_"])} if "model_" in state else state

    def __setstate__(self, state: dict[str, Any]) -> None:
        if "model_" in state:
            state = {**state, "model_": unpacked(state["model_"])}
        super().__setstate__(state)

    def predict(self, X: Any) -> np.ndarray:
        """Predict numbers, or the class codes given in training."""
        if is_classifier(self.estimator):
            return np.asarray(self.classes_[self.predict_proba(X).argmax(axis=1)])
        return self._predicted(X)

    def predict_proba(self, X: Any) -> np.ndarray:
        """Predict class probabilities, columns as in ``classes_``."""
        if len(self.classes_) == 1:
            return np.ones((X.shape[0], 1))
        return self._predicted(X)

    def _predicted(self, X: Any) -> np.ndarray:
        matrix = self.numbers_.transform(X)
        return booster_predict(self.model_, matrix, self.numbers_.categorical_)


def inner_split(
    y: np.ndarray, share: float, classes: bool, in_order: bool, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """Split training rows into those to learn from and those to stop on.

    Parameters
    ----------
    y : ndarray of shape (n_rows,)
        Labels.
    share : float
        Share of the rows to stop on.
    classes : bool
        Labels are class codes: every class stays among the rows to learn from.
    in_order : bool
        The last rows are the ones to stop on, where every class is seen before them.
    seed : int
        Shuffles rows that are not in order.

    Returns
    -------
    tuple of two ndarrays of int
        Positions, sorted: to learn from, to stop on.
    """
    n = len(y)
    cut = n - max(1, round(n * share))
    if in_order and (not classes or np.isin(y[cut:], y[:cut]).all()):
        return np.arange(cut), np.arange(cut, n)
    rng = np.random.default_rng(seed)
    order = rng.permutation(n)
    if not classes:
        return np.sort(order[:cut]), np.sort(order[cut:])
    outer = np.zeros(n, dtype=bool)
    for code in np.unique(y):
        rows = order[y[order] == code]
        outer[rows[: round(len(rows) * share)]] = True
    return np.flatnonzero(~outer), np.flatnonzero(outer)
