"""Fast losses of many mixes of predictions at once, for finding the weights of an ensemble.

Final scores are the judge's own; these only steer the search for weights, so they need the order
of the mixes, not the metric's exact value. Any metric works; the common ones are vectorised.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from mle_star.judge.metrics import Metric, ScoreError

Array = np.ndarray


@dataclass(frozen=True, slots=True)
class Loss:
    """A metric as something to minimise over mixes.

    Parameters
    ----------
    view : callable
        Predictions (n_mixes, n_rows, width) and labels (n_rows, n_outputs) in; the part of the
        predictions that the loss looks at out. Linear, so a mix of views is the view of the mix.
    measure : callable
        Views (n_mixes, ...) and labels in; one loss a mix out, lower is better.
    quick : bool, default True
        Whether thousands of mixes can be measured in a second.
    is_log : bool, default False
        Whether it is that of probabilities, so that one too timid costs as much as one mistaken.
    """

    view: Callable[[Array, Array], Array]
    measure: Callable[[Array, Array], Array]
    quick: bool = True
    is_log: bool = False


def loss_of(metric: Metric, widths: tuple[int, ...]) -> Loss:
    """Choose the loss for a metric.

    Parameters
    ----------
    metric : Metric
        The session's.
    widths : tuple of int
        Columns of each output in a prediction matrix; 1 for regression.
    """
    single = len(widths) == 1
    if metric.name in {"rmse", "mse", "r2"} and set(widths) == {1} and single:
        return Loss(lambda p, y: p[:, :, 0], _squared)
    if metric.name == "mae" and single:
        return Loss(lambda p, y: p[:, :, 0], _absolute)
    if metric.name == "log_loss" and single:
        return Loss(_true_class, _log, is_log=True)
    if metric.name == "roc_auc" and widths == (2,):
        return Loss(lambda p, y: p[:, :, 1], _auc)
    return Loss(lambda p, y: p, lambda p, y: _by_metric(metric, widths, p, y), False)


def _squared(views: Array, labels: Array) -> Array:
    return np.asarray(np.mean((views - labels[:, 0]) ** 2, axis=1))


def _absolute(views: Array, labels: Array) -> Array:
    return np.asarray(np.mean(np.abs(views - labels[:, 0]), axis=1))


def _true_class(predictions: Array, labels: Array) -> Array:
    rows = np.arange(predictions.shape[1])
    return np.ascontiguousarray(predictions[:, rows, labels[:, 0].astype(int)])


def _log(views: Array, labels: Array) -> Array:
    return np.asarray(-np.mean(np.log(np.clip(views, 1e-15, None)), axis=1))


def _auc(views: Array, labels: Array) -> Array:
    """Share of wrongly ordered pairs, ties by half: the rarer class is looked up in the other."""
    positive = labels[:, 0] == 1
    few, sign = (positive, 1.0) if positive.mean() <= 0.5 else (~positive, -1.0)
    if not few.any():
        return np.zeros(len(views))
    return np.array([_misordered(sign * view[few], np.sort(sign * view[~few])) for view in views])


def _misordered(high: Array, low_sorted: Array) -> float:
    below = np.searchsorted(low_sorted, high, "left") + np.searchsorted(low_sorted, high, "right")
    return float(1.0 - below.mean() / (2.0 * len(low_sorted)))


def _by_metric(metric: Metric, widths: tuple[int, ...], mixes: Array, labels: Array) -> Array:
    sign = -1.0 if metric.greater_is_better else 1.0
    return np.array([sign * _mean_score(metric, widths, mix, labels) for mix in mixes])


def _mean_score(metric: Metric, widths: tuple[int, ...], matrix: Array, labels: Array) -> float:
    parts = np.split(matrix, np.cumsum(widths)[:-1], axis=1)
    try:
        scores = [metric.score(labels[:, j], part) for j, part in enumerate(parts)]
    except ScoreError:
        return -np.inf if metric.greater_is_better else np.inf
    return float(np.mean(scores))
