"""Cleaning a typed table: table in, table out."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, TransformerMixin

from mle_star.toolkit.kinds import numeric_columns, string_columns


class FiniteNumbers(TransformerMixin, BaseEstimator):
    """Make infinite numbers missing."""

    def fit(self, X: pd.DataFrame, y: Any = None) -> FiniteNumbers:
        """Learn which columns hold numbers."""
        self.columns_ = numeric_columns(X)
        return self

    def transform(self, X: pd.DataFrame) -> pd.DataFrame:
        """Return a table in which every number is finite or missing."""
        values = X[self.columns_].to_numpy(dtype=float)
        if not np.isinf(values).any():
            return X
        values = np.where(np.isinf(values), np.nan, values)
        return X.assign(**{name: values[:, i] for i, name in enumerate(self.columns_)})


class MissingFlags(TransformerMixin, BaseEstimator):
    """Add a 0/1 column for every column with missing cells, and their count.

    Parameters
    ----------
    least : float, default 0.01
        Share of missing cells from which a column gets a flag.
    """

    def __init__(self, least: float = 0.01) -> None:
        self.least = least

    def fit(self, X: pd.DataFrame, y: Any = None) -> MissingFlags:
        """Learn which columns have cells missing (but not all of them)."""
        share = X.isna().mean()
        self.columns_ = [str(n) for n in X.columns if self.least <= share[n] < 1.0]
        return self

    def transform(self, X: pd.DataFrame) -> pd.DataFrame:
        """Return the table with a flag a column and the count of missing cells a row."""
        if not self.columns_:
            return X
        missing = X[self.columns_].isna().astype(float)
        missing.columns = [f"{name}__missing" for name in self.columns_]
        return pd.concat([X, missing.assign(all__missing=missing.sum(axis=1))], axis=1)


class RareMerged(TransformerMixin, BaseEstimator):
    """Merge the rare values of string columns into one, which unknown values join.

    Parameters
    ----------
    text : list of str
        Columns of free text, left alone.
    least : int, default 5
        Rows a value needs to be kept.
    """

    def __init__(self, text: list[str], least: int = 5) -> None:
        self.text = text
        self.least = least

    def fit(self, X: pd.DataFrame, y: Any = None) -> RareMerged:
        """Learn which values are frequent enough."""
        self.kept_ = {}
        for name in string_columns(X, besides=self.text):
            counts = X[name].value_counts()
            self.kept_[name] = counts.index[counts >= self.least].astype(str).tolist()
        return self

    def transform(self, X: pd.DataFrame) -> pd.DataFrame:
        """Return the table with every other value replaced by ``"(rare)"``."""
        merged = {
            name: X[name].where(X[name].isin(kept) | X[name].isna(), "(rare)")
            for name, kept in self.kept_.items()
        }
        return X.assign(**merged)


class Winsorised(TransformerMixin, BaseEstimator):
    """Clip every numeric column to its quantiles in training.

    Parameters
    ----------
    share : float, default 0.005
        Share of the values clipped at either end.
    """

    def __init__(self, share: float = 0.005) -> None:
        self.share = share

    def fit(self, X: pd.DataFrame, y: Any = None) -> Winsorised:
        """Learn the quantiles."""
        self.columns_ = numeric_columns(X)
        values = X[self.columns_].replace([np.inf, -np.inf], np.nan)
        self.low_ = values.quantile(self.share).to_numpy(dtype=float)
        self.high_ = values.quantile(1 - self.share).to_numpy(dtype=float)
        return self

    def transform(self, X: pd.DataFrame) -> pd.DataFrame:
        """Return the table with clipped numbers; missing ones stay missing."""
        values = X[self.columns_].to_numpy(dtype=float)
        clipped = np.fmin(np.fmax(values, self.low_), self.high_)
        clipped[np.isnan(values)] = np.nan
        return X.assign(**{name: clipped[:, i] for i, name in enumerate(self.columns_)})
