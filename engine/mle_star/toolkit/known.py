"""Places of values among those that were learnt."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

_FEW_ROWS = 64


def positions(column: pd.Series[Any], known: Sequence[str]) -> np.ndarray:
    """Place of every value among the known ones; -1 for missing and unknown.

    Parameters
    ----------
    column : Series of str
        Values.
    known : sequence of str
        Distinct, in alphabetical order.

    Returns
    -------
    ndarray of int, shape (n_rows,)
    """
    values = column.to_numpy(dtype=object)
    if len(values) > _FEW_ROWS:
        names = np.array([*known, None], dtype=object)[:-1]  # never a matrix of characters
        return np.asarray(pd.Index(names).get_indexer(pd.Index(values)))
    return np.array([_position(value, known) for value in values], dtype=np.intp)


def _position(value: Any, known: Sequence[str]) -> int:
    if not isinstance(value, str):
        return -1
    place = bisect_left(known, value)
    return place if place < len(known) and known[place] == value else -1
