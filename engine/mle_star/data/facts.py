"""What a recipe may ask of the data, as keyword arguments of ``Facts``."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from mle_star.data.profile import Profile
from mle_star.types import ColumnKind, Task


def facts_of(task: Task, profile: Profile, labels: np.ndarray) -> dict[str, Any]:
    """Measure what recipes ask.

    Parameters
    ----------
    task : Task
        What is predicted.
    profile : Profile
        What the data looks like.
    labels : ndarray of shape (n_rows, n_outputs)
        Encoded, none missing.

    Returns
    -------
    dict
        Keyword arguments of :class:`mle_star.recipes.recipe.Facts`.
    """
    categorical = [
        column.distinct
        for column in profile.columns
        if column.role == "feature" and column.kind == ColumnKind.CATEGORICAL
    ]
    regression = not task.is_classification
    return {
        "rows": profile.rows,
        **{str(kind): profile.count(kind) for kind in ColumnKind},
        "max_cardinality": max(categorical, default=0),
        "missing": profile.missing,
        "kind": task.kind,
        "metric": task.metric,
        "classes": max(len(output.classes) for output in task.outputs),
        "minority": 1.0 if regression else _rarest_share(labels),
        "skew": _skew(labels) if regression else 0.0,
        "positive_target": regression and bool((labels >= 0).all()),
        "ordered_in_time": task.time is not None,
        "grouped": task.group is not None,
        "outputs": len(task.outputs),
    }


def _rarest_share(labels: np.ndarray) -> float:
    counts = (np.bincount(label.astype(int)) for label in labels.T)
    return float(min(count[count > 0].min() for count in counts) / len(labels))


def _skew(labels: np.ndarray) -> float:
    found = np.asarray(pd.DataFrame(labels).skew(), dtype=float)
    return float(found[np.abs(np.nan_to_num(found)).argmax()])
