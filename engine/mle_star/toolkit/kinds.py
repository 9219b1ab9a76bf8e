"""Telling the kinds of a table's columns apart by their types."""

from __future__ import annotations

from collections.abc import Collection

import pandas as pd
from pandas.api.types import is_datetime64_any_dtype, is_numeric_dtype


def numeric_columns(X: pd.DataFrame) -> list[str]:
    """Names of the columns that hold numbers."""
    return [name for name in X.columns if is_numeric_dtype(X[name].dtype)]


def date_columns(X: pd.DataFrame) -> list[str]:
    """Names of the columns that hold dates."""
    return [name for name in X.columns if is_datetime64_any_dtype(X[name].dtype)]


def string_columns(X: pd.DataFrame, besides: Collection[str] = ()) -> list[str]:
    """Names of the columns that hold strings, those in `besides` left out."""
    kept = []
    for name in X.columns:
        kind = X[name].dtype
        other = (
            is_numeric_dtype(kind)
            or is_datetime64_any_dtype(kind)
            or isinstance(kind, pd.CategoricalDtype)
        )
        if not other and name not in besides:
            kept.append(name)
    return kept


def replaced(X: pd.DataFrame, names: Collection[str], by: pd.DataFrame) -> pd.DataFrame:
    """The table without the columns `names` and with those of `by` at its end."""
    if not len(by.columns):
        return X.drop(columns=list(names))
    return pd.concat([X.drop(columns=list(names)), by], axis=1)
