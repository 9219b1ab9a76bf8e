"""Dates as numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, TransformerMixin

from mle_star.toolkit.kinds import date_columns, replaced

_PERIODS = {"month": 12.0, "day_of_week": 7.0, "hour": 24.0, "day_of_year": 365.25, "day": 31.0}


class DateParts(TransformerMixin, BaseEstimator):
    """Replace every date by numbers: year, month, day, weekday, hour, minute, days since 1970.

    Parts that do not vary in training are left out.

    Parameters
    ----------
    cyclic : bool, default False
        Add the sine and cosine of the periodic parts, for models that draw straight lines.
    """

    def __init__(self, cyclic: bool = False) -> None:
        self.cyclic = cyclic

    def fit(self, X: pd.DataFrame, y: Any = None) -> DateParts:
        """Learn which columns are dates and which of their parts vary."""
        self.columns_ = date_columns(X)
        parts = self._parts(X)
        self.kept_ = [str(name) for name in parts.columns if parts[name].nunique() > 1]
        return self

    def transform(self, X: pd.DataFrame) -> pd.DataFrame:
        """Return the table with numbers in place of dates; parts of a missing date are missing."""
        if not self.columns_:
            return X
        return replaced(X, self.columns_, self._parts(X)[self.kept_])

    def _parts(self, X: pd.DataFrame) -> pd.DataFrame:
        parts: dict[str, pd.Series] = {}
        for name in self.columns_:
            for part, values in _date_numbers(X[name]).items():
                parts[f"{name}__{part}"] = values
                if self.cyclic and part in _PERIODS:
                    angle = values * (2 * np.pi / _PERIODS[part])
                    parts[f"{name}__{part}_sin"] = np.sin(angle)
                    parts[f"{name}__{part}_cos"] = np.cos(angle)
        return pd.DataFrame(parts, index=X.index)


def _date_numbers(dates: pd.Series) -> dict[str, pd.Series]:
    found = {
        part: getattr(dates.dt, part).astype(float)
        for part in ("year", "month", "day", "day_of_week", "hour", "minute", "day_of_year")
    }
    found["days"] = (dates - pd.Timestamp("1970-01-01")) / pd.Timedelta(days=1)
    return found
