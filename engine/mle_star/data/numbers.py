"""Finding how a column writes its numbers: decimal mark, thousands, percent or currency signs."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

from mle_star.data.cells import Cells
from mle_star.toolkit.table import parse_numbers

_ENOUGH = 0.95
_AFFIXES = ("%", "$", "€", "£", "¥")
_CODE = re.compile(r"0\d+")
_GROUPED = {
    ",": re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d+)?"),
    ".": re.compile(r"[+-]?\d{1,3}(\.\d{3})+(,\d+)?"),
}
_SPACED = re.compile(r"[+-]?\d{1,3}([ '\u00a0\u202f]\d{3})+([.,]\d+)?")
_COMMA = re.compile(r"[+-]?\d+,\d+([eE][+-]?\d+)?")


@dataclass(frozen=True, slots=True)
class NumberFormat:
    """How a column writes numbers; see :func:`mle_star.toolkit.table.parse_numbers`.

    Parameters
    ----------
    decimal, thousands, affix : str
        The decimal mark; characters to leave out between and around digits.
    share : float
        Share of the rows present that can be read.
    why : str
        In words.
    """

    decimal: str
    thousands: str
    affix: str
    share: float
    why: str


def find_number_format(cells: Cells, *, european: bool) -> NumberFormat | None:
    """Find how a column writes numbers.

    Parameters
    ----------
    cells : Cells
        The column.
    european : bool
        Whether the file writes decimal commas elsewhere, so ``1.234`` may be a thousand.

    Returns
    -------
    NumberFormat or None
        None if under 95 % of the rows are numbers, or they are codes with leading zeros.
    """
    if not _digits_stand_in(cells.texts):
        return None
    plain = NumberFormat(".", "", "", cells.share(~np.isnan(cells.numbers)), "numbers")
    if plain.share >= _ENOUGH:
        if _are_codes(cells):
            return None
        if european and _all_grouped(cells.texts, "."):
            return _try(cells, ",", ".", "", "numbers with a thousands point")
        return plain
    affix = next((a for a in _AFFIXES if _has(cells, a)), "")
    written = _written(cells, affix, european=european)
    best = max(written, key=lambda found: found.share, default=plain)
    return best if best.share >= _ENOUGH else None


def _digits_stand_in(texts: np.ndarray) -> bool:
    sample = texts[np.unique(np.linspace(0, len(texts) - 1, 200).astype(int))]
    numeric = [any(c.isdigit() for c in text) or "inf" in text.lower() for text in sample]
    return sum(numeric) >= len(sample) / 2


def _written(cells: Cells, affix: str, *, european: bool) -> list[NumberFormat]:
    """Ways in which the texts may be numbers, the likelier first."""
    sign = f" and {affix}" if affix else ""
    bare = np.array([text.strip(affix + " ") for text in cells.texts], dtype=object)
    found = [_try(cells, ".", "", affix, f"numbers with {affix}")] if affix else []
    commas = [text for text in bare if "," in text]
    if commas:
        grouped = all(_GROUPED[","].fullmatch(text) for text in commas)
        if grouped and not european:
            found.append(_try(cells, ".", ",", affix, f"numbers with a thousands comma{sign}"))
        elif all(_COMMA.fullmatch(t) or _GROUPED["."].fullmatch(t) for t in commas):
            thousands = "." if any(_GROUPED["."].fullmatch(text) for text in bare) else ""
            why = f"numbers with a decimal comma{sign}"
            found.append(_try(cells, ",", thousands, affix, why))
    spaced = [text for text in bare if _SPACED.fullmatch(text)]
    if spaced:
        decimal = "," if any("," in text for text in bare) else "."
        found.append(_try(cells, decimal, " '\u00a0\u202f", affix, f"numbers in groups{sign}"))
    return found


def _try(cells: Cells, decimal: str, thousands: str, affix: str, why: str) -> NumberFormat:
    spec = {"decimal": decimal, "thousands": thousands, "affix": affix}
    share = cells.share(~np.isnan(parse_numbers(cells.texts, spec)) | np.isinf(cells.numbers))
    return NumberFormat(decimal, thousands, affix, share, why)


def infinite_rows(cells: Cells) -> int:
    """Rows that hold an infinity, in words or by overflow."""
    return int(cells.counts[np.isinf(cells.numbers)].sum())


def _are_codes(cells: Cells) -> bool:
    """Whether whole numbers have leading zeros, other than two-digit hours, days and months."""
    whole = cells.texts[cells.numbers == np.floor(cells.numbers)]
    if not any(_CODE.fullmatch(text) for text in whole):
        return False
    return not all(len(text) == 2 and text.isdigit() for text in cells.texts)


def _all_grouped(texts: np.ndarray, mark: str) -> bool:
    marked = [text for text in texts if mark in text]
    return bool(marked) and all(_GROUPED[mark].fullmatch(text) for text in marked)


def _has(cells: Cells, affix: str) -> bool:
    return cells.share(np.array([affix in text for text in cells.texts], dtype=bool)) >= _ENOUGH
