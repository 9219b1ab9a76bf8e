"""Tables whose columns are spoken of, and what a description of them comes to."""

from __future__ import annotations

from typing import Any

from mle_star.session.brief import Brief, understand

TELCO = ["customerID", "tenure", "Contract", "Partner", "MonthlyCharges", "TotalCharges", "Churn"]
HOUSES = ["PID", "Lot Area", "House Style", "Yr Sold", "SalePrice"]
BIKES = ["dteday", "season", "hr", "holiday", "weekday", "temp", "cnt"]
HOSTILE = [
    "y",
    "x",
    "time",
    "target",
    "group",
    "accuracy",
    "a",
    "in",
    "by",
    "hour",
    "label",
    "drop",
]


def read(text: str, columns: list[str], *dates: str) -> dict[str, Any]:
    """The options that a description comes to, where nothing contradicts."""
    brief = understand(text, columns, dates=dates)
    assert brief.conflicts == ()
    return brief.options


def words_for(brief: Brief, key: str) -> list[str]:
    return [one.words for one in brief.understood if one.key == key]
