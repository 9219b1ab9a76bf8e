"""Prints of rows: two numbers a row, by which a row of an earlier file is known again."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from mle_star.data.cells import Cells

MOST_TEXTS = 4_000_000
"""Distinct texts of all columns together beyond which no prints are made: they would take long."""

_MISSING = np.uint64(0x9E3779B97F4A7C15)


@dataclass(frozen=True, slots=True)
class Prints:
    """What rows are known by, whatever the order of rows and columns; empty for a huge table.

    Parameters
    ----------
    cases : ndarray of uint64, shape (n_rows,)
        Of all cells but the targets': equal for equal cases, whatever their outcome.
    rows : ndarray of uint64, shape (n_rows,)
        Of all cells.
    """

    cases: np.ndarray
    rows: np.ndarray


def prints_of(cells: Mapping[str, Cells], targets: Collection[str]) -> Prints:
    """Make the prints of a table.

    Parameters
    ----------
    cells : mapping of str to Cells
        By original name.
    targets : collection of str
        Original names of the columns that are predicted.

    Notes
    -----
    The print of a row is the sum of the hashes of its cells, each mixed with the name of its
    column. Only distinct texts are hashed; numbers count by their value, so that ``1`` and ``1.0``
    are the same.
    """
    rows = len(next(iter(cells.values())).codes)
    if sum(len(column.texts) for column in cells.values()) > MOST_TEXTS:
        rows, cells = 0, {}
    cases, whole = np.zeros(rows, dtype=np.uint64), np.zeros(rows, dtype=np.uint64)
    for name, column in cells.items():
        hashes = np.append(_hashes(column), _MISSING)
        name_hash = pd.util.hash_array(np.array([name], dtype=object), categorize=False)[0]
        own = _mixed(hashes ^ name_hash)[column.codes]
        whole += own
        if name not in targets:
            cases += own
    return Prints(cases, whole)


def known_among(prints: np.ndarray, earlier: np.ndarray) -> np.ndarray:
    """Which prints stand among earlier ones; of equal ones no more than there were then.

    Parameters
    ----------
    prints, earlier : ndarray of uint64
        Of rows now, and of rows then.

    Returns
    -------
    ndarray of bool, shape (len(prints),)
    """
    values, counts = np.unique(earlier, return_counts=True)
    if not len(values):
        return np.zeros(len(prints), dtype=bool)
    order = np.argsort(prints, kind="stable")
    ordered = prints[order]
    starts = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]]) if len(ordered) else order
    sizes = np.diff(np.append(starts, len(ordered)))
    number = np.arange(len(ordered)) - np.repeat(starts, sizes)
    at = np.minimum(np.searchsorted(values, ordered), len(values) - 1)
    known = np.empty(len(prints), dtype=bool)
    known[order] = (values[at] == ordered) & (number < counts[at])
    return known


def _hashes(column: Cells) -> np.ndarray:
    numbers = column.numbers + 0.0  # no minus zero
    texts = column.texts.astype(object)
    hashes = pd.util.hash_array(texts, categorize=False).astype(np.uint64)
    return np.where(np.isnan(numbers), hashes, pd.util.hash_array(numbers).astype(np.uint64))


def _mixed(hashes: np.ndarray) -> np.ndarray:
    """The hashes with all bits stirred, so that sums of them do not cancel out."""
    mixed = (hashes ^ (hashes >> np.uint64(31))) * np.uint64(0xBF58476D1CE4E5B9)
    return np.asarray(mixed ^ (mixed >> np.uint64(29)))
