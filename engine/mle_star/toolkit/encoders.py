"""Categories as numbers learnt from the rows: target means and frequencies."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, TransformerMixin

from mle_star.toolkit.crossfit import FOLDS, fold_numbers, target_vectors
from mle_star.toolkit.kinds import string_columns
from mle_star.toolkit.known import positions


class TargetMeans(TransformerMixin, BaseEstimator):
    """Add, for string columns, the mean target of each value, cross-fitted.

    A training row gets the mean over the other folds' rows, so its own label never enters its
    features; a new row gets the mean over all training rows. Means of rare values are drawn
    towards the overall mean.

    Parameters
    ----------
    kind : str
        ``"regression"``, or anything else for classes (then one column a class).
    text : list of str
        Columns of free text, left alone.
    from_values : int, default 10
        Only columns with at least so many distinct values.
    weight : float, default 10.0
        Rows the overall mean counts for.
    replace : bool, default False
        Drop the columns encoded.

    References
    ----------
    Micci-Barreca, A preprocessing scheme for high-cardinality categorical attributes in
    classification and prediction problems, SIGKDD Explorations 3(1), 2001.
    """

    def __init__(
        self,
        kind: str,
        text: list[str],
        from_values: int = 10,
        weight: float = 10.0,
        replace: bool = False,
    ) -> None:
        self.kind = kind
        self.text = text
        self.from_values = from_values
        self.weight = weight
        self.replace = replace

    def fit(self, X: pd.DataFrame, y: np.ndarray) -> TargetMeans:
        """Learn the means."""
        self.fit_transform(X, y)
        return self

    def fit_transform(self, X: pd.DataFrame, y: np.ndarray, **ignored: Any) -> pd.DataFrame:
        """Learn the means, and return the table with out-of-fold ones."""
        self.values_ = {}
        for name in string_columns(X, besides=self.text):
            known = sorted(X[name].dropna().unique())
            if len(known) >= self.from_values:
                self.values_[name] = known
        targets = target_vectors(y, self.kind)
        self.priors_ = [float(target.mean()) for target in targets]
        self.means_ = {}
        parts = {}
        for name, known in self.values_.items():
            codes = _codes(X[name], known)
            for i, target in enumerate(targets):
                parts[f"{name}__mean_{i}"] = self._out_of_fold(codes, target, len(known) + 1)
                self.means_[f"{name}__mean_{i}"] = self._means(codes, target, len(known) + 1)
        return self._table(X, parts)

    def transform(self, X: pd.DataFrame) -> pd.DataFrame:
        """Return the table with means over all training rows."""
        parts = {}
        for name, known in self.values_.items():
            codes = _codes(X[name], known)
            # A missing value has a mean of its own; an unknown one gets the overall mean.
            unknown = codes == len(known)
            if unknown.any():
                unknown &= X[name].notna().to_numpy()
            for i, prior in enumerate(self.priors_):
                found = self.means_[f"{name}__mean_{i}"][codes]
                parts[f"{name}__mean_{i}"] = np.where(unknown, prior, found)
        return self._table(X, parts)

    def _table(self, X: pd.DataFrame, parts: dict[str, np.ndarray]) -> pd.DataFrame:
        return _beside(X.drop(columns=list(self.values_)) if self.replace else X, parts)

    def _out_of_fold(self, codes: np.ndarray, target: np.ndarray, size: int) -> np.ndarray:
        folds = fold_numbers(target)
        means = np.empty(len(codes))
        for fold in range(FOLDS):
            outer = folds == fold
            means[outer] = self._means(codes[~outer], target[~outer], size)[codes[outer]]
        return means

    def _means(self, codes: np.ndarray, target: np.ndarray, size: int) -> np.ndarray:
        sums = np.bincount(codes, weights=target, minlength=size)
        counts = np.bincount(codes, minlength=size)
        prior = target.mean() if len(target) else 0.0
        return np.asarray((sums + self.weight * prior) / (counts + self.weight))


class Frequencies(TransformerMixin, BaseEstimator):
    """Add, for string columns, how often each value occurs in training (0 for unknown ones).

    Parameters
    ----------
    text : list of str
        Columns of free text, left alone.
    replace : bool, default False
        Drop the columns encoded.
    """

    def __init__(self, text: list[str], replace: bool = False) -> None:
        self.text = text
        self.replace = replace

    def fit(self, X: pd.DataFrame, y: Any = None) -> Frequencies:
        """Count the values."""
        self.values_ = {}
        self.shares_ = {}
        for name in string_columns(X, besides=self.text):
            known = sorted(X[name].dropna().unique())
            counts = np.bincount(_codes(X[name], known), minlength=len(known) + 1)
            self.values_[name] = known
            self.shares_[name] = np.append(counts[:-1] / len(X), 0.0)
        return self

    def transform(self, X: pd.DataFrame) -> pd.DataFrame:
        """Return the table with a share a string column."""
        parts = {
            f"{name}__share": self.shares_[name][_codes(X[name], known)]
            for name, known in self.values_.items()
        }
        return _beside(X.drop(columns=list(self.values_)) if self.replace else X, parts)


def _beside(X: pd.DataFrame, parts: dict[str, np.ndarray]) -> pd.DataFrame:
    """The table with further columns of numbers at its end."""
    if not parts:
        return X
    added = pd.DataFrame(np.column_stack(list(parts.values())), X.index, list(parts))
    return pd.concat([X, added], axis=1)


def _codes(column: pd.Series, known: list[str]) -> np.ndarray:
    """Position of every value among the known ones; their number for missing and unknown."""
    found = positions(column, known)
    return np.where(found >= 0, found, len(known))
