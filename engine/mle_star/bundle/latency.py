"""How long a model takes to predict."""

from __future__ import annotations

import time

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from mle_star.toolkit.ensemble import EnsembleModel

BATCH = 1_000
"""Rows that are predicted together."""

SINGLES = 9
"""Predictions of one row, of which the fastest counts: others use the machine too."""


def latencies(model: EnsembleModel, batch: pd.DataFrame) -> tuple[float, float]:
    """Seconds of a prediction of one row, and of one row within a batch.

    Parameters
    ----------
    model : EnsembleModel
        Fitted.
    batch : DataFrame
        Typed rows; :data:`BATCH` of them where there are as many.
    """
    places = np.arange(len(batch))
    with threadpool_limits(1):  # as the workers have it
        single = min(_timed(model, batch, places[[i % len(batch)]]) for i in range(SINGLES))
        in_batch = min(_timed(model, batch, places) for _ in range(2)) / len(batch)
    return single, in_batch


def _timed(model: EnsembleModel, table: pd.DataFrame, rows: np.ndarray) -> float:
    part = table.iloc[rows].reset_index(drop=True)
    started = time.perf_counter()
    model.predict_matrix(part)
    return time.perf_counter() - started
