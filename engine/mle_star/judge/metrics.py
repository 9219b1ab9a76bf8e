"""Metrics: what a prediction matrix is worth against the true labels.

Every score is made here, in the engine's own process, whatever a candidate claims. A score is a
finite number or an explicit :class:`ScoreError`; comparisons put NaN and None last.
"""

from __future__ import annotations

import difflib
import importlib.util
import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.stats import rankdata

from mle_star.errors import MleStarError, UsageError
from mle_star.types import Kind, Task

Scorer = Callable[[np.ndarray, np.ndarray], float]
"""Labels of shape (n,) and a matrix of shape (n, width) in, one number out."""


class ScoreError(MleStarError, ValueError):
    """A metric is undefined for these labels or predictions; the message says why."""


@dataclass(frozen=True, slots=True)
class Metric:
    """A metric and its direction.

    Parameters
    ----------
    name : str
        As on the command line.
    greater_is_better : bool
        Its direction.
    kinds : frozenset of Kind
        The tasks it is defined for.
    function : callable
        Class codes or numbers of shape (n,) and a matrix of shape (n, width) in, a float out.
    """

    name: str
    greater_is_better: bool
    kinds: frozenset[Kind]
    function: Scorer

    def score(self, y: np.ndarray, matrix: np.ndarray) -> float:
        """Score the predictions of one output.

        Parameters
        ----------
        y : ndarray of shape (n,)
            Class codes, or numbers.
        matrix : ndarray of shape (n, width)
            Class probabilities, or one column of numbers.

        Raises
        ------
        ScoreError
            If the metric is undefined here, or not finite.
        """
        if len(y) == 0:
            raise ScoreError(f"{self.name} is undefined: no rows to score")
        value = float(self.function(np.asarray(y), np.asarray(matrix, dtype=float)))
        if not math.isfinite(value):
            raise ScoreError(f"{self.name} is not finite here: got {value}")
        return value

    def score_task(self, task: Task, labels: np.ndarray, matrix: np.ndarray) -> float:
        """Score all outputs of a task: the mean over outputs.

        Parameters
        ----------
        task : Task
            Tells the width of each output.
        labels : ndarray of shape (n, n_outputs)
            Class codes, or numbers.
        matrix : ndarray of shape (n, task.width)
            Predictions of all outputs side by side.
        """
        ends = np.cumsum([output.width for output in task.outputs])
        parts = np.split(matrix, ends[:-1], axis=1)
        return float(np.mean([self.score(labels[:, i], part) for i, part in enumerate(parts)]))

    def better(self, a: float | None, b: float | None) -> bool:
        """Whether `a` is strictly better than `b`; None and NaN are worse than any number."""
        return self._rank(a) > self._rank(b)

    def _rank(self, value: float | None) -> float:
        if value is None or math.isnan(value):
            return -math.inf
        return value if self.greater_is_better else -value


def get_metric(name: str, task: Task) -> Metric:
    """Find a metric by name, or load a custom one.

    Parameters
    ----------
    name : str
        A name of :data:`METRICS`, or ``path/file.py:function``. A custom function is called with
        ``y_true`` (numbers, or class codes in class order) and ``y_pred`` (numbers; for a binary
        task the probabilities of the positive class, shape (n,); for more classes the matrix of
        probabilities, shape (n, n_classes)). Greater is better, unless the function has an
        attribute ``greater_is_better = False``.
    task : Task
        Its kind must suit the metric.

    Raises
    ------
    UsageError
        If there is no such metric, or it does not fit the task.
    """
    metric = _custom(name) if ":" in name else METRICS.get(name)
    if metric is None:
        close = difflib.get_close_matches(name, METRICS, n=3, cutoff=0.4)
        raise UsageError(
            f"unknown metric {name!r}",
            (f"did you mean {', '.join(close)}? " if close else "")
            + f"use one of {', '.join(METRICS)}, or path/file.py:function",
        )
    if task.kind not in metric.kinds:
        fitting = [other.name for other in METRICS.values() if task.kind in other.kinds]
        raise UsageError(
            f"metric {name!r} does not fit a {task.kind} task", f"use one of {', '.join(fitting)}"
        )
    return metric


def _custom(name: str) -> Metric:
    file, _, function_name = name.rpartition(":")
    path = Path(file)
    spec = importlib.util.spec_from_file_location(f"mle_star_metric_{path.stem}", path)
    if not path.is_file() or spec is None or spec.loader is None:
        raise UsageError(f"no Python file {file!r} for the metric", "give path/file.py:function")
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except Exception as error:  # the user's own file may raise anything
        raise UsageError(f"cannot import {file}: {type(error).__name__}: {error}") from error
    function = getattr(module, function_name, None)
    if not callable(function):
        raise UsageError(f"{file} defines no function {function_name!r}")

    def score(y: np.ndarray, matrix: np.ndarray) -> float:
        try:
            return float(function(y, matrix if matrix.shape[1] > 2 else matrix[:, -1]))
        except Exception as error:  # the user's own function may raise anything
            raise ScoreError(f"metric {name} raised {type(error).__name__}: {error}") from error

    greater = bool(getattr(function, "greater_is_better", True))
    return Metric(name, greater, frozenset(Kind), score)


def _roc_auc(y: np.ndarray, matrix: np.ndarray) -> float:
    """One class against the rest; macro mean over the classes that stand in `y`."""
    return _over_classes(y, matrix, _binary_auc, "roc_auc")


def _average_precision(y: np.ndarray, matrix: np.ndarray) -> float:
    return _over_classes(y, matrix, _binary_average_precision, "average_precision")


def _over_classes(y: np.ndarray, matrix: np.ndarray, binary: Scorer, name: str) -> float:
    codes = [1] if matrix.shape[1] == 2 else range(matrix.shape[1])
    values = [
        binary(y == code, matrix[:, code]) for code in codes if 0 < np.sum(y == code) < len(y)
    ]
    if not values:
        raise ScoreError(f"{name} is undefined: the scored rows hold one class only")
    return float(np.mean(values))


def _binary_auc(positive: np.ndarray, score: np.ndarray) -> float:
    n_positive = int(positive.sum())
    n_negative = len(positive) - n_positive
    ranks = rankdata(score)[positive].sum()
    return float((ranks - n_positive * (n_positive + 1) / 2) / (n_positive * n_negative))


def _binary_average_precision(positive: np.ndarray, score: np.ndarray) -> float:
    order = np.argsort(-score, kind="stable")
    last_of_tie = np.append(np.diff(score[order]) != 0, True)
    hits = np.cumsum(positive[order])[last_of_tie]
    found = np.flatnonzero(last_of_tie) + 1
    return float(np.sum(np.diff(hits, prepend=0) * hits / found) / hits[-1])


def _log_loss(y: np.ndarray, matrix: np.ndarray) -> float:
    of_truth = matrix[np.arange(len(y)), y.astype(int)]
    return float(-np.mean(np.log(np.clip(of_truth, np.finfo(float).eps, 1.0))))


def _brier(y: np.ndarray, matrix: np.ndarray) -> float:
    squares = np.sum((matrix - np.eye(matrix.shape[1])[y.astype(int)]) ** 2, axis=1)
    return float(np.mean(squares) / (2 if matrix.shape[1] == 2 else 1))


def _accuracy(y: np.ndarray, matrix: np.ndarray) -> float:
    return float(np.mean(matrix.argmax(axis=1) == y))


def _balanced_accuracy(y: np.ndarray, matrix: np.ndarray) -> float:
    table = _confusion(y, matrix)
    there = table.sum(axis=1) > 0
    return float(np.mean(np.diag(table)[there] / table.sum(axis=1)[there]))


def _f1(y: np.ndarray, matrix: np.ndarray) -> float:
    """Of the positive class; with more than two classes the macro mean over those that occur."""
    table = _confusion(y, matrix)
    sizes = table.sum(axis=0) + table.sum(axis=1)
    values = 2 * np.diag(table) / np.maximum(sizes, 1)
    return float(values[1] if len(table) == 2 else np.mean(values[sizes > 0]))


def _mcc(y: np.ndarray, matrix: np.ndarray) -> float:
    table = _confusion(y, matrix)
    true, predicted, n = table.sum(axis=1), table.sum(axis=0), table.sum()
    scale = (n**2 - predicted @ predicted) * (n**2 - true @ true)
    return float((np.trace(table) * n - true @ predicted) / math.sqrt(scale)) if scale else 0.0


def _quadratic_kappa(y: np.ndarray, matrix: np.ndarray) -> float:
    """Classes count as ordinal, by their codes; numbers are rounded into the range of `y`."""
    if matrix.shape[1] == 1:
        predicted = np.clip(np.rint(matrix[:, 0]), y.min(), y.max())
    else:
        predicted = matrix.argmax(axis=1).astype(float)
    n = len(y)
    observed = float(np.mean((y - predicted) ** 2))
    # mean of (a - b)^2 over all pairs of a true and a predicted label
    expected = float(np.var(y) + np.var(predicted) + (np.mean(y) - np.mean(predicted)) ** 2)
    if expected == 0:
        raise ScoreError(f"quadratic_kappa is undefined: all {n} rows hold one class")
    return 1.0 - observed / expected


def _confusion(y: np.ndarray, matrix: np.ndarray) -> np.ndarray:
    width = matrix.shape[1]
    flat = y.astype(int) * width + matrix.argmax(axis=1)
    return np.bincount(flat, minlength=width * width).reshape(width, width).astype(float)


def _rmse(y: np.ndarray, matrix: np.ndarray) -> float:
    return math.sqrt(np.mean((y - matrix[:, 0]) ** 2))


def _mae(y: np.ndarray, matrix: np.ndarray) -> float:
    return float(np.mean(np.abs(y - matrix[:, 0])))


def _rmsle(y: np.ndarray, matrix: np.ndarray) -> float:
    """Predictions below zero count as zero."""
    if y.min() < 0:
        raise ScoreError("rmsle is undefined: the target has values below zero")
    return math.sqrt(np.mean((np.log1p(y) - np.log1p(np.maximum(matrix[:, 0], 0.0))) ** 2))


def _r2(y: np.ndarray, matrix: np.ndarray) -> float:
    variance = float(np.var(y))
    if variance == 0:
        raise ScoreError("r2 is undefined: the scored rows hold one target value only")
    return float(1.0 - np.mean((y - matrix[:, 0]) ** 2) / variance)


def _mape(y: np.ndarray, matrix: np.ndarray) -> float:
    return float(np.mean(np.abs(y - matrix[:, 0]) / np.maximum(np.abs(y), np.finfo(float).eps)))


def _pearson(y: np.ndarray, matrix: np.ndarray) -> float:
    """Predictions that are all the same have no correlation with anything: 0."""
    if np.ptp(y) == 0:
        raise ScoreError("a correlation is undefined: the scored rows hold one target value only")
    predicted = matrix[:, 0]
    return 0.0 if np.ptp(predicted) == 0 else float(np.corrcoef(y, predicted)[0, 1])


def _spearman(y: np.ndarray, matrix: np.ndarray) -> float:
    return _pearson(rankdata(y), rankdata(matrix[:, 0]).reshape(-1, 1))


_CLASSES = frozenset({Kind.BINARY, Kind.MULTICLASS})
_NUMBERS = frozenset({Kind.REGRESSION})

METRICS: dict[str, Metric] = {
    metric.name: metric
    for metric in (
        Metric("roc_auc", True, _CLASSES, _roc_auc),
        Metric("log_loss", False, _CLASSES, _log_loss),
        Metric("accuracy", True, _CLASSES, _accuracy),
        Metric("balanced_accuracy", True, _CLASSES, _balanced_accuracy),
        Metric("f1", True, _CLASSES, _f1),
        Metric("mcc", True, _CLASSES, _mcc),
        Metric("average_precision", True, _CLASSES, _average_precision),
        Metric("brier", False, _CLASSES, _brier),
        Metric("rmse", False, _NUMBERS, _rmse),
        Metric("mae", False, _NUMBERS, _mae),
        Metric("rmsle", False, _NUMBERS, _rmsle),
        Metric("r2", True, _NUMBERS, _r2),
        Metric("mape", False, _NUMBERS, _mape),
        Metric("pearson", True, _NUMBERS, _pearson),
        Metric("spearman", True, _NUMBERS, _spearman),
        Metric("quadratic_kappa", True, frozenset(Kind), _quadratic_kappa),
    )
}
"""The built-in metrics, by name."""
