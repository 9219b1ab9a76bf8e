"""What a session leaves of its data: enough to say later how other data differs from it."""

from __future__ import annotations

import io
import json
import zlib
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self
from zipfile import BadZipFile

import numpy as np
import pandas as pd

from mle_star import files
from mle_star.data.prepare import Prepared
from mle_star.data.prints import Prints
from mle_star.errors import StateError
from mle_star.types import ColumnKind

FILE = "data.npz"
"""Its name in a session's folder."""

BINS = 10
"""Parts of a column of numbers, each with about as many rows."""

MOST_LEVELS = 200
"""Categories of a column that are counted one by one; the rest are counted together."""

_DAMAGE = (OSError, ValueError, KeyError, TypeError, EOFError, BadZipFile, zlib.error)

TARGET, FEATURE = "target", "feature"


@dataclass(frozen=True, slots=True)
class Spread:
    """How the values of one column are spread.

    Parameters
    ----------
    name : str
        The name in the file.
    kind, role : str
        As in :class:`mle_star.data.schema.Column`.
    rows, missing : int
        All rows, and those without a value.
    edges : tuple of float
        Between the bins of numbers; texts are measured by their length, dates in days.
    counts : tuple of int
        Rows in each bin.
    low, middle, high : float or None
        Smallest, median and largest number.
    levels : dict of str to int
        Rows of each category, the most frequent first.
    distinct : int
        Categories, those beyond :data:`MOST_LEVELS` included.
    """

    name: str
    kind: str
    role: str
    rows: int
    missing: int
    edges: tuple[float, ...] = ()
    counts: tuple[int, ...] = ()
    low: float | None = None
    middle: float | None = None
    high: float | None = None
    levels: dict[str, int] | None = None
    distinct: int = 0

    @property
    def present(self) -> int:
        """Rows with a value."""
        return self.rows - self.missing


@dataclass(frozen=True, slots=True)
class Reference:
    """What is kept of a data set.

    Parameters
    ----------
    columns : tuple of Spread
        Every column of the file.
    prints : Prints
        Of every row.
    """

    columns: tuple[Spread, ...]
    prints: Prints

    @property
    def rows(self) -> int:
        """Rows of the data."""
        return self.columns[0].rows

    def save(self, path: Path) -> None:
        """Write it."""
        described = json.dumps([asdict(column) for column in self.columns])
        content = io.BytesIO()
        np.savez_compressed(
            content,
            columns=np.frombuffer(described.encode(), dtype=np.uint8),
            cases=self.prints.cases,
            rows=self.prints.rows,
        )
        files.write_bytes(path, content.getvalue())

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read what :meth:`save` wrote.

        Raises
        ------
        StateError
            If it is not there, or something else.
        """
        try:
            with path.open("rb") as file, np.load(file, allow_pickle=False) as found:
                described = json.loads(found["columns"].tobytes())
                prints = Prints(_numbers(found["cases"]), _numbers(found["rows"]))
            return cls(tuple(_spread(one) for one in described), prints)
        except _DAMAGE as error:
            raise StateError(f"{path} cannot be read: {error}", "start a new run") from error


def reference_of(prepared: Prepared) -> Reference:
    """What to keep of a data set."""
    values = values_of(prepared)
    missing = {
        c.original: round(c.missing * prepared.profile.rows) for c in prepared.profile.columns
    }
    rows = prepared.profile.rows
    found = []
    for column in prepared.schema.specs:
        head = column.original, str(column.kind), column.role, rows
        if column.original not in values:
            found.append(Spread(*head, missing.get(column.original, 0)))
        elif is_number(values[column.original]):
            found.append(_of_numbers(head, values[column.original]))
        else:
            found.append(_of_levels(head, values[column.original]))
    return Reference(tuple(found), prepared.prints)


def values_of(prepared: Prepared) -> dict[str, np.ndarray]:
    """Features and targets by original name: numbers, or labels as objects; NaN is missing."""
    found = {}
    for column in prepared.schema.features:
        series = prepared.table[column.name]
        if column.kind is ColumnKind.NUMERIC:
            found[column.original] = series.to_numpy(dtype=float)
        elif column.kind is ColumnKind.DATE:
            found[column.original] = _days(series)
        elif column.kind is ColumnKind.TEXT:
            found[column.original] = series.str.len().to_numpy(dtype=float, na_value=np.nan)
        else:
            found[column.original] = series.to_numpy(dtype=object, na_value=np.nan)
    for output, label in zip(prepared.task.outputs, prepared.labels.T, strict=True):
        classes = np.array(output.classes, dtype=object)
        found[output.original] = classes[label.astype(int)] if output.classes else label
    return found


def is_number(values: np.ndarray) -> bool:
    """Whether values are measured, and not counted by category."""
    return values.dtype != object


def is_missing(values: np.ndarray) -> np.ndarray:
    """Which labels are missing."""
    return np.array([value != value for value in values], dtype=bool)


def _of_numbers(head: tuple[str, str, str, int], values: np.ndarray) -> Spread:
    present = values[np.isfinite(values)]
    missing = len(values) - len(present)
    if not len(present):
        return Spread(*head, missing)
    edges = np.unique(np.quantile(present, np.linspace(0, 1, BINS + 1)[1:-1]))
    counts = binned(present, edges)
    ends = (float(present.min()), float(np.median(present)), float(present.max()))
    return Spread(*head, missing, tuple(edges.tolist()), tuple(counts.tolist()), *ends)


def binned(values: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """Rows in each bin."""
    return np.bincount(np.searchsorted(edges, values, side="left"), minlength=len(edges) + 1)


def _of_levels(head: tuple[str, str, str, int], values: np.ndarray) -> Spread:
    counted = pd.Series(values).value_counts()
    ordered = sorted(counted.items(), key=lambda pair: (-pair[1], str(pair[0])))
    levels = {str(level): int(count) for level, count in ordered[:MOST_LEVELS]}
    missing = len(values) - int(counted.sum())
    return Spread(*head, missing, levels=levels, distinct=len(ordered))


def _days(series: pd.Series[Any]) -> np.ndarray:
    moments = series.to_numpy(dtype="datetime64[s]")
    days = moments.astype(np.int64) / 86_400.0
    days[np.isnat(moments)] = np.nan
    return np.asarray(days)


def _numbers(array: np.ndarray) -> np.ndarray:
    if array.dtype != np.uint64 or array.ndim != 1:
        raise ValueError("the prints of rows are none")
    return array


def _spread(described: dict[str, Any]) -> Spread:
    return Spread(
        **described | {"edges": tuple(described["edges"]), "counts": tuple(described["counts"])}
    )
