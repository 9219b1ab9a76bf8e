"""Columns that order the rows in time: dates, and dates in parts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import pandas as pd

from mle_star.data.cells import Cells, words_of
from mle_star.data.hints import Hint, listed
from mle_star.data.schema import Column
from mle_star.toolkit.table import parse_dates, parse_numbers
from mle_star.types import ColumnKind

_PARTS = {"year": "year", "yr": "year", "yyyy": "year", "month": "month", "mnth": "month"}
_PARTS |= {"mo": "month", "mm": "month", "mon": "month", "day": "day", "dd": "day", "dom": "day"}
_PARTS |= {"hour": "hour", "hr": "hour", "hh": "hour"}
_RANGES = {"year": (1800, 2200), "month": (1, 12), "day": (1, 31), "hour": (0, 24)}
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_BIRTH = frozenset(["birth", "birthday", "birthdate", "dob", "born"])
_MANY_MOMENTS = 30
_COVERED = 0.9


def time_hints(columns: Sequence[Column], cells: Mapping[str, Cells]) -> list[Hint]:
    """Find columns, or parts of dates in several columns, that order the rows in time.

    Parameters
    ----------
    columns : sequence of Column
        Targets and dropped columns left out.
    cells : mapping of str to Cells
        By original name.

    Returns
    -------
    list of Hint
        Strong ones first, else in the order of the file.
    """
    hints = [_date_hint(c, columns, cells) for c in columns if c.kind is ColumnKind.DATE]
    hints += _parts_hints(columns, cells)
    return sorted(hints, key=lambda hint: not hint.strong)


def times_of(
    names: Sequence[str], columns: Iterable[Column], cells: Mapping[str, Cells]
) -> np.ndarray:
    """Sortable moments of the rows.

    Parameters
    ----------
    names : sequence of str
        Original names: one date or numeric column, a date column and its hour, or date parts.
    columns : iterable of Column
        All columns.
    cells : mapping of str to Cells
        By original name.

    Returns
    -------
    ndarray of float64, shape (n_rows,)
        Seconds since 1970 (or the numbers of a numeric column); NaN where missing.
    """
    by_name = {column.original: column for column in columns}
    if len(names) == 1 or by_name[names[0]].kind is ColumnKind.DATE:
        times = _values(by_name[names[0]], cells[names[0]])
        for name in names[1:]:
            times = times + 3600 * np.nan_to_num(_values(by_name[name], cells[name]))
        return times
    parts = {date_part(name)[0]: _part_values(name, cells[name]) for name in names}
    hours = np.nan_to_num(parts.pop("hour", np.zeros(1)))
    days = pd.to_datetime(pd.DataFrame(parts), errors="coerce")
    return np.asarray(_seconds(days.to_numpy(dtype="datetime64[us]")) + 3600 * hours)


def date_part(name: str) -> tuple[str, tuple[str, ...]]:
    """Which part of a date a column's name says it is, and the other words of the name.

    Examples
    --------
    >>> date_part("arrival_date_day_of_month"), date_part("Yr Sold"), date_part("weekday")
    (('day', ('arrival', 'date')), ('year', ('sold',)), ('', ('weekday',)))
    """
    words = words_of(name)
    if {"week", "weekday", "weekend"} & set(words):
        return "", words
    if "of" in words:
        words = words[: words.index("of")]
    found = [word for word in words if word in _PARTS]
    if len(found) != 1:
        return "", words
    return _PARTS[found[0]], tuple(word for word in words if word != found[0])


def _date_hint(column: Column, columns: Sequence[Column], cells: Mapping[str, Cells]) -> Hint:
    found = cells[column.original]
    formats = column.format or ""
    covered = found.present / found.rows
    birth = bool(_BIRTH & set(words_of(column.original)))
    moments = len(found.texts)
    strong = "%d" in formats and covered >= _COVERED and moments >= _MANY_MOMENTS and not birth
    names = (
        column.original,
        *(() if "%H" in formats or "%I" in formats else _hour(columns, cells)),
    )
    reason = f"{listed(names)} gives a moment to {covered:.0%} of the rows, {moments} distinct days"
    reason = reason.replace("days", "moments") if "%H" in formats else reason
    return Hint("time", names, strong, reason + ("; of birth" if birth else ""))


def _hour(columns: Sequence[Column], cells: Mapping[str, Cells]) -> tuple[str, ...]:
    hours = [c.original for c in columns if date_part(c.original) == ("hour", ())]
    return tuple(name for name in hours[:1] if _in_range("hour", name, cells[name]))


def _parts_hints(columns: Sequence[Column], cells: Mapping[str, Cells]) -> list[Hint]:
    families: dict[tuple[str, ...], dict[str, str]] = {}
    for column in columns:
        part, rest = date_part(column.original)
        if part and _in_range(part, column.original, cells[column.original]):
            families.setdefault(rest, {}).setdefault(part, column.original)
    hints = []
    for rest, parts in families.items():
        names = tuple(parts[part] for part in ("year", "month", "day", "hour") if part in parts)
        if "year" not in parts or "month" not in parts:
            continue
        whole = "day" in parts and not _BIRTH & set(rest)
        reason = f"{listed(names)} together give a date" + ("" if whole else " without a day")
        hints.append(Hint("time", names, whole, reason))
    return hints


def _in_range(part: str, name: str, cells: Cells) -> bool:
    values = _part_texts(part, cells.texts)
    low, high = _RANGES[part]
    return bool(len(values) and ((values >= low) & (values <= high) & (values % 1 == 0)).all())


def _part_texts(part: str, texts: np.ndarray) -> np.ndarray:
    numbers = parse_numbers(texts, {})
    if part != "month" or not np.isnan(numbers).all():
        return numbers
    starts = [text[:3].lower() for text in texts]
    return np.array([_MONTHS.index(s) + 1.0 if s in _MONTHS else np.nan for s in starts])


def _part_values(name: str, cells: Cells) -> np.ndarray:
    return np.asarray(np.append(_part_texts(date_part(name)[0], cells.texts), np.nan)[cells.codes])


def _values(column: Column, cells: Cells) -> np.ndarray:
    if column.kind is ColumnKind.DATE:
        distinct = _seconds(parse_dates(cells.texts, column.format or ""))
    else:
        spec = {"decimal": column.decimal, "thousands": column.thousands, "affix": column.affix}
        distinct = parse_numbers(cells.texts, spec)
    return np.asarray(np.append(distinct, np.nan)[cells.codes])


def _seconds(moments: np.ndarray) -> np.ndarray:
    numbers = moments.astype("datetime64[us]").astype(np.int64) / 1e6
    return np.where(np.isnat(moments), np.nan, numbers)
