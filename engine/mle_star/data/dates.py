"""Finding the format in which a column writes its dates."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

from mle_star.data.cells import Cells
from mle_star.toolkit.table import parse_dates, parse_numbers

_DAYS = {
    "-": ("%Y-%m-%d", "%d-%m-%Y", "%m-%d-%Y", "%d-%b-%Y", "%d-%b-%y", "%d-%m-%y"),
    "/": ("%Y/%m/%d", "%m/%d/%Y", "%d/%m/%Y", "%m/%d/%y", "%d/%m/%y", "%d/%b/%Y"),
    ".": ("%d.%m.%Y", "%Y.%m.%d", "%d.%m.%y"),
    " ": ("%d %b %Y", "%d %B %Y", "%b %d, %Y", "%B %d, %Y", "%b %d %Y", "%d %b %y"),
}
_TIMES = (" %H:%M:%S", " %H:%M", " %H:%M:%S.%f", " %I:%M:%S %p", " %I:%M %p", " %H")
_ISO_TIMES = ("T%H:%M:%S", "T%H:%M", "T%H:%M:%S.%f")
_ZONES = ("", "%z", " %z")
_CLOCKS = ("%H:%M", "%H:%M:%S", "%I:%M %p", "%I:%M:%S %p")
_MONTHS = ("%Y-%m", "%Y/%m", "%m/%Y", "%b %Y", "%B %Y", "%b-%Y", "%Y-%b")
_LONG = ("%a %b %d %H:%M:%S %Y", "%a, %d %b %Y %H:%M:%S", "%a, %d %b %Y %H:%M:%S %z")
_SHAPE = re.compile(r"[\d]{1,4}[-/.: ]|[A-Za-z]{3,9}[-/ ,]")
_SAMPLE = 200
_ENOUGH = 0.95


@dataclass(frozen=True, slots=True)
class DateFormat:
    """How a column writes dates.

    Parameters
    ----------
    formats : str
        One to three formats separated by ``|``; the first that fits a text reads it.
    share : float
        Share of the rows present that they read.
    doubt : str
        What remains in doubt, for a person; empty when nothing does.
    """

    formats: str
    share: float
    doubt: str = ""


def find_date_format(cells: Cells, words: tuple[str, ...]) -> DateFormat | None:
    """Find the format or the up to three formats that read 95 % of a column.

    Parameters
    ----------
    cells : Cells
        The column.
    words : tuple of str
        Words of its name; eight digits are a date only where the name says so.

    Returns
    -------
    DateFormat or None
        None if the column holds no dates.
    """
    places = np.unique(np.linspace(0, len(cells.texts) - 1, _SAMPLE).astype(int))
    sample = cells.texts[places]
    if not _looks_like_dates(sample, words):
        return None
    chosen = _choose(sample, _candidates(sample))
    if not chosen:
        return None
    formats = "|".join(chosen)
    read = cells.share(~np.isnat(parse_dates(cells.texts, formats)))
    if read < _ENOUGH:
        return None
    return DateFormat(formats, read, _doubt(sample, chosen))


def _looks_like_dates(sample: np.ndarray, words: tuple[str, ...]) -> bool:
    if _says_date(words) and all(re.fullmatch(r"(19|20)\d{6}", text) for text in sample):
        return True
    if not np.isnan(parse_numbers(sample, {})).any():
        return False
    shaped = [
        4 <= len(text) <= 40 and any(c.isdigit() for c in text) and bool(_SHAPE.match(text))
        for text in sample
    ]
    return sum(shaped) >= _ENOUGH * len(shaped)


def _says_date(words: tuple[str, ...]) -> bool:
    return bool({"date", "day", "dt", "ymd", "time", "timestamp"} & set(words))


def _candidates(sample: np.ndarray) -> list[str]:
    """Formats that the separators in a sample make possible, the likelier first."""
    text = " ".join(sample[:50])
    if all(item.isdigit() for item in sample):
        return ["%Y%m%d"]
    clock = ":" in text
    days = [day for mark, group in _DAYS.items() if mark in text for day in group]
    if not clock:
        return [*days, *_MONTHS, *(day + " %H" for day in days)]
    timed = [day + time for day in days for time in _TIMES]
    zoned = [f"{day}{time}{zone}" for day in days for time in _TIMES[:3] for zone in _ZONES[1:]]
    iso = [f"%Y-%m-%d{time}{zone}" for time in _ISO_TIMES for zone in _ZONES] if "T" in text else []
    return [*iso, *timed, *days, *_CLOCKS, *_LONG, *zoned]


def _choose(sample: np.ndarray, candidates: list[str]) -> list[str]:
    chosen: list[str] = []
    left = sample
    while len(left) > (1 - _ENOUGH) * len(sample) and len(chosen) < 3:
        pilot = left[:20]
        reads = {c: int((~np.isnat(parse_dates(pilot, c))).sum()) for c in candidates}
        possible = [c for c in candidates if reads[c]]
        full = {c: int((~np.isnat(parse_dates(left, c))).sum()) for c in possible}
        best = max(possible, key=lambda c: full[c], default=None)
        if best is None:
            return []
        chosen.append(best)
        left = left[np.isnat(parse_dates(left, best))]
    return chosen if len(left) <= (1 - _ENOUGH) * len(sample) else []


def _doubt(sample: np.ndarray, chosen: list[str]) -> str:
    if len(chosen) > 1:
        return f"it mixes {len(chosen)} formats"
    swapped = chosen[0].replace("%d", "%_").replace("%m", "%d").replace("%_", "%m")
    numeric = swapped != chosen[0] and not chosen[0].startswith("%Y")
    if numeric and not np.isnat(parse_dates(sample, swapped)).any():
        return "day and month could be the other way round"
    return ""
