"""Cells and solutions for tests of what agents write."""

from __future__ import annotations

from mle_star.recipes.catalogue import compose, load
from mle_star.solution.solution import Solution

STANDARD: Solution = compose(
    [load()[name] for name in ("standard", "native_categories", "lightgbm")], name="standard"
)
"""All preparing cells, hyperparameters, and a model."""

WHOLE = "def features(columns):\n    return 'passthrough'"
NUMBERS = """\
def features(columns):
    from sklearn.compose import make_column_transformer

    return make_column_transformer(("passthrough", columns["numeric"]))"""
"""Reaches one kind of column only."""

MODEL = """\
def model(columns, hyperparameters):
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(C=hyperparameters.get("C", 1.0))"""

LEAKY = """\
from sklearn.preprocessing import StandardScaler


def features(columns):
    class Whole(StandardScaler):
        def transform(self, X):
            return self.fit_transform(X)

    return Whole()"""
"""Learns from the rows that it is to predict; the guard says so."""


def features(name: str) -> str:
    """A features cell that is like no other."""
    return f"def features(columns):\n    return {name!r}"


def model(name: str) -> str:
    """A model cell that is like no other."""
    return f"def model(columns, hyperparameters):\n    return {name!r}"
