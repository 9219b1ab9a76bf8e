"""Fitting the boosters of four libraries through one pair of functions."""

from __future__ import annotations

from inspect import signature
from typing import Any

import numpy as np
import pandas as pd

Rows = tuple[Any, np.ndarray, Any]  # matrix, labels, weights or None


def rounds_name(estimator: Any) -> str:
    """Name of the parameter that is the number of trees."""
    names = estimator.get_params()
    return next(n for n in ("n_estimators", "max_iter", "iterations") if n in names)


def fit_booster(estimator: Any, X: Any, y: np.ndarray, weights: Any, categorical: list[int]) -> Any:
    """Fit on all rows; `categorical` are the columns that hold category codes.

    A single class is left unfitted: its probability is one.
    """
    if _is_classifier(estimator) and len(np.unique(y)) < 2:
        return None
    library = _library(estimator)
    estimator, X, extra = _prepared(library, estimator, X, categorical)
    return estimator.fit(X, y, sample_weight=weights, **extra)


def fit_stopped(
    estimator: Any, inner: Rows, outer: Rows, categorical: list[int], patience: int
) -> tuple[Any, int]:
    """Fit on the inner rows until `patience` trees bring no gain on the outer rows.

    Returns
    -------
    tuple of (estimator, int)
        The fitted estimator and its best number of trees.
    """
    X, y, weights = inner
    if _is_classifier(estimator) and len(np.unique(y)) < 2:
        return None, 1
    library = _library(estimator)
    estimator, X, extra = _prepared(library, estimator, X, categorical)
    outer_X, outer_y, outer_weights = outer
    outer_X = booster_matrix(estimator, outer_X, categorical)
    stop = _STOPPERS[library](estimator, outer_X, outer_y, outer_weights, patience)
    estimator.fit(X, y, sample_weight=weights, **extra, **stop)
    return estimator, max(1, int(_BEST[library](estimator)))


def _library(estimator: Any) -> str:
    return type(estimator).__module__.split(".")[0]


def _is_classifier(estimator: Any) -> bool:
    return hasattr(estimator, "predict_proba")


def _prepared(
    library: str, estimator: Any, X: Any, categorical: list[int]
) -> tuple[Any, Any, dict[str, Any]]:
    if library == "lightgbm":
        return estimator, X, {"categorical_feature": categorical} if categorical else {}
    if library == "xgboost" and categorical:
        types = ["c" if i in set(categorical) else "q" for i in range(X.shape[1])]
        estimator.set_params(feature_types=types, enable_categorical=True)
    if library == "sklearn":
        # Binning fails on a column without any value.
        X = np.where(np.isnan(X).all(axis=0), 0.0, X)
        estimator.set_params(categorical_features=categorical or None, early_stopping=False)
    if library == "catboost":
        return estimator, booster_matrix(estimator, X, categorical), {"cat_features": categorical}
    return estimator, X, {}


def booster_predict(estimator: Any, X: Any, categorical: list[int]) -> np.ndarray:
    """Numbers, or class probabilities, of a fitted booster.

    LightGBM's own booster is asked: what its scikit-learn estimator checks before takes longer
    than predicting a row.
    """
    if _library(estimator) == "lightgbm":
        return _lightgbm_predict(estimator, X)
    matrix = booster_matrix(estimator, X, categorical)
    return np.asarray(
        estimator.predict_proba(matrix) if _is_classifier(estimator) else estimator.predict(matrix),
        dtype=float,
    )


def _lightgbm_predict(estimator: Any, X: Any) -> np.ndarray:
    found = np.asarray(estimator.booster_.predict(X, num_threads=estimator.n_jobs), dtype=float)
    if _is_classifier(estimator) and found.ndim == 1:
        return np.column_stack([1.0 - found, found])
    return found


def booster_matrix(estimator: Any, X: Any, categorical: list[int]) -> Any:
    """The matrix in the form that the library takes: CatBoost wants whole-number categories."""
    if _library(estimator) != "catboost" or not categorical:
        return X
    table = pd.DataFrame(X)
    table[categorical] = table[categorical].fillna(-1)
    return table.astype(dict.fromkeys(categorical, int))


def _stop_lightgbm(e: Any, X: Any, y: np.ndarray, weights: Any, patience: int) -> dict[str, Any]:
    from lightgbm import early_stopping

    stop = early_stopping(patience, first_metric_only=True, verbose=False)
    shared = {"callbacks": [stop]}
    if weights is not None:
        shared["eval_sample_weight"] = [weights]
    # The name of the argument changed in version 4.7.
    if "eval_X" in signature(e.fit).parameters:
        return {**shared, "eval_X": (X,), "eval_y": (y,)}
    return {**shared, "eval_set": [(X, y)]}


def _stop_xgboost(e: Any, X: Any, y: np.ndarray, weights: Any, patience: int) -> dict[str, Any]:
    e.set_params(early_stopping_rounds=patience)
    eval_weight = None if weights is None else [weights]
    return {"eval_set": [(X, y)], "sample_weight_eval_set": eval_weight, "verbose": False}


def _stop_sklearn(e: Any, X: Any, y: np.ndarray, weights: Any, patience: int) -> dict[str, Any]:
    e.set_params(early_stopping=True, n_iter_no_change=patience)
    given = {"X_val": X, "y_val": y}
    return given if weights is None else {**given, "sample_weight_val": weights}


def _stop_catboost(e: Any, X: Any, y: np.ndarray, weights: Any, patience: int) -> dict[str, Any]:
    return {"eval_set": (X, y), "early_stopping_rounds": patience}


_STOPPERS = {
    "lightgbm": _stop_lightgbm,
    "xgboost": _stop_xgboost,
    "sklearn": _stop_sklearn,
    "catboost": _stop_catboost,
}


def _best_sklearn(estimator: Any) -> int:
    # The scores start with that of no tree at all.
    return int(np.argmax(estimator.validation_score_))


def _best_lightgbm(estimator: Any) -> int:
    return int(estimator.best_iteration_)


def _best_xgboost(estimator: Any) -> int:
    return int(estimator.best_iteration) + 1


def _best_catboost(estimator: Any) -> int:
    return int(estimator.tree_count_)


_BEST = {
    "lightgbm": _best_lightgbm,
    "xgboost": _best_xgboost,
    "sklearn": _best_sklearn,
    "catboost": _best_catboost,
}
