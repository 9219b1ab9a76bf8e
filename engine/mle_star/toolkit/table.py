"""How cells of text become typed values: the one truth, for the engine and for ``solution.py``.

A file is read as text first (:func:`read_strings`); then each column is typed by its specification
(:func:`typed_table`), which was inferred once from the training file. Parsing works on the distinct
texts of a column, so its cost follows their number and not the number of rows.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

MISSING = frozenset(
    [
        *["", "NA", "N/A", "n/a", "na", "NaN", "nan", "NAN", "<NA>", "#N/A", "#NA", "?"],
        *["NULL", "Null", "null", "None", "none", "\\N"],
    ]
)
"""Cells that say there is no value, once stripped of white space."""


def read_strings(path: str | Path, dialect: Mapping[str, Any]) -> pd.DataFrame:
    """Read a file as text, every cell as it stands.

    Parameters
    ----------
    path : str or Path
        The file.
    dialect : mapping
        ``format`` (csv, jsonl, json, parquet), ``compression`` (None or gzip), ``encoding``, and
        for csv ``delimiter`` and ``quotechar``.

    Returns
    -------
    DataFrame of str (dtype object or str)
        The header's names made unique (``a``, ``a.1``; a blank one becomes ``column_3``). A cell
        that holds nothing, or one of :data:`MISSING`, is NaN.

    Raises
    ------
    ValueError
        If the content is not what the dialect says.
    """
    if dialect["format"] == "parquet":
        return as_strings(pd.read_parquet(path))
    if dialect["format"] == "csv":
        return _read_csv(path, dialect)
    opener = gzip.open if dialect.get("compression") else open
    with opener(path, "rt", encoding=dialect["encoding"]) as file:
        return _blank_missing(_records_table(file, lines=dialect["format"] == "jsonl"))


def as_strings(frame: pd.DataFrame) -> pd.DataFrame:
    """Turn a table of any types into text cells, as :func:`read_strings` would have read them."""
    columns = {}
    for position, name in enumerate(unique_names([str(name) for name in frame.columns])):
        column = frame.iloc[:, position]
        if pd.api.types.is_datetime64_any_dtype(column):
            column = column.map(lambda moment: moment.isoformat(), na_action="ignore")
        texts = [None if is_missing(cell) else cell_text(cell) for cell in column.astype(object)]
        columns[name] = _text_column(np.array(texts, dtype=object))
    return _blank_missing(pd.DataFrame(columns))


def unique_names(header: Sequence[str]) -> list[str]:
    """Names of a header made unique and non-empty, outer white space removed.

    Examples
    --------
    >>> unique_names(["a", "a", "", " b "])
    ['a', 'a.1', 'column_3', 'b']
    """
    names = [text.strip() or f"column_{place}" for place, text in enumerate(header, start=1)]
    taken, result = set(names), []
    seen: dict[str, int] = {}
    for name in names:
        unique = name
        while name in seen and unique in taken:
            unique = f"{name}.{seen[name]}"
            seen[name] += 1
        seen.setdefault(name, 1)
        taken.add(unique)
        result.append(unique)
    return result


def typed_table(strings: pd.DataFrame, specs: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """Type the columns of a table of text.

    Parameters
    ----------
    strings : DataFrame
        See :func:`read_strings`; further columns are ignored, their order does not matter.
    specs : sequence of mapping
        One a column wanted: ``name`` (safe), ``original``, ``kind`` (numeric, categorical, text,
        date), ``format`` (date formats separated by ``|``), ``decimal``, ``thousands``, ``affix``.

    Returns
    -------
    DataFrame
        Numeric columns are float64, dates datetime64, the others text; NaN or NaT is missing.

    Raises
    ------
    ValueError
        If a column is not there.
    """
    absent = [spec["original"] for spec in specs if spec["original"] not in strings.columns]
    if absent:
        raise ValueError(f"the table lacks the column(s) {', '.join(map(repr, absent))}")
    columns = {
        spec["name"]: typed_column(*distinct_cells(strings[spec["original"]]), spec)
        for spec in specs
    }
    return pd.DataFrame(columns, index=pd.RangeIndex(len(strings)))


def typed_column(codes: np.ndarray, texts: np.ndarray, spec: Mapping[str, Any]) -> pd.Series:
    """Type one column.

    Parameters
    ----------
    codes, texts : ndarray
        See :func:`distinct_cells`.
    spec : mapping
        See :func:`typed_table`.
    """
    if spec["kind"] == "numeric":
        return pd.Series(np.append(parse_numbers(texts, spec), np.nan)[codes])
    if spec["kind"] == "date":
        return pd.Series(np.append(parse_dates(texts, spec["format"]), np.datetime64("NaT"))[codes])
    return _text_column(np.append(texts, np.array([np.nan], dtype=object))[codes])


def distinct_cells(column: pd.Series) -> tuple[np.ndarray, np.ndarray]:
    """Distinct texts of a column, stripped.

    Returns
    -------
    codes : ndarray of int, shape (n_rows,)
        Position of each row's text in `texts`; -1 where the cell is missing.
    texts : ndarray of object
        In order of first appearance.
    """
    codes, found = pd.factorize(column)
    stripped = [*map(str.strip, map(str, np.asarray(found, dtype=object)))]
    if MISSING.isdisjoint(stripped) and len(set(stripped)) == len(stripped):  # nearly always
        return codes.astype(np.int64), np.array([*stripped, None], dtype=object)[:-1]
    places: dict[str, int] = {}
    moved = [-1 if text in MISSING else places.setdefault(text, len(places)) for text in stripped]
    texts = np.array([*places, None], dtype=object)[:-1]
    return np.array([*moved, -1], dtype=np.int64)[codes], texts


def parse_numbers(texts: np.ndarray, spec: Mapping[str, Any]) -> np.ndarray:
    """Read texts as float64; what is no finite number is NaN.

    Parameters
    ----------
    texts : ndarray of object
        Stripped texts.
    spec : mapping
        ``decimal`` (``.`` or ``,``), ``thousands`` (a separator to leave out) and ``affix``
        (characters around the number to leave out, such as ``%`` or ``$``).
    """
    decimal, drop = spec.get("decimal") or ".", spec.get("thousands") or ""
    drop += spec.get("affix") or ""
    if decimal != "." or drop:
        table = str.maketrans({**dict.fromkeys(drop), decimal: "."})
        texts = np.array([*(text.translate(table).strip() for text in texts), None], dtype=object)
        texts = texts[:-1]
    numbers = np.asarray(pd.to_numeric(texts, errors="coerce"), dtype=np.float64)
    return np.where(np.isfinite(numbers), numbers, np.nan)


def parse_dates(texts: np.ndarray, formats: str) -> np.ndarray:
    """Read texts as datetime64[us] with the first of the ``|``-separated formats that fits each."""
    moments = np.full(len(texts), np.datetime64("NaT", "us"))
    for pattern in formats.split("|"):
        left = np.flatnonzero(np.isnat(moments))
        if len(left):
            moments[left] = _parse_one_format(texts[left], pattern)
    return moments


def encode_labels(strings: pd.DataFrame, outputs: Sequence[Mapping[str, Any]]) -> np.ndarray:
    """Encode target columns as numbers.

    Parameters
    ----------
    strings : DataFrame
        See :func:`read_strings`.
    outputs : sequence of mapping
        One a target: ``original``, ``kind``, ``classes``, and for numbers ``decimal``,
        ``thousands``, ``affix``.

    Returns
    -------
    ndarray of float64, shape (n_rows, n_outputs)
        Class codes from 0, or numbers; NaN where missing, unreadable or of an unknown class.
    """
    columns = [_encode_one(strings[output["original"]], output) for output in outputs]
    return np.column_stack(columns) if columns else np.empty((len(strings), 0))


def predictions_frame(matrix: np.ndarray, outputs: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """Name the columns of a prediction matrix for a person.

    Parameters
    ----------
    matrix : ndarray of shape (n_rows, sum of widths)
        Class probabilities, or numbers; outputs side by side.
    outputs : sequence of mapping
        One a target: ``original`` and ``classes`` (empty for regression).

    Returns
    -------
    DataFrame
        ``prediction`` (the most probable class's label, or the number) and
        ``probability_CLASS``; with several outputs ``prediction_TARGET`` and
        ``probability_TARGET_CLASS``.
    """
    columns: dict[str, Any] = {}
    start = 0
    for output in outputs:
        suffix = f"_{output['original']}" if len(outputs) > 1 else ""
        classes = list(output["classes"])
        part = matrix[:, start : start + (len(classes) or 1)]
        start += part.shape[1]
        if not classes:
            columns[f"prediction{suffix}"] = part[:, 0]
            continue
        columns[f"prediction{suffix}"] = np.array(classes, dtype=object)[part.argmax(axis=1)]
        for place, label in enumerate(classes):
            columns[f"probability{suffix}_{label}"] = part[:, place]
    return pd.DataFrame(columns)


def _read_csv(path: str | Path, dialect: Mapping[str, Any]) -> pd.DataFrame:
    options: dict[str, Any] = {
        "sep": dialect.get("delimiter") or ",",
        "quotechar": dialect.get("quotechar") or '"',
        "encoding": dialect.get("encoding") or "utf-8",
        "compression": dialect.get("compression"),
        "dtype": object,
        "keep_default_na": False,
        "index_col": False,
    }
    first = pd.read_csv(path, header=None, nrows=1, **options)
    names = unique_names([str(cell) for cell in first.iloc[0]])
    strings: pd.DataFrame = pd.read_csv(
        path, header=0, names=names, na_values=list(MISSING), **options
    )
    return strings


def _records_table(file: Iterable[str], *, lines: bool) -> pd.DataFrame:
    decoder = json.JSONDecoder(parse_float=str, parse_int=str, parse_constant=str)
    if lines:
        records = [decoder.decode(line) for line in file if line.strip()]
    else:
        records = decoder.decode("".join(file))
    if not isinstance(records, list) or not all(isinstance(record, dict) for record in records):
        raise ValueError("expected a list of JSON objects")
    keys = list(dict.fromkeys(key for record in records for key in record))
    names = unique_names(keys)
    cells = {
        name: _text_column(
            np.array([_json_text(record.get(key)) for record in records], dtype=object)
        )
        for name, key in zip(names, keys, strict=True)
    }
    return pd.DataFrame(cells, index=pd.RangeIndex(len(records)))


def _json_text(cell: Any) -> str | None:
    if cell is None or isinstance(cell, str):
        return cell
    return json.dumps(cell, ensure_ascii=False) if isinstance(cell, dict | list) else str(cell)


def is_missing(cell: Any) -> bool:
    """Whether a cell of a user's table holds no value."""
    return cell is None or cell is pd.NA or cell is pd.NaT or cell != cell


def cell_text(cell: Any) -> str:
    """A cell of a user's table as text."""
    return repr(float(cell)) if isinstance(cell, float | np.floating) else str(cell)


def _blank_missing(strings: pd.DataFrame) -> pd.DataFrame:
    return strings.mask(strings.isin(list(MISSING)))


def _text_column(texts: np.ndarray) -> pd.Series:
    return pd.Series(texts, dtype="str")


def _parse_one_format(texts: np.ndarray, pattern: str) -> np.ndarray:
    moments = pd.to_datetime(texts, format=pattern, errors="coerce", utc="%z" in pattern)
    naive = pd.DatetimeIndex(moments).tz_localize(None)
    return np.asarray(naive.to_numpy(dtype="datetime64[us]"))


def _encode_one(column: pd.Series, output: Mapping[str, Any]) -> np.ndarray:
    codes, texts = distinct_cells(column)
    if not output["classes"]:
        return np.asarray(np.append(parse_numbers(texts, output), np.nan)[codes])
    labels = {label: float(place) for place, label in enumerate(output["classes"])}
    by_number = {_label_number(label): place for label, place in labels.items()}
    by_number.pop(None, None)
    found = [labels.get(text, by_number.get(_label_number(text), np.nan)) for text in texts]
    return np.asarray(np.array([*found, np.nan])[codes])


def _label_number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
