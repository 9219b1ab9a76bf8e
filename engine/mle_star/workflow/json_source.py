"""JSON with line numbers: checked by the standard module, then walked for the places."""

from __future__ import annotations

import json
import re
from bisect import bisect_left
from typing import Any

from mle_star.workflow.node import Node, SourceError, keep, usable
from mle_star.workflow.problems import Problems

_BLANK = re.compile(r"[ \t\n\r]*")
_DECODER = json.JSONDecoder()


def read_json(text: str, problems: Problems) -> Node:
    """Read JSON.

    Parameters
    ----------
    text : str
        Of a whole file.
    problems : Problems
        Takes what is JSON but cannot be used.

    Raises
    ------
    SourceError
        If it is not JSON.
    """
    try:
        json.loads(text, parse_constant=_refused)
    except json.JSONDecodeError as error:
        raise SourceError(error.lineno, f"not JSON at column {error.colno}: {error.msg}") from None
    except ValueError as error:  # a constant, or a number of thousands of digits
        raise SourceError(1, f"not JSON: {error}") from None
    return _Walk(text, problems).value(_skip(text, 0))[0]


class _Walk:
    """Goes through text that is known to be JSON."""

    def __init__(self, text: str, problems: Problems) -> None:
        self._text = text
        self._problems = problems
        self._ends = [match.start() for match in re.finditer("\n", text)]

    def value(self, at: int, line: int | None = None) -> tuple[Node, int]:
        """The value that begins there, and where it ends."""
        line = line or self._line(at)
        if self._text[at] == "{":
            return self._mapping(at, line)
        if self._text[at] == "[":
            return self._list(at, line)
        value, end = _DECODER.raw_decode(self._text, at)
        return usable(value, line, self._problems), end

    def _mapping(self, at: int, line: int) -> tuple[Node, int]:
        entries: dict[str, Node] = {}
        at = _skip(self._text, at + 1)
        while self._text[at] != "}":
            key, colon = _DECODER.raw_decode(self._text, at)
            begin = _skip(self._text, _skip(self._text, colon) + 1)
            node, end = self.value(begin, self._line(at))
            usable(key, node.line, self._problems)
            keep(entries, key, node, self._problems)
            at = self._after(end)
        return Node(entries, line), at + 1

    def _list(self, at: int, line: int) -> tuple[Node, int]:
        found: list[Node] = []
        at = _skip(self._text, at + 1)
        while self._text[at] != "]":
            node, end = self.value(at)
            found.append(node)
            at = self._after(end)
        return Node(found, line), at + 1

    def _after(self, at: int) -> int:
        """The next element, or the end of what holds it."""
        at = _skip(self._text, at)
        return _skip(self._text, at + 1) if self._text[at] == "," else at

    def _line(self, at: int) -> int:
        return bisect_left(self._ends, at) + 1


def _skip(text: str, at: int) -> int:
    match = _BLANK.match(text, at)
    return match.end() if match else at


def _refused(name: str) -> Any:
    raise ValueError(f"{name} is not a number in JSON")
