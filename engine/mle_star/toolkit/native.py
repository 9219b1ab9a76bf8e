"""Strings as pandas categories, for models that handle categories themselves."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, TransformerMixin

from mle_star.toolkit.kinds import string_columns
from mle_star.toolkit.known import positions


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
        columns = {
            name: pd.Categorical.from_codes(
                positions(X[name], known), dtype=_category_type(tuple(known))
            )
            for name, known in self.categories_.items()
        }
        return X.assign(**columns)


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
            found = positions(X[name], known)
            codes[name] = np.where(found >= 0, found, np.nan)
        lengths = {name: X[name].str.len().astype(float) for name in self.lengths_}
        return X.assign(**codes, **lengths)


@lru_cache(maxsize=4096)
def _category_type(categories: tuple[str, ...]) -> pd.CategoricalDtype:
    """Making one takes longer than predicting a row."""
    return pd.CategoricalDtype(list(categories))
