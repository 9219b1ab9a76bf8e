"""What each column of text holds, and whether a model should see it, each with a reason."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from mle_star.data.cells import Cells, words_of
from mle_star.data.dates import find_date_format
from mle_star.data.numbers import NumberFormat, find_number_format
from mle_star.data.schema import Column
from mle_star.types import ColumnKind

_ID_WORDS = frozenset(
    [
        *["id", "ids", "pid", "uid", "uuid", "guid", "key", "index", "idx", "rowid", "row", "no"],
        *["nr", "num", "number", "code", "identifier", "serial", "hash", "token"],
    ]
)
_TEXT_WORDS = 2.0
_TEXT_LENGTH = 20.0
_LONG_TEXT = 50.0


def infer_columns(
    cells: Mapping[str, Cells], names: Mapping[str, str], targets: Sequence[str] = ()
) -> list[Column]:
    """Infer the kind of every column and which are no features.

    Parameters
    ----------
    cells : mapping of str to Cells
        By original name, in the order of the file.
    names : mapping of str to str
        Original to safe name.
    targets : sequence of str, default ()
        Original names of the target columns; a column equal to one is no duplicate.

    Returns
    -------
    list of Column
        In order; role ``target``, ``feature``, ``id``, ``constant``, ``empty`` or ``duplicate``.
    """
    columns = {name: _infer(name, names[name], column) for name, column in cells.items()}
    if any(column.decimal == "," for column in columns.values()):
        for name, column in columns.items():
            if column.kind is ColumnKind.NUMERIC and column.decimal == ".":
                columns[name] = _infer(name, names[name], cells[name], european=True)
    for name in targets:
        columns[name] = replace(columns[name], role="target")
    firsts: dict[int, list[str]] = {}
    for name, column in columns.items():
        if column.role != "feature":
            continue
        alike = firsts.setdefault(_fingerprint(cells[name]), [])
        twin = next((other for other in alike if cells[other].same_as(cells[name])), None)
        if twin is None:
            alike.append(name)
            continue
        columns[name] = replace(column, role="duplicate", why=f"equal to {twin!r} in every row")
    return list(columns.values())


def _infer(original: str, name: str, cells: Cells, *, european: bool = False) -> Column:
    words = words_of(original)
    blank = Column(name, original, ColumnKind.CATEGORICAL, "feature", "")
    if not cells.present:
        return replace(blank, role="empty", why="every cell is missing")
    if len(cells.texts) == 1 and cells.present == cells.rows:
        return replace(blank, role="constant", why=f"every cell is {str(cells.texts[0])[:40]!r}")
    found = find_date_format(cells, words)
    if found:
        why = f"dates as {found.formats}" + (f"; {found.doubt}" if found.doubt else "")
        return Column(name, original, ColumnKind.DATE, "feature", why, format=found.formats)
    numbers = find_number_format(cells, european=european)
    if numbers:
        return _numeric(name, original, cells, numbers, words)
    return _words(name, original, cells, words)


def _numeric(
    name: str, original: str, cells: Cells, numbers: NumberFormat, words: tuple[str, ...]
) -> Column:
    why = numbers.why
    if numbers.share < 1:
        why += f"; {1 - numbers.share:.1%} of the cells are none and count as missing"
    role = "feature"
    if numbers.why == "numbers" and _is_row_key(cells, words, original):
        role, why = (
            "id",
            "a whole number, another one in every row, in a column named like an identifier",
        )
    return Column(
        name,
        original,
        ColumnKind.NUMERIC,
        role,
        why,
        decimal=numbers.decimal,
        thousands=numbers.thousands,
        affix=numbers.affix,
    )


def _is_row_key(cells: Cells, words: tuple[str, ...], original: str) -> bool:
    if not cells.unique or cells.rows < 3 or not all(text.isdigit() for text in cells.texts):
        return False
    return _named_id(words) or original.startswith(("Unnamed:", "column_"))


def _named_id(words: tuple[str, ...]) -> bool:
    return bool(words) and (words[-1] in _ID_WORDS or words[0] in ("id", "uuid", "index"))


def _words(name: str, original: str, cells: Cells, words: tuple[str, ...]) -> Column:
    lengths = np.array([len(text) for text in cells.texts])
    spaces = np.array([text.count(" ") for text in cells.texts])
    length = float((lengths * cells.counts).sum() / cells.present)
    mean_words = 1 + float((spaces * cells.counts).sum() / cells.present)
    distinct = len(cells.texts) / cells.present
    kind, role = ColumnKind.CATEGORICAL, "feature"
    why = f"{len(cells.texts)} distinct labels"
    if cells.unique and mean_words < 1.5 and _is_code(cells, lengths, words):
        role, why = "id", "a code that is another one in every row"
    elif (distinct >= 0.5 and (mean_words >= _TEXT_WORDS or length >= _TEXT_LENGTH)) or (
        len(cells.texts) > 100 and length >= _LONG_TEXT
    ):
        kind = ColumnKind.TEXT
        why = f"{mean_words:.0f} words and {length:.0f} characters a cell, {distinct:.0%} distinct"
    elif all(text.isdigit() for text in cells.texts):
        why = f"{len(cells.texts)} distinct codes with leading zeros"
    return Column(name, original, kind, role, why)


def _is_code(cells: Cells, lengths: np.ndarray, words: tuple[str, ...]) -> bool:
    if lengths.max() > 64 or cells.rows < 3:
        return False
    digits = np.array([any(c.isdigit() for c in text) for text in cells.texts])
    return _named_id(words) or (bool(digits.mean() >= 0.9) and float(lengths.std()) <= 2)


def _fingerprint(cells: Cells) -> int:
    return hash((cells.codes.tobytes(), tuple(cells.texts[:100])))
