"""The lower part of a terminal, drawn over again and again; lines scroll by above it."""

from __future__ import annotations

import io
import os
import re
from collections.abc import Callable
from typing import Any, TextIO

from mle_star.cli.row import Row, drawn, in_ascii, width_of

_BEGIN, _END = "\x1b[?2026h", "\x1b[?2026l"
"""Between them a terminal that knows them shows nothing that is not complete."""
_CUT, _WRAP = "\x1b[?7l", "\x1b[?7h"
_CODE = re.compile(r"\x1b\[[\d;]*m")
_USUAL = 80, 24


def is_terminal(stream: TextIO) -> bool:
    """Whether a page can be drawn: a terminal that can move its cursor."""
    return stream.isatty() and os.environ.get("TERM", "dumb") not in ("dumb", "unknown", "")


def size_of(stream: TextIO) -> tuple[int, int]:
    """Columns and lines of a terminal as it is now."""
    try:
        columns, lines = os.get_terminal_size(stream.fileno())
    except (OSError, ValueError):
        return _USUAL
    return (columns or _USUAL[0], lines or _USUAL[1])


class Screen:
    """Draws lines in place of those drawn before.

    The cursor rests below the last line and stays visible, so a killed process leaves a terminal
    that can be used as it is.

    Parameters
    ----------
    stream : TextIO
        The terminal.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._ascii = "utf" not in (stream.encoding or "utf").lower()
        self._drawn: list[str] = []
        self._size = _USUAL
        self.colours = not os.environ.get("NO_COLOR")

    def size(self) -> tuple[int, int]:
        """Columns and lines of the terminal now."""
        return size_of(self._stream)

    def styled(self, text: str, style: str) -> str:
        """A line with the codes of its style, however long it is."""
        return drawn(Row(0, ((text, style),)), len(text) * 2, colours=self.colours)

    def write(self, above: list[str], lines: list[str]) -> None:
        """Print lines that stay, then draw the page below them in place of the one before.

        Parameters
        ----------
        above : list of str
            May be wider than the terminal.
        lines : list of str
            No wider than the terminal.
        """
        columns, _ = size = self.size()
        same = size == self._size and not above and len(lines) == len(self._drawn)
        parts = [_BEGIN, self._back(columns), _WRAP, *(_ended(line, columns) for line in above)]
        parts.append(_CUT)
        for place, line in enumerate(lines):
            kept = same and line == self._drawn[place]
            parts.append("\r\n" if kept else _ended(line, columns))
        parts += ["" if same else "\x1b[J", _WRAP, _END]
        self._drawn, self._size = lines, size
        text = "".join(parts)
        self._stream.write(in_ascii(text) if self._ascii else text)
        self._stream.flush()

    def _back(self, width: int) -> str:
        """To the first line of what was drawn; a narrower terminal has wrapped the long ones."""
        widths = [width_of(_CODE.sub("", line)) for line in self._drawn]
        up = sum(max(1, -(-cells // width)) for cells in widths)
        return f"\r\x1b[{up}A" if up else "\r"


def _ended(line: str, columns: int) -> str:
    """A line with its end; what stood behind it goes, without touching a full last column."""
    cells = width_of(_CODE.sub("", line))
    return line + ("\r\n" if cells and cells % columns == 0 else "\x1b[K\r\n")


class Above(io.TextIOBase):
    """Takes what is printed while a page is shown, and hands on its lines.

    Parameters
    ----------
    tell : callable
        Takes each line.
    """

    def __init__(self, tell: Callable[[str], None]) -> None:
        self._tell = tell
        self._open = ""
        self.buffer = _Bytes(self)
        """For those who print bytes."""

    def write(self, text: str) -> int:
        """Take a text; a line is handed on once it is complete."""
        *whole, self._open = (self._open + text).split("\n")
        for line in whole:
            self._tell(line)
        return len(text)

    def writable(self) -> bool:
        """It is."""
        return True

    def close(self) -> None:
        """Hand on what there is of a last line."""
        if self._open:
            self._tell(self._open)
            self._open = ""
        super().close()


class _Bytes(io.RawIOBase):
    def __init__(self, above: Above) -> None:
        self._above = above

    def write(self, content: Any) -> int:
        self._above.write(bytes(content).decode(errors="replace"))
        return len(content)

    def writable(self) -> bool:
        return True
