"""Composing the cells of a solution into one scikit-learn pipeline, and predicting with it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, clone
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer

_ON_WRITE = int(pd.__version__.split(".")[0]) >= 3
"""Whether pandas copies a table by itself once it is written to."""


class PerOutput(BaseEstimator):
    """Fit one clone of an estimator a target column (multi-output tasks).

    Parameters
    ----------
    estimator : estimator
        Fitted on each column of `y` in turn.

    Attributes
    ----------
    estimators_ : list of estimators
        One a target column, in order.
    """

    def __init__(self, estimator: Any) -> None:
        self.estimator = estimator

    def fit(self, X: Any, y: np.ndarray) -> PerOutput:
        """Fit on `y` of shape (n_rows, n_outputs)."""
        self.estimators_ = [clone(self.estimator).fit(X, column) for column in np.asarray(y).T]
        return self


def build_prefix(cells: Mapping[str, Any], columns: dict[str, Any]) -> Pipeline:
    """Compose ``clean`` and ``features``; a missing cell is the identity.

    Parameters
    ----------
    cells : mapping
        What the cells define, by name: ``clean``, ``features``.
    columns : dict
        The description of the table that every cell is given.

    Returns
    -------
    Pipeline
        Unfitted, table in, table or matrix out.
    """
    steps = [
        (name, cells[name](dict(columns)) if name in cells else FunctionTransformer())
        for name in ("clean", "features")
    ]
    return Pipeline(steps)


def build_head(cells: Mapping[str, Any], columns: dict[str, Any]) -> Any:
    """Compose ``model``, ``train`` and ``post`` with ``HYPERPARAMETERS``.

    Returns
    -------
    estimator
        Unfitted; for several outputs, one clone an output.
    """
    estimator = cells["model"](dict(columns), dict(cells.get("HYPERPARAMETERS", {})))
    if "train" in cells:
        estimator = cells["train"](estimator)
    if "post" in cells:
        estimator = cells["post"](estimator)
    return PerOutput(estimator) if columns["n_outputs"] > 1 else estimator


def assemble(cells: Mapping[str, Any], columns: dict[str, Any]) -> Pipeline:
    """One unfitted pipeline: clean, features, estimator."""
    prefix = build_prefix(cells, columns)
    return Pipeline([*prefix.steps, ("estimator", build_head(cells, columns))])


def predict_matrix(fitted: Any, X: Any, widths: list[int]) -> np.ndarray:
    """Predict as one matrix, whatever the task.

    Parameters
    ----------
    fitted : estimator
        A fitted pipeline or the fitted head of one (then `X` is already transformed).
    X : table or matrix
        Rows to predict.
    widths : list of int
        Columns of each output: its number of classes, or 1 for regression (``columns["widths"]``).

    Returns
    -------
    ndarray of shape (n_rows, sum(widths))
        Class probabilities in class order (zero for a class absent in training), or numbers.
    """
    if isinstance(fitted, Pipeline):
        X = fitted[:-1].transform(X)
        fitted = fitted[-1]
    heads = fitted.estimators_ if isinstance(fitted, PerOutput) else [fitted]
    parts = [_predict_one(head, X, width) for head, width in zip(heads, widths, strict=True)]
    return np.hstack(parts)


def _predict_one(head: Any, X: Any, width: int) -> np.ndarray:
    if width == 1:
        return np.asarray(head.predict(X), dtype=float).reshape(-1, 1)
    found = np.asarray(head.predict_proba(X), dtype=float)
    if found.shape[1] == width:
        return found
    full = np.zeros((len(found), width))
    full[:, np.asarray(head.classes_, dtype=int)] = found
    return full


def own(rows: Any) -> Any:
    """A copy of rows that others use too, so that a head that works in place cannot spoil them."""
    if isinstance(rows, pd.DataFrame):
        return rows.copy(deep=not _ON_WRITE)
    return rows.copy() if hasattr(rows, "copy") else rows


def take(X: Any, rows: np.ndarray) -> Any:
    """Rows of a table, a matrix or a sparse matrix, by position."""
    return X.iloc[rows] if isinstance(X, pd.DataFrame) else X[rows]
