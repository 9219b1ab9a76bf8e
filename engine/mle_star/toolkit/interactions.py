"""Features made of several columns, chosen in training by the importances of quick trees."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.ensemble import ExtraTreesClassifier, ExtraTreesRegressor

from mle_star.toolkit.kinds import numeric_columns, string_columns
from mle_star.toolkit.numbers import Numbers

_IMPORTANCE_ROWS = 4_000


class PairInteractions(TransformerMixin, BaseEstimator):
    """Add sums, differences, products and ratios of pairs of numeric columns.

    The most important columns are paired; of the results the most important are kept.

    Parameters
    ----------
    kind : str
        ``"regression"``, or anything else for classes.
    columns : int, default 6
        Columns paired.
    keep : int, default 15
        Interactions kept.
    """

    def __init__(self, kind: str, columns: int = 6, keep: int = 15) -> None:
        self.kind = kind
        self.columns = columns
        self.keep = keep

    def fit(self, X: pd.DataFrame, y: np.ndarray) -> PairInteractions:
        """Choose columns and interactions."""
        names = numeric_columns(X)
        best = _most_important(X[names], y, self.kind, self.columns)
        every = [(a, b, how) for a, b in combinations(best, 2) for how in _WAYS]
        made = self._made(X, every)
        chosen = _most_important(made, y, self.kind, self.keep)
        self.pairs_ = [pair for pair in every if _name(pair) in set(chosen)]
        return self

    def transform(self, X: pd.DataFrame) -> pd.DataFrame:
        """Return the table with the interactions chosen."""
        return pd.concat([X, self._made(X, self.pairs_)], axis=1) if self.pairs_ else X

    def _made(self, X: pd.DataFrame, pairs: list[tuple[str, str, str]]) -> pd.DataFrame:
        made = {}
        for a, b, how in pairs:
            left, right = X[a].to_numpy(dtype=float), X[b].to_numpy(dtype=float)
            made[_name((a, b, how))] = _combined(left, right, how)
        return pd.DataFrame(made, index=X.index)


class GroupDeviations(TransformerMixin, BaseEstimator):
    """Add how far numbers lie from the mean of their row's category.

    Parameters
    ----------
    kind : str
        ``"regression"``, or anything else for classes.
    text : list of str
        Columns of free text, left alone.
    numbers, groups : int, default 4
        Most important numeric columns, and string columns with the fewest values, combined.
    """

    def __init__(self, kind: str, text: list[str], numbers: int = 4, groups: int = 4) -> None:
        self.kind = kind
        self.text = text
        self.numbers = numbers
        self.groups = groups

    def fit(self, X: pd.DataFrame, y: np.ndarray) -> GroupDeviations:
        """Choose columns and learn the means."""
        strings = string_columns(X, besides=self.text)
        counts = {name: X[name].nunique() for name in strings}
        groups = sorted((n for n in strings if counts[n] > 1), key=lambda n: counts[n])
        best = _most_important(X[numeric_columns(X)], y, self.kind, self.numbers)
        self.means_ = {
            f"{group}__{number}": X.groupby(group)[number].mean().dropna().to_dict()
            for group in groups[: self.groups]
            for number in best
        }
        self.pairs_ = [(group, number) for group in groups[: self.groups] for number in best]
        return self

    def transform(self, X: pd.DataFrame) -> pd.DataFrame:
        """Return the table with the deviations; missing for an unknown category."""
        made = {}
        for group, number in self.pairs_:
            means = self.means_[f"{group}__{number}"]
            known = X[group].astype(object).map(means).to_numpy(dtype=float)
            made[f"{number}__from_{group}"] = X[number].to_numpy(dtype=float) - known
        return pd.concat([X, pd.DataFrame(made, index=X.index)], axis=1) if made else X


class ImportantColumns(TransformerMixin, BaseEstimator):
    """Keep the columns that quick trees make use of.

    Parameters
    ----------
    kind : str
        ``"regression"``, or anything else for classes.
    share : float, default 0.98
        Share of the total importance kept.
    """

    def __init__(self, kind: str, share: float = 0.98) -> None:
        self.kind = kind
        self.share = share

    def fit(self, X: pd.DataFrame, y: np.ndarray) -> ImportantColumns:
        """Choose the columns."""
        importance = _importances(X, y, self.kind)
        order = np.argsort(-importance, kind="stable")
        enough = int(np.searchsorted(np.cumsum(importance[order]), self.share)) + 1
        kept = set(order[:enough])
        self.columns_ = [str(name) for i, name in enumerate(X.columns) if i in kept]
        return self

    def transform(self, X: pd.DataFrame) -> pd.DataFrame:
        """Return the table with the columns chosen."""
        return X[self.columns_]


_WAYS = ("sum", "difference", "product", "ratio")


def _name(pair: tuple[str, str, str]) -> str:
    return "__".join(pair)


def _combined(left: np.ndarray, right: np.ndarray, how: str) -> np.ndarray:
    if how == "sum":
        return np.asarray(left + right)
    if how == "difference":
        return np.asarray(left - right)
    if how == "product":
        return np.asarray(left * right)
    # Small denominators are moved away from zero, keeping their sign.
    safe = np.where(np.abs(right) < 1e-9, 1e-9, right)
    return np.asarray(np.clip(left / safe, -1e12, 1e12))


def _most_important(X: pd.DataFrame, y: np.ndarray, kind: str, keep: int) -> list[str]:
    if not X.shape[1]:
        return []
    order = np.argsort(-_importances(X, y, kind), kind="stable")
    return [str(X.columns[i]) for i in order[:keep]]


def _importances(X: pd.DataFrame, y: np.ndarray, kind: str) -> np.ndarray:
    """Importances by forty shallow extra trees on a sample of rows; they sum to one."""
    rows = np.random.default_rng(0).permutation(len(X))[:_IMPORTANCE_ROWS]
    matrix = Numbers(fill=True).fit_transform(X.iloc[rows])
    trees = ExtraTreesRegressor if kind == "regression" else ExtraTreesClassifier
    model = trees(40, max_depth=8, min_samples_leaf=5, max_features=0.5, random_state=0, n_jobs=1)
    return np.asarray(model.fit(matrix, np.asarray(y)[rows]).feature_importances_)
