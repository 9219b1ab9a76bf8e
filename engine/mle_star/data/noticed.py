"""What is other in changed data beside how often: columns, categories, ranges."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from mle_star.data.reference import Spread, is_missing, is_number

_SHOWN = 5
_CHANCE = 0.01
"""A range that is left is told of where rows of before would leave it less often."""


def columns_changed(then: Mapping[str, Spread], now: Mapping[str, tuple[str, str]]) -> list[str]:
    """Columns that came, went, or are of another kind.

    Parameters
    ----------
    then : mapping of str to Spread
        By name in the file.
    now : mapping of str to (str, str)
        Kind and role of each column.
    """
    found = [f"column {label(name)} was added" for name in now if name not in then]
    found += [f"column {label(name)} was removed" for name in then if name not in now]
    for name, (kind, role) in now.items():
        if name in then and (then[name].kind, then[name].role) != (kind, role):
            before = f"{then[name].kind} {then[name].role}"
            found.append(f"column {label(name)} was a {before}, is a {kind} {role} now")
    return found


def noticed(
    then: Mapping[str, Spread],
    values: Mapping[str, np.ndarray],
    common: Sequence[str],
    known: np.ndarray | None,
) -> list[str]:
    """New and lost categories, and numbers outside of what they were between.

    Parameters
    ----------
    then : mapping of str to Spread
        Of before, by name in the file.
    values : mapping of str to ndarray
        Of now.
    common : sequence of str
        Columns that are there in both.
    known : ndarray of bool or None
        Rows that were there before; None: it is not known.
    """
    found = []
    for name in common:
        column, all_rows = then[name], values[name]
        if column.levels is not None and not is_number(all_rows):
            found += _categories(column, all_rows[~is_missing(all_rows)])
        elif column.low is not None and column.high is not None and column.kind == "numeric":
            rows = all_rows if known is None else all_rows[~known]
            outside = int(((rows < column.low) | (rows > column.high)).sum())
            chance = (len(rows) / (len(rows) + column.present)) ** outside
            if chance < _CHANCE:
                limits = f"{column.low:.6g} to {column.high:.6g}"
                found.append(
                    f"{label(name)} is outside of its earlier range, {limits}, in {outside:,} rows"
                )
    return found


def _categories(column: Spread, present: np.ndarray) -> list[str]:
    assert column.levels is not None
    labels, counts = np.unique(present.astype(str), return_counts=True)
    now = dict(zip(labels.tolist(), counts.tolist(), strict=True))
    found = []
    if column.distinct == len(column.levels):  # all that there were are known
        new = sorted((label for label in now if label not in column.levels), key=lambda x: -now[x])
        if new:
            told = ", ".join(f"{label(one)} ({now[one]:,})" for one in new[:_SHOWN])
            found.append(f"{label(column.name)} has new categories: {told}{_more(new)}")
    lost = [label for label in column.levels if label not in now]
    if lost:
        told = ", ".join(f"{label(one)} ({column.levels[one]:,} before)" for one in lost[:_SHOWN])
        found.append(f"{label(column.name)} has lost categories: {told}{_more(lost)}")
    return found


def _more(found: Sequence[str]) -> str:
    return f" and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""


def label(text: str) -> str:
    """A name or a category as it is told."""
    return repr(text[:40]) if text else "others"
