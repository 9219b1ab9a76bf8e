"""Which column orders the rows in time and which groups them: asked for, or plain to see."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from mle_star.data.cells import Cells
from mle_star.data.groups import group_hints
from mle_star.data.hints import Hint, listed
from mle_star.data.request import NONE, DataRequest
from mle_star.data.schema import Column
from mle_star.data.times import time_hints, times_of
from mle_star.errors import DataError
from mle_star.types import ColumnKind

_SHUFFLED = (
    "the file is in no order of time: if what is to be predicted lies between these rows and not "
    "after them, --time-column none judges and chooses better"
)
_FEW_ROWS = 100
_LITTLE = 0.1


@dataclass(frozen=True, slots=True)
class Structure:
    """Order and groups of the rows.

    Parameters
    ----------
    time : tuple of str
        Original names of the columns that give the moment; empty if rows are not ordered.
    times : ndarray of float64 or None, shape (n_rows,)
        The moments, none missing.
    group : str or None
        Original name.
    hints : tuple of Hint
        All that was found.
    reasons : list of str
        What is used and why, and what is only noted.
    """

    time: tuple[str, ...]
    times: np.ndarray | None
    group: str | None
    hints: tuple[Hint, ...]
    reasons: list[str]

    def reordered(self, order: np.ndarray) -> Self:
        """The same after the rows were put into another order."""
        return self if self.times is None else replace(self, times=self.times[order])


def find_structure(
    request: DataRequest,
    columns: Sequence[Column],
    cells: Mapping[str, Cells],
    labels: np.ndarray,
    *,
    classes: bool,
) -> Structure:
    """Decide order and groups.

    Parameters
    ----------
    request : DataRequest
        ``time`` and ``group``: a column, ``none``, or None for what the data shows.
    columns : sequence of Column
        Every column, with its role.
    cells : mapping of str to Cells
        By original name.
    labels : ndarray of shape (n_rows, n_outputs)
        Encoded.
    classes : bool
        Whether the labels are class codes.

    Returns
    -------
    Structure

    Raises
    ------
    DataError
        If the column named for time holds neither dates nor numbers.
    """
    features = [column for column in columns if column.used]
    found_times = time_hints(features, cells)
    in_time = {name for hint in found_times for name in hint.columns}
    others = [column for column in features if column.original not in in_time]
    found_groups = group_hints(others, cells, labels, classes=classes)
    time, time_reasons = _choose_time(request, found_times)
    group, group_reasons = _choose_group(request, found_groups, ordered=bool(time))
    times = _complete_times(time, columns, cells) if time else None
    if times is not None and not request.time and _in_no_order(times):
        time_reasons.append(_SHUFFLED)
    reasons = time_reasons + group_reasons
    return Structure(time, times, group, (*found_times, *found_groups), reasons)


def _choose_time(request: DataRequest, hints: Sequence[Hint]) -> tuple[tuple[str, ...], list[str]]:
    if request.time == NONE:
        return (), ["rows are not taken to be ordered in time: --time-column none"]
    if request.time:
        return (request.time,), [f"rows are ordered by {request.time!r}: --time-column"]
    if hints and hints[0].strong:
        chosen = hints[0]
        used = f"rows are ordered in time by {listed(chosen.columns)}, so the past never sees the "
        used += f"future: {chosen.reason} (--time-column none switches this off)"
        return chosen.columns, [used]
    return (), [f"noted, not used for order in time: {hint.reason}" for hint in hints]


def _choose_group(
    request: DataRequest, hints: Sequence[Hint], *, ordered: bool
) -> tuple[str | None, list[str]]:
    if request.group == NONE:
        return None, ["rows are not taken to be grouped: --group none"]
    if request.group:
        return request.group, [f"rows are grouped by {request.group!r}: --group"]
    if hints and hints[0].strong and not ordered:
        used = f"rows of one {hints[0].columns[0]!r} stay together and it is no feature: "
        used += f"{hints[0].reason} (--group none switches this off)"
        return hints[0].columns[0], [used]
    note = "noted, not used for groups"
    note += " (order in time comes first)" if ordered else ""
    return None, [f"{note}: {hint.reason}" for hint in hints]


def _complete_times(
    names: Sequence[str], columns: Sequence[Column], cells: Mapping[str, Cells]
) -> np.ndarray:
    column = next(column for column in columns if column.original == names[0])
    times = times_of(names, columns, cells)
    known = ~np.isnan(times)
    if column.kind not in (ColumnKind.DATE, ColumnKind.NUMERIC) or not known.any():
        raise DataError(
            f"the column {names[0]!r} (given with --time-column) holds neither dates nor numbers",
            "name another column, or write its dates as 2024-12-31",
        )
    return np.where(known, times, times[known].min())


def _in_no_order(times: np.ndarray) -> bool:
    """Whether the next row is later about as often as earlier, as after a shuffle.

    A file of one series after another is mostly in order, so this looks at neighbours.
    """
    steps = np.sign(np.diff(times))
    steps = steps[steps != 0]
    return len(steps) >= _FEW_ROWS and bool(abs(steps.mean()) < _LITTLE)
