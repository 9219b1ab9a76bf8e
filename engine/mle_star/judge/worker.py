"""A worker process: takes one order at a time, and leaves no trace of it for the next."""

from __future__ import annotations

import contextlib
import math
import os
import pickle
import resource
import sys
import threading
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import replace
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, NoReturn

import joblib
import numpy as np
import pandas as pd
import sklearn
from sklearn.pipeline import Pipeline

from mle_star import heap
from mle_star.judge import processes
from mle_star.judge.cage.confinement import Confinement
from mle_star.judge.fitting import Bench, CandidateError, Prefix
from mle_star.judge.wire import Order, Reply, encode
from mle_star.types import Columns

CACHE_MIB = 128.0
"""What a worker keeps of fitted prefixes at most."""

MOST_WASTE_MIB = 96.0
"""What a worker may hold beside those and what it began with: libraries, and pieces of heap."""

_WORTH_TRIMMING = 32.0
"""MiB that an order took, from which on what it freed is given back."""

_STATUS = Path("/proc/self/status")
_CLEAR_PEAK = Path("/proc/self/clear_refs")


def serve(descriptor: int, table: pd.DataFrame, columns: Columns, memory_mib: float) -> NoReturn:
    """Answer orders until the engine closes its end.

    Parameters
    ----------
    descriptor : int
        File descriptor of this side's socket.
    table : DataFrame
        Features of all rows.
    columns : dict
        The description that cells are given.
    memory_mib : float
        What one order may take above what the worker holds.
    """
    _silence()
    warnings.simplefilter("ignore")
    connection = Connection(descriptor)
    bench = Bench(table, columns, cache_mib=min(CACHE_MIB, memory_mib / 4))
    most = _memory("RssAnon") + MOST_WASTE_MIB
    while True:
        try:
            order: Order = pickle.loads(connection.recv_bytes())  # noqa: S301 - from the engine
        except (EOFError, OSError):
            os._exit(0)
        reply = _answer(bench, order, memory_mib)
        if _memory("RssAnon") - bench.kept_mib > most:
            reply = replace(reply, retire=True)
        try:
            connection.send_bytes(encode(reply))
        except OSError:
            os._exit(0)
        if reply.retire:
            os._exit(0)


def serve_once(
    cage: Confinement,
    descriptors: Sequence[int],
    table: pd.DataFrame,
    columns: Columns,
    memory_mib: float,
) -> NoReturn:
    """Answer one order, locked up, and wait to be ended.

    Parameters
    ----------
    cage : Confinement
        What is given up before the order is answered.
    descriptors : sequence of int
        Of this side's socket, and of the file to save to, if there is one.
    table, columns, memory_mib
        As in :func:`serve`.
    """
    _silence()
    warnings.simplefilter("ignore")
    connection = Connection(descriptors[0])
    os.write(descriptors[0], b"\n")  # tells the engine which process this is
    bench = _SavingBench(table, columns, descriptors[1] if descriptors[1:] else None)
    with contextlib.suppress(EOFError, OSError):
        order: Order = pickle.loads(connection.recv_bytes())  # noqa: S301 - from the engine
        cage.apply(memory_mib)
        connection.send_bytes(encode(_answer(bench, order, memory_mib)))
        connection.recv_bytes()  # it lives on so that its memory can be looked at
    os._exit(0)


class _SavingBench(Bench):
    """Saves every fitted pipeline to an open file: there is no path that it could write to."""

    def __init__(self, table: pd.DataFrame, columns: Columns, outlet: int | None) -> None:
        super().__init__(table, columns, cache_mib=math.inf)
        self._outlet = outlet

    def _predict(self, order: Order, prefix: Prefix, head: Any) -> np.ndarray:
        predictions = super()._predict(order, prefix, head)
        if self._outlet is not None:
            with os.fdopen(self._outlet, "wb") as file:
                joblib.dump(Pipeline([*prefix.steps, ("estimator", head)]), file)
        return predictions


def _answer(bench: Bench, order: Order, memory_mib: float) -> Reply:
    before = _memory("VmRSS")
    with contextlib.suppress(OSError):
        _CLEAR_PEAK.write_text("5")
    threads = threading.active_count()
    predictions, failure, fit_seconds, predict_seconds = None, "", 0.0, 0.0
    try:
        with _limited(memory_mib), _restored():
            fitted = bench.fit(order)
        predictions = fitted.predictions
        fit_seconds, predict_seconds = fitted.fit_seconds, fitted.predict_seconds
    except MemoryError:
        failure = f"memory limit of {memory_mib:.0f} MiB"
    except CandidateError as error:
        failure = str(error)
    if processes.has_children():
        processes.end_descendants(os.getpid())
    peak = max(0.0, _memory("VmHWM") - before)
    if peak > _WORTH_TRIMMING:
        heap.trim()
    return Reply(
        number=order.number,
        predictions=predictions,
        failure=failure,
        fit_seconds=fit_seconds,
        predict_seconds=predict_seconds,
        peak_mib=peak,
        retire=threading.active_count() > threads,
    )


def _silence() -> None:
    """Nothing that a candidate prints reaches the engine's own output."""
    null = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(null, descriptor)
    sys.stdin, sys.stdout, sys.stderr = (
        open(os.devnull, mode, encoding="utf-8")  # noqa: PTH123, SIM115 - kept for the whole life
        for mode in ("r", "w", "w")
    )


@contextlib.contextmanager
def _limited(memory_mib: float) -> Iterator[None]:
    """Let allocation fail beyond the limit, where the system can; the engine watches as well."""
    if not _STATUS.exists():
        yield
        return
    hard = resource.getrlimit(resource.RLIMIT_DATA)[1]
    limit = int((_memory("VmData") + memory_mib) * 2**20)
    if hard != resource.RLIM_INFINITY:
        limit = min(limit, hard)
    resource.setrlimit(resource.RLIMIT_DATA, (limit, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_DATA, (hard, hard))


@contextlib.contextmanager
def _restored() -> Iterator[None]:
    """Undo what a candidate may change for the whole process."""
    folder, environment, config = Path.cwd(), dict(os.environ), sklearn.get_config()
    try:
        yield
    finally:
        os.chdir(folder)
        os.environ.clear()
        os.environ.update(environment)
        sklearn.set_config(**config)


def _memory(field: str) -> float:
    """One figure of this process in MiB, such as VmRSS or VmHWM; 0 where there is no /proc."""
    with contextlib.suppress(OSError):
        for line in _STATUS.read_text().splitlines():
            name, _, value = line.partition(":")
            if name == field:
                return int(value.split()[0]) / 1024
    return 0.0
