"""A terminal of a fixed size, as far as the live page makes use of one."""

from __future__ import annotations

import io
import os
import re

_CODE = re.compile(r"\x1b\[(\??)([\d;]*)([A-Za-z])")


class Glass(io.StringIO):
    """What stands on it after all that was written; lines that scroll off are kept."""

    def __init__(self, columns: int = 80, lines: int = 24) -> None:
        super().__init__()
        self.columns, self.lines = columns, lines
        self.rows = [""]
        self.at = (0, 0)
        self.wraps = True
        self.wrapped = 0
        self.codes: set[str] = set()

    encoding = "utf-8"

    def isatty(self) -> bool:
        return True

    def fileno(self) -> int:
        raise OSError("no file")

    def write(self, text: str) -> int:
        if not isinstance(text, str):
            raise TypeError("text only")
        place = 0
        while place < len(text):
            if match := _CODE.match(text, place):
                self._obey(*match.groups())
                place = match.end()
            else:
                self._put(text[place])
                place += 1
        return len(text)

    def resize(self, columns: int, lines: int) -> None:
        """Another size; a narrower terminal forgets what it cannot show, as some do."""
        self.rows = [row[:columns] for row in self.rows]
        self.columns, self.lines = columns, lines

    @property
    def shown(self) -> str:
        """What can be seen, scrolled-off lines included."""
        return "\n".join(row.rstrip() for row in self.rows)

    def _obey(self, private: str, value: str, what: str) -> None:
        row, column = self.at
        if private:
            self.wraps = self.wraps if value != "7" else what == "h"
        elif what == "A":
            self.at = (max(len(self.rows) - self.lines, row - int(value), 0), column)
        elif what == "K":
            self.rows[row] = self.rows[row][:column]
        elif what == "J":
            self.rows[row] = self.rows[row][:column]
            del self.rows[row + 1 :]
        else:
            assert what == "m"
            self.codes |= set(value.split(";"))

    def _put(self, character: str) -> None:
        row, column = self.at
        if character == "\r":
            self.at = (row, 0)
        elif character == "\n":
            self._down()
        elif column < self.columns:
            line = self.rows[row].ljust(column)
            self.rows[row] = line[:column] + character + line[column + 1 :]
            self.at = (row, column + 1)
        elif self.wraps:
            self.wrapped += 1
            self._down()
            self._put(character)
        else:
            self.rows[row] = self.rows[row][: self.columns - 1] + character

    def _down(self) -> None:
        row, _ = self.at
        if row + 1 == len(self.rows):
            self.rows.append("")
        self.at = (row + 1, 0)

    def terminal_size(self) -> os.terminal_size:
        return os.terminal_size((self.columns, self.lines))
