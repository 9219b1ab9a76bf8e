"""A row of a page: pieces of text with styles, cut to a width, as plain text or for a terminal.

This stands in place of rich where a page is drawn many times a second while a run goes on: a row
costs microseconds here, which leaves the cores to the run.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate

from rich.cells import cell_len

Piece = tuple[str, str]
"""Text and the names of its styles, separated by blanks; empty: none."""

NARROW = 60
"""Columns below which there is no room for what only guides the eye."""

_ROWS = 200
"""Rows kept as they are drawn: most stay the same from one drawing to the next."""

_CODES = {"bold": "1", "dim": "2"}
_COLOURS = {"red": "31", "green": "32", "yellow": "33", "blue": "34", "cyan": "36"}
_ASCII = str.maketrans({
    "─": "-", "━": "#", "╸": ">", "…": "~", "±": "~", "·": ".",
    "✓": "+", "✗": "x",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Row:
    """One row.

    Parameters
    ----------
    rank : float
        What has the lowest rank stays longest where there is no room for all.
    pieces : tuple of Piece
        From left to right.
    """

    rank: float
    pieces: tuple[Piece, ...]


def row(rank: float, *pieces: Piece | str) -> Row:
    """A row of pieces, those without a style as plain text."""
    return Row(rank, tuple((piece, "") if isinstance(piece, str) else piece for piece in pieces))


def rule(rank: float, width: int, title: tuple[Piece, ...], end: Piece = ("", "")) -> Row:
    """A line across the page, with a title and something at its end."""
    used = sum(width_of(text) for text, _ in title) + width_of(end[0]) + 4
    tail: tuple[Piece, ...] = ((" ", ""), end) if end[0] else ()
    dashes = "─" * max(1, width - used - len(tail) // 2)
    return row(rank, ("── ", "dim"), *title, (f" {dashes}", "dim"), *tail)


def clean(text: str) -> str:
    """Text on one line, without characters that would move the cursor."""
    if text.isprintable():
        return text
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def width_of(text: str) -> int:
    """Cells that a text takes on a terminal."""
    return len(text) if text.isascii() else cell_len(text)


def cut(text: str, width: int) -> str:
    """A text in at most so many cells; one that was longer ends in an ellipsis."""
    text = clean(text)
    if width_of(text) <= width:
        return text
    if width <= 0:
        return ""
    ends = accumulate(width_of(character) for character in text)
    fitting = sum(end <= width - 1 for end in ends)
    return text[:fitting].rstrip(" …") + "…"


def padded(text: str, width: int) -> str:
    """A text in exactly so many cells."""
    text = cut(text, width)
    return text + " " * (width - width_of(text))


def fitted(row: Row, width: int) -> list[Piece]:
    """The pieces of a row that fit into a width, the last one cut."""
    found: list[Piece] = []
    left = width
    for text, style in row.pieces:
        short = cut(text, left)
        if not short:
            continue
        found.append((short, style))
        left -= width_of(short)
        if short.endswith("…") and not text.endswith("…"):
            break
    if found:  # no blanks at the end: they would wrap where a terminal is made narrower
        found[-1] = (found[-1][0].rstrip(), found[-1][1])
    return found


def plain(row: Row, width: int) -> str:
    """A row as plain text."""
    return "".join(text for text, _ in fitted(row, width)).rstrip()


@lru_cache(maxsize=_ROWS)
def drawn(row: Row, width: int, *, colours: bool) -> str:
    """A row with the codes that give a terminal its styles; ``NO_COLOR`` leaves bold and dim."""
    parts = []
    for text, style in fitted(row, width):
        codes = ";".join(code for name in style.split() if (code := _code(name, colours)))
        parts.append(f"\x1b[{codes}m{text}\x1b[0m" if codes else text)
    return "".join(parts)


def kept(rows: list[Row], height: int) -> list[Row]:
    """The rows that stay where there is no room for all, in their order."""
    if len(rows) <= height:
        return rows
    by_rank = sorted(range(len(rows)), key=lambda place: (rows[place].rank, place))
    return [rows[place] for place in sorted(by_rank[: max(0, height)])]


def in_ascii(text: str) -> str:
    """A text for a terminal that knows no more than ASCII."""
    return text.translate(_ASCII).encode("ascii", "replace").decode()


def _code(name: str, colours: bool) -> str:
    return _CODES.get(name, "") or (_COLOURS[name] if colours else "")
