"""What is done with a model that holds agent-written code, within the sandbox.

Each function is called by name in a fresh process by :mod:`mle_star.bundle.caged`: it takes paths
and plain values, and what it gives back is not believed but compared by the engine. Tables come in
as pickles, which the engine wrote; numbers go out as raw float64.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from mle_star.bundle.blocks import from_json
from mle_star.bundle.bundle import load
from mle_star.bundle.latency import latencies
from mle_star.bundle.model_file import assembled, serialized
from mle_star.solution.build import combiner_of


def pack(
    members: list[str], blocks: dict[str, Any], widths: list[int], sample: str, folder: str
) -> dict[str, str]:
    """Make the model file of fitted members.

    Parameters
    ----------
    members : list of str
        Files that workers saved.
    blocks : dict
        The members' code; see :func:`mle_star.bundle.blocks.to_json`.
    widths : list of int
        Columns of each output.
    sample : str
        Pickled table that the model file is tried on.
    folder : str
        Where to write it.
    """
    make = partial(assembled, from_json(blocks), [Path(path) for path in members], widths)
    file = serialized(make, pd.read_pickle(sample))  # noqa: S301 - the engine wrote it
    (Path(folder) / file.name).write_bytes(file.content)
    return {"name": file.name, "why": file.why}


def predict(bundle: str, table: str, output: str) -> None:
    """Load a bundle as a user would, predict a pickled table, write the matrix."""
    rows = pd.read_pickle(table)  # noqa: S301 - the engine wrote it
    _write(load(bundle, trust_code=True).model.predict_matrix(rows), output)


def time_predictions(
    members: list[str], blocks: dict[str, Any], widths: list[int], batch: str
) -> list[float]:
    """Seconds of one row alone, and of one within a batch; parameters as in :func:`pack`."""
    model = assembled(from_json(blocks), [Path(path) for path in members], widths)
    return list(latencies(model, pd.read_pickle(batch)))  # noqa: S301 - the engine wrote it


def combine(blocks: dict[str, Any], matrices: str, output: str) -> None:
    """Combine the members' prediction matrices, stacked in a npy file."""
    combiner = combiner_of(from_json(blocks))
    _write(combiner.apply(list(np.load(matrices))), output)


def _write(matrix: Any, output: str) -> None:
    numbers = np.ascontiguousarray(matrix, dtype=np.float64)
    Path(output).write_bytes(numbers.tobytes())
