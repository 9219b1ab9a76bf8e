"""From a model folder and a file to a file of predictions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from mle_star import files
from mle_star.bundle.bundle import Opened, opened
from mle_star.bundle.caged import Caged, free_mib
from mle_star.bundle.tables import read_table
from mle_star.judge.cage.cage import Cage
from mle_star.toolkit.table import predictions_frame

LONGEST = 3600.0
"""Seconds that predicting in the sandbox may take."""


@dataclass(frozen=True, slots=True)
class Predicted:
    """What came of it.

    Parameters
    ----------
    rows : int
        Rows written.
    note : str, default ""
        What a person must know of how it was done.
    """

    rows: int
    note: str = ""


def predict_file(
    model: str | Path,
    dataset: str | Path,
    output: str | Path,
    *,
    trust_code: bool = False,
    find_cage: Callable[[], Cage] | None = None,
) -> Predicted:
    """Write the predictions for every row of a file, in its order.

    Texts of the data are written as they are: a cell such as ``=1+1`` stays data, and quoting is
    that of CSV.

    Parameters
    ----------
    model : str or Path
        A model folder, or the output folder of a run.
    dataset : str or Path
        Any supported format; further columns are ignored.
    output : str or Path
        CSV to write: complete, or not at all.
    trust_code : bool, default False
        See :func:`mle_star.bundle.bundle.load`.
    find_cage : callable or None, default None
        Gives the sandbox in which a model runs that holds agent-written code; None: such a model
        is treated like any that can run code.

    Returns
    -------
    Predicted
        How many rows were written, and how.

    Raises
    ------
    StateError
        If the model cannot be used or the output not be written.
    DataError
        If the data cannot be read or a column is missing.
    SandboxError
        If the model needs a sandbox and there is none.
    """
    found, note = opened(model), ""
    if found.is_foreign and not trust_code and find_cage is not None:
        cage = find_cage()
        table = read_table(Path(dataset), found.schema)
        matrix = matrix_in(cage, found, table)
        frame = predictions_frame(matrix, found.schema.output_specs())
        how = "without a sandbox" if cage.name == "none" else f"in the sandbox ({cage.name})"
        note = f"the model holds code that an agent wrote; it ran {how}"
    else:
        frame = found.bundle(trust_code=trust_code).predict(Path(dataset))
    files.write_text(Path(output), frame.to_csv(index=False))
    return Predicted(len(frame), note)


def matrix_in(cage: Cage, found: Opened, table: pd.DataFrame) -> np.ndarray:
    """Predict typed rows with a bundle that is loaded and run in the sandbox only."""
    caged = Caged(cage, LONGEST, free_mib())
    return caged.predict(found.folder, table, sum(found.schema.columns["widths"]))
