"""Writing the bundle of fitted members: in this process, or in the sandbox if an agent wrote any.

The model that an agent's code makes is never loaded here: it is assembled, written and tried
where it can do no harm, and what it predicts is compared with what the judge was given.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from mle_star import heap
from mle_star.bundle.about import About
from mle_star.bundle.model_file import assembled
from mle_star.bundle.writing import write, write_caged
from mle_star.data.prepare import Prepared
from mle_star.phases.context import Context
from mle_star.phases.members import caged
from mle_star.solution.solution import Ensemble

WRITE_SECONDS = 1.5
"""Kept of the time left for writing and checking the bundle."""

CAGED_WRITE_SECONDS = 8.0
"""The same where it happens in the sandbox: two processes are started."""

SECONDS_A_MIB = 0.03
"""What compressing, reading again and trying a large model takes beside these."""

LEAST_SECONDS, LONGEST_SECONDS = 30.0, 600.0
"""What each of those may take at most, whatever time is left: without them there is no model."""


@dataclass(frozen=True, slots=True)
class Fitted:
    """A fitted ensemble.

    Parameters
    ----------
    ensemble : Ensemble
        Its code.
    paths : sequence of Path
        Where workers saved its members.
    rows : ndarray of int
        Rows they were fitted on.
    sample : ndarray of int
        Rows on which the written bundle is tried.
    expected : ndarray or None
        What the judge was given for them; None: whatever the model predicts.
    seconds : float
        What fitting took.
    """

    ensemble: Ensemble
    paths: Sequence[Path]
    rows: np.ndarray
    sample: np.ndarray
    expected: np.ndarray | None
    seconds: float


def write_seconds(ensemble: Ensemble, fitted: Sequence[Path] = ()) -> float:
    """Seconds to be kept for writing the bundle.

    Parameters
    ----------
    ensemble : Ensemble
        What is shipped.
    fitted : sequence of Path, default ()
        Its members as they were saved after an earlier fit: large ones take longer.
    """
    least = CAGED_WRITE_SECONDS if ensemble.is_foreign else WRITE_SECONDS
    return least + SECONDS_A_MIB * sum(path.stat().st_size for path in fitted) / 2**20


def ship(
    context: Context,
    prepared: Prepared,
    fitted: Fitted,
    folder: Path,
    about: About,
    deadline: float,
) -> list[Path]:
    """Write the bundle; gives back its files.

    Raises
    ------
    StateError
        If it cannot be written, or does not predict what was judged.
    SandboxError
        If an agent wrote some of the code, and there is no sandbox.
    """
    ensemble, schema = fitted.ensemble, prepared.schema
    table = prepared.table.iloc[fitted.sample].reset_index(drop=True)
    if not ensemble.is_foreign:
        make = partial(assembled, ensemble, fitted.paths, context.columns["widths"])
        written = write(folder, make, ensemble, schema, about, table, fitted.expected)
        heap.trim()
        return written
    assert fitted.expected is not None
    left = deadline - context.budget.clock()
    sandbox = caged(context, min(max(left, LEAST_SECONDS), LONGEST_SECONDS))
    paths = [path.resolve() for path in fitted.paths]
    return write_caged(
        folder.resolve(), paths, ensemble, schema, about, table, fitted.expected, sandbox
    )
