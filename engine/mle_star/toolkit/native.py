"""Strings as pandas categories, for models that handle categories themselves."""

from __future__ import annotations

from typing import Any

import pandas as pd
from sklearn.base import BaseEstimator, TransformerMixin

from mle_star.toolkit.kinds import string_columns


class NativeCategories(TransformerMixin, BaseEstimator):
    """Turn string columns into categories learnt in training; unknown values become missing.

    A column with more values than `limit` keeps its most frequent ones.

    Parameters
    ----------
    limit : int, default 250
        Most categories a column keeps (HistGradientBoosting takes at most 255).
    """

    def __init__(self, limit: int = 250) -> None:
        self.limit = limit

    def fit(self, X: pd.DataFrame, y: Any = None) -> NativeCategories:
        """Learn the categories of every string column."""
        self.categories_ = {
            name: sorted(X[name].value_counts().index[: self.limit].astype(str))
            for name in string_columns(X)
        }
        return self

    def transform(self, X: pd.DataFrame) -> pd.DataFrame:
        """Return the table with category columns in place of string columns."""
        return X.assign(
            **{
                name: pd.Categorical(X[name].where(X[name].isin(known)), categories=known)
                for name, known in self.categories_.items()
            }
        )


class OrdinalCodes(TransformerMixin, BaseEstimator):
    """Number the values of string columns in alphabetical order; unknown values become missing.

    A column with more values than `limit`, free text say, becomes the length of its strings.

    Parameters
    ----------
    limit : int, default 1000
        Most values of a column that are numbered.
    """

    def __init__(self, limit: int = 1000) -> None:
        self.limit = limit

    def fit(self, X: pd.DataFrame, y: Any = None) -> OrdinalCodes:
        """Learn the values of every string column."""
        values = {name: X[name].dropna().unique() for name in string_columns(X)}
        self.lengths_ = [name for name, found in values.items() if len(found) > self.limit]
        self.values_ = {n: sorted(found) for n, found in values.items() if n not in self.lengths_}
        return self

    def transform(self, X: pd.DataFrame) -> pd.DataFrame:
        """Return the table with numbers in place of string columns."""
        codes = {}
        for name, known in self.values_.items():
            found = pd.Index(known, dtype=object).get_indexer(X[name].astype(object))
            codes[name] = pd.Series(found, index=X.index, dtype=float).where(found >= 0)
        lengths = {name: X[name].str.len().astype(float) for name in self.lengths_}
        return X.assign(**codes, **lengths)
