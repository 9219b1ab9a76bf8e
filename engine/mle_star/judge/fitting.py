"""Fitting one solution in a worker, sharing fitted ``clean`` + ``features`` between solutions."""

from __future__ import annotations

import random
import sys
import time
import traceback
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

import joblib
import numpy as np
import pandas as pd
from sklearn.pipeline import Pipeline

from mle_star.judge.wire import Order, affinity, rows_digest
from mle_star.solution.build import cells_of, defined, module_of, prefix_of
from mle_star.toolkit.pipeline import build_head, build_prefix, own, predict_matrix, take
from mle_star.types import Columns, Role

_LONGEST_REASON = 300


@dataclass(slots=True)
class Prefix:
    """Fitted ``clean`` and ``features``, with what they made of the rows."""

    steps: list[tuple[str, Any]]
    train: Any
    module: ModuleType
    predict: dict[str, Any] = field(default_factory=dict)
    seconds: float = 0.0

    @property
    def mib(self) -> float:
        """Memory of the transformed rows, about."""
        return sum(_mib(part) for part in [self.train, *self.predict.values()])


@dataclass(frozen=True, slots=True)
class Fitted:
    """Predictions, and what they took."""

    predictions: np.ndarray
    fit_seconds: float
    predict_seconds: float


class CandidateError(Exception):
    """The candidate's own code failed; the message names the block and the exception."""


class Bench:
    """One worker's table and the fitted prefixes it keeps.

    Parameters
    ----------
    table : DataFrame
        All rows of the session; features only, no targets.
    columns : dict
        The description that cells are given.
    cache_mib : float
        Memory for fitted prefixes; the least recently used go first.
    """

    def __init__(self, table: pd.DataFrame, columns: Columns, cache_mib: float = 512.0) -> None:
        self.table = table
        self.columns = columns
        self.cache_mib = cache_mib
        self._prefixes: OrderedDict[str, Prefix] = OrderedDict()

    @property
    def kept_mib(self) -> float:
        """Memory of the fitted prefixes."""
        return sum(prefix.mib for prefix in self._prefixes.values())

    def fit(self, order: Order) -> Fitted:
        """Fit on the order's training rows, predict its other rows, save if asked to.

        Raises
        ------
        CandidateError
            Whatever the candidate's code raised.
        """
        stage = Role.CLEAN
        try:
            y = self._labels(order.labels)
            prefix = self._prefix(order, y)
            stage = Role.MODEL
            started = time.perf_counter()
            _seed(order.seed)
            head = build_head(cells_of(order.solution), self.columns)
            head.fit(own(prefix.train), y)
            fit_seconds = prefix.seconds + time.perf_counter() - started
            started = time.perf_counter()
            predictions = self._predict(order, prefix, head)
            predict_seconds = time.perf_counter() - started
            if order.save is not None:
                sys.modules[prefix.module.__name__] = prefix.module  # its cells may have run since
                _save(Pipeline([*prefix.steps, ("estimator", head)]), order.save)
        except BaseException as error:  # a candidate may raise anything, SystemExit included
            if isinstance(error, MemoryError):
                raise
            raise CandidateError(_reason(error, stage)) from None
        return Fitted(predictions, fit_seconds, predict_seconds)

    def _labels(self, labels: np.ndarray) -> np.ndarray:
        y = labels if self.columns["kind"] == "regression" else labels.astype(np.int64)
        return y[:, 0] if self.columns["n_outputs"] == 1 else y

    def _prefix(self, order: Order, y: np.ndarray) -> Prefix:
        key = affinity(order)
        prefix = self._prefixes.pop(key, None)
        if prefix is None:
            prefix = self._fit_prefix(order, y)
        rows = rows_digest(order.predict)
        if rows not in prefix.predict and len(order.predict):
            made = take(self.table, order.predict)
            for _, step in prefix.steps:
                made = step.transform(made)
            prefix.predict = {rows: made}
        self._keep(key, prefix)
        return prefix

    def _fit_prefix(self, order: Order, y: np.ndarray) -> Prefix:
        started = time.perf_counter()
        _seed(order.seed)
        solution = prefix_of(order.solution)
        module = module_of(solution)
        steps = build_prefix(defined(module, solution), self.columns).steps
        made: Any = take(self.table, order.train)
        for _, step in steps:
            made = step.fit_transform(made, y)
        return Prefix(steps, made, module, seconds=time.perf_counter() - started)

    def _keep(self, key: str, prefix: Prefix) -> None:
        self._prefixes[key] = prefix
        while self._prefixes and self.kept_mib > self.cache_mib:
            self._prefixes.popitem(last=False)

    def _predict(self, order: Order, prefix: Prefix, head: Any) -> np.ndarray:
        widths: Sequence[int] = self.columns["widths"]
        if not len(order.predict):
            return np.empty((0, sum(widths)))
        rows = own(prefix.predict[rows_digest(order.predict)])
        matrix = np.asarray(predict_matrix(head, rows, list(widths)), dtype=np.float64)
        return matrix.reshape(len(matrix), -1)


def _save(pipeline: Pipeline, path: Path) -> None:
    partial = path.with_name(f".{path.name}.partial")
    try:
        joblib.dump(pipeline, partial)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def _seed(seed: int) -> None:
    random.seed(seed)
    np.random.seed(seed)


def _mib(rows: Any) -> float:
    if isinstance(rows, pd.DataFrame):
        size = int(rows.memory_usage(index=True, deep=False).sum())
    elif hasattr(rows, "indptr"):
        size = rows.data.nbytes + rows.indices.nbytes + rows.indptr.nbytes
    else:
        size = int(getattr(rows, "nbytes", 0))
    return size / 2**20


def _reason(error: BaseException, stage: Role) -> str:
    """The exception's own line, and the block in which it was raised."""
    role: str = stage
    for frame in traceback.extract_tb(error.__traceback__):
        first = frame.filename.removeprefix("<").partition(" ")[0]
        if frame.filename.startswith("<") and first in set(Role):
            role = first
    text = " ".join(str(error).split())[:_LONGEST_REASON]
    return f"{type(error).__name__}{': ' if text else ''}{text} (in the {role} block)"
