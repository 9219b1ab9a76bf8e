"""A digest that data sets of like shape have in common."""

from __future__ import annotations

import hashlib
import math
from bisect import bisect_left
from collections.abc import Mapping

_MISSING = (0.0, 0.01, 0.05, 0.2, 0.5)
"""Upper ends of the classes of the share of missing cells."""


def fingerprint(
    task: str, rows: int, columns: int, kinds: Mapping[str, int], missing: float
) -> str:
    """Digest of the shape of a data set.

    Sizes and counts are rounded on a scale of doublings, so that a data set that grew a little
    keeps its fingerprint mostly; there is no promise at the edges.

    Parameters
    ----------
    task : str
        Kind of task.
    rows, columns : int
        Size of the table.
    kinds : mapping of str to int
        Features by kind of column.
    missing : float
        Share of missing cells among the features, in [0, 1].

    Returns
    -------
    str
        Twelve hexadecimal digits.
    """
    counts = [f"{kind}={_doublings(kinds[kind])}" for kind in sorted(kinds) if kinds[kind]]
    shape = [task, str(_doublings(rows)), str(_doublings(columns)), *counts]
    shape.append(str(bisect_left(_MISSING, missing)))
    return hashlib.sha256("\n".join(shape).encode()).hexdigest()[:12]


def _doublings(count: int) -> int:
    return round(math.log2(1 + count))
