"""Reading a data file as text, or refusing it with file, line and remedy."""

from __future__ import annotations

import csv
import json
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from mle_star.data.sniff import Dialect, open_text, sniff
from mle_star.errors import DataError
from mle_star.toolkit.table import read_strings


@dataclass(frozen=True, slots=True)
class Loaded:
    """A file's cells as text.

    Parameters
    ----------
    strings : DataFrame of str
        See :func:`mle_star.toolkit.table.read_strings`.
    dialect : Dialect
        How the file is written.
    notes : list of str
        What a person should know of the reading.
    """

    strings: pd.DataFrame
    dialect: Dialect
    notes: list[str]


def load(path: str | Path) -> Loaded:
    """Read a data file of any supported format as text.

    Parameters
    ----------
    path : str or Path
        CSV (any common delimiter and encoding), JSON lines, JSON records or Parquet; gzip too.

    Returns
    -------
    Loaded

    Raises
    ------
    DataError
        If the file cannot be read without doubt about where its cells belong.
    """
    path = Path(path)
    dialect = sniff(path)
    rows = _check_csv(path, dialect) if dialect["format"] == "csv" else None
    strings = _read(path, dialect)
    if rows is not None and rows != len(strings):
        raise DataError(
            f"{path} can be read in two ways ({rows} or {len(strings)} rows)",
            "look for stray quotes and save it with every text quoted",
        )
    if not len(strings) or not len(strings.columns):
        raise DataError(f"{path} has a header but no rows", "give a file with rows of data")
    return Loaded(strings, dialect, _notes(path, dialect, strings))


def _read(path: Path, dialect: Dialect) -> pd.DataFrame:
    try:
        return read_strings(path, dialect)
    except ImportError as error:
        raise DataError(
            f"{path} is a Parquet file, and reading it needs the extra package pyarrow",
            "pip install 'mle-star[parquet]', or export the data as CSV",
        ) from error
    except (ValueError, OSError) as error:  # also pandas' ParserError, JSON and Unicode errors
        where = _json_trouble(path, dialect) or str(error).split("\n")[0]
        raise DataError(
            f"{path} cannot be read as {dialect['format']}: {where}",
            "repair the file or export it again, as CSV in UTF-8 for example",
        ) from error


def _check_csv(path: Path, dialect: Dialect) -> int:
    """Count the rows, having seen that each has as many fields as the header."""
    try:
        return _count_rows(path, dialect, strict=True)
    except csv.Error:
        return _count_rows(path, dialect, strict=False)
    except UnicodeDecodeError as error:
        raise DataError(
            f"{path} is not {dialect['encoding']} throughout ({error.reason})",
            "save it as UTF-8 again",
        ) from error


def _count_rows(path: Path, dialect: Dialect, *, strict: bool) -> int:
    widths: Counter[int] = Counter()
    expected = first_line = line = 0
    with _unlimited_fields(), open_text(path, dialect) as file:
        reader = csv.reader(
            file, delimiter=dialect["delimiter"], quotechar=dialect["quotechar"], strict=strict
        )
        try:
            for row in reader:
                if len(row) < 2 and not "".join(row).strip():
                    line = reader.line_num
                    continue
                if not expected:
                    expected = len(row)
                elif len(row) != expected and not first_line:
                    first_line = line + 1
                widths[len(row)] += 1
                line = reader.line_num
        except csv.Error as error:
            if "unexpected end" in str(error):
                raise _unclosed(path, line + 1, dialect) from error
            raise
    rows = widths.total() - 1
    if first_line:
        raise _ragged(path, expected, first_line, widths)
    return rows


def _unclosed(path: Path, line: int, dialect: Dialect) -> DataError:
    return DataError(
        f"{path}: a quote ({dialect['quotechar']}) opened in line {line} is never closed",
        f"close it, or double it where it is part of a text, in or after line {line}",
    )


def _ragged(path: Path, expected: int, line: int, widths: Counter[int]) -> DataError:
    others = widths.copy()
    others[expected] -= 1  # the header
    others = +others
    if len(others) == 1:
        (got,) = others
        return DataError(
            f"{path}: every row has {got} fields but the header (line 1) has {expected}, "
            "so which name belongs to which column is in doubt",
            "add the missing name to the header, or remove the extra field "
            "(a row number, or a delimiter at the end of the line) from the rows",
        )
    wrong = others.total() - others[expected]
    got = next(width for width in others if width != expected)
    return DataError(
        f"{path}, line {line}: a row has another number of fields ({got}) than the header "
        f"({expected}); {wrong} of {others.total()} rows are so",
        f"put texts that hold the delimiter or a line end in quotes; look at line {line} first",
    )


@contextmanager
def _unlimited_fields() -> Iterator[None]:
    before = csv.field_size_limit(2**31 - 1)
    try:
        yield
    finally:
        csv.field_size_limit(before)


def _json_trouble(path: Path, dialect: Dialect) -> str:
    if dialect["format"] != "jsonl":
        return ""
    with open_text(path, dialect) as file:
        for number, line in enumerate(file, start=1):
            try:
                record = json.loads(line) if line.strip() else {}
            except ValueError as error:
                return f"line {number}: {error}"
            if not isinstance(record, dict):
                return f"line {number}: expected an object, got {type(record).__name__}"
    return ""


def _notes(path: Path, dialect: Dialect, strings: pd.DataFrame) -> list[str]:
    notes = []
    if dialect["format"] == "csv" and dialect["encoding"] not in ("utf-8", "utf-8-sig"):
        notes.append(f"{path.name} is read as {dialect['encoding']}")
    if dialect["format"] == "csv" and dialect["delimiter"] != ",":
        notes.append(f"{path.name} is read with the delimiter {dialect['delimiter']!r}")
    renamed = [name for name in strings.columns if name.startswith("column_")]
    if renamed:
        notes.append(f"columns without a name are called {', '.join(renamed[:5])}")
    numbers = pd.to_numeric(pd.Series(strings.columns), errors="coerce")
    if len(numbers) > 1 and numbers.notna().all():
        notes.append(f"the first line of {path.name} holds only numbers: is it a header?")
    return notes
