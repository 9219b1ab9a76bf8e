"""A few rows to predict, typed at once instead of column by column.

:func:`~mle_star.toolkit.table.typed_table` costs the same for one row as for a thousand: a dozen
pandas operations a column. A service that predicts row by row would spend nearly all its time
there. Here the cells of all columns that are read alike are parsed together.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from mle_star.toolkit.table import MISSING, cell_text, is_missing, parse_dates, parse_numbers

FEW = 32
"""Rows up to which this is quicker."""


def typed_rows(table: pd.DataFrame, specs: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """Type a few rows of a user's table.

    Parameters
    ----------
    table : DataFrame
        As the user has it, with unique names that are text, and every column of `specs`.
    specs : sequence of mapping
        See :func:`~mle_star.toolkit.table.typed_table`.

    Returns
    -------
    DataFrame
        What ``typed_table(as_strings(table), specs)`` gives.
    """
    cells = {spec["name"]: _texts(table[spec["original"]]) for spec in specs}
    columns: dict[str, Any] = dict.fromkeys(cells)
    alike: dict[tuple[Any, ...], list[Mapping[str, Any]]] = {}
    for spec in specs:
        alike.setdefault(_reading(spec), []).append(spec)
    for group in alike.values():
        texts = [text for spec in group for text in cells[spec["name"]]]
        values = _typed(texts, group[0])
        for place, spec in enumerate(group):
            columns[spec["name"]] = values[place * len(table) : (place + 1) * len(table)]
    return pd.DataFrame(columns, index=pd.RangeIndex(len(table)))


def _reading(spec: Mapping[str, Any]) -> tuple[Any, ...]:
    """What decides how a cell is read."""
    kind = spec["kind"] if spec["kind"] in ("numeric", "date") else "text"
    return (kind, *(spec.get(key) for key in ("format", "decimal", "thousands", "affix")))


def _texts(column: pd.Series[Any]) -> list[str | None]:
    if pd.api.types.is_datetime64_any_dtype(column):
        return [None if is_missing(cell) else cell.isoformat() for cell in column]
    return [None if is_missing(cell) else _stripped(cell) for cell in column]


def _stripped(cell: Any) -> str | None:
    text = cell if isinstance(cell, str) else cell_text(cell)
    text = text.strip()
    return None if text in MISSING else text


def _typed(texts: list[str | None], spec: Mapping[str, Any]) -> Any:
    if spec["kind"] not in ("numeric", "date"):
        return pd.array(texts, dtype="str")
    there = [place for place, text in enumerate(texts) if text is not None]
    found = np.array([*(texts[place] for place in there), None], dtype=object)[:-1]
    if spec["kind"] == "numeric":
        numbers = np.full(len(texts), np.nan)
        numbers[there] = parse_numbers(found, spec)
        return numbers
    moments = np.full(len(texts), np.datetime64("NaT", "us"))
    moments[there] = parse_dates(found, spec["format"])
    return moments
