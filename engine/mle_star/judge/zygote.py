"""The process that workers are forked from: libraries imported and the table read once.

It is started as a plain interpreter, so it never runs the user's main module; it has one thread, so
forking is safe; and when the engine ends in whatever way, its socket closes and it takes every
worker with it.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import os
import pickle
import pkgutil
import select
import signal
import socket
import traceback
from typing import Any

import pandas as pd
from sklearn.compose import make_column_transformer
from sklearn.preprocessing import OneHotEncoder, StandardScaler

import mle_star.toolkit
from mle_star.judge import hangup, processes
from mle_star.judge.cage.confinement import Confinement
from mle_star.judge.wire import ANSWER, LOAD
from mle_star.judge.worker import serve, serve_once

PRELOAD = (
    "scipy.sparse",
    "sklearn.compose",
    "sklearn.ensemble",
    "sklearn.linear_model",
    "sklearn.pipeline",
    "sklearn.preprocessing",
    "lightgbm",
    "xgboost",
    "catboost",
)


def main(descriptor: int, cage: Confinement | None = None) -> None:
    """Serve the engine's commands until its end of the socket closes.

    Parameters
    ----------
    descriptor : int
        File descriptor of this side's socket.
    cage : Confinement or None, default None
        What its workers are locked up in, each for one order; None: they are not.
    """
    control = socket.socket(fileno=descriptor)
    processes.adopt_orphans()
    _import()
    _rehearse()
    hangup.read_again(descriptor)
    gc.collect()
    gc.freeze()  # workers share these pages
    loaded: Any = None
    while True:
        _reap()
        if not select.select([control], [], [], 0.5)[0]:
            continue
        command, descriptors, _, _ = socket.recv_fds(control, 1, 2)
        if not command:
            break
        if command == LOAD:
            with os.fdopen(descriptors[0], "rb") as file:
                loaded = pickle.load(file)  # noqa: S301 - written by the engine itself
            gc.freeze()
            control.sendall(ANSWER.pack(0))
        else:
            control.sendall(ANSWER.pack(_fork(control, descriptors, loaded, cage)))
    processes.end_descendants(os.getpid())


def _import() -> None:
    tools = pkgutil.iter_modules(mle_star.toolkit.__path__, "mle_star.toolkit.")
    for name in [*PRELOAD, *(tool.name for tool in tools)]:
        with contextlib.suppress(ImportError):
            importlib.import_module(name)


def _rehearse() -> None:
    """Have libraries import what they import on first use: a worker of one order gains most."""
    table = pd.DataFrame({"number": [0.0, 1.0], "text": pd.Series(["a", "b"], dtype="str")})
    parts = (StandardScaler(), ["number"]), (OneHotEncoder(sparse_output=False), ["text"])
    make_column_transformer(*parts).fit(table).transform(table)


def _fork(
    control: socket.socket, descriptors: list[int], loaded: Any, cage: Confinement | None
) -> int:
    pid = os.fork()
    if pid:
        for descriptor in descriptors:
            os.close(descriptor)
        return pid
    try:
        control.close()
        os.setsid()
        processes.die_with_parent()
        processes.adopt_orphans()
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        if cage:
            serve_once(cage, descriptors, *loaded)
        else:
            serve(descriptors[0], *loaded)
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(0)  # never back into the zygote's own loop


def _reap() -> None:
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
