"""A workflow file as plain values that know their lines."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from mle_star.workflow.problems import Problems

_WHOLE = 2**63


@dataclass(frozen=True, slots=True)
class Node:
    """A value of the file.

    Parameters
    ----------
    value : str, int, float, bool, None, list of Node or dict of str to Node
        What was read.
    line : int
        Where it stands, from 1; for the value of a key, where the key stands.
    """

    value: Any
    line: int

    def plain(self) -> Any:
        """The value without lines."""
        if isinstance(self.value, dict):
            return {key: node.plain() for key, node in self.value.items()}
        if isinstance(self.value, list):
            return [node.plain() for node in self.value]
        return self.value


def typed(value: Any, line: int) -> Node:
    """A plain value as if all of it stood at one line."""
    if isinstance(value, dict):
        return Node({str(key): typed(inner, line) for key, inner in value.items()}, line)
    if isinstance(value, list | tuple):
        return Node([typed(inner, line) for inner in value], line)
    return Node(value, line)


class SourceError(ValueError):
    """The text cannot be read as its form; `line` tells from where on."""

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(reason)
        self.line = line


def keep(entries: dict[str, Node], key: str, node: Node, problems: Problems) -> None:
    """Take one more key of a mapping; one that is there already is a problem."""
    if key in entries:
        problems.add(node.line, f"{key!r} stands twice, first in line {entries[key].line}")
    else:
        entries[key] = node


def usable(value: Any, line: int, problems: Problems) -> Node:
    """A single value; a number out of all bounds and text that is no Unicode are problems."""
    if isinstance(value, float) and not math.isfinite(value):
        problems.add(line, "a number must be finite")
        return Node(None, line)
    if isinstance(value, int) and not -_WHOLE <= value < _WHOLE:
        problems.add(line, "a whole number must fit into 64 bits")
        return Node(None, line)
    if isinstance(value, str) and any("\ud800" <= letter <= "\udfff" for letter in value):
        problems.add(line, "half of a surrogate pair is no text")
        return Node(None, line)
    return Node(value, line)
