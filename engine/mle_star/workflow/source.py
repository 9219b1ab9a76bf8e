"""A workflow file as plain values that know their lines."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mle_star.errors import UsageError
from mle_star.workflow.problems import Problems

LARGEST = 262_144
"""Bytes of a workflow file at most."""

_WHOLE = 2**63
_FORMS = (".json", ".yaml", ".yml")


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


def read_source(path: Path, problems: Problems) -> Node:
    """Read a JSON or YAML file.

    Parameters
    ----------
    path : Path
        Its ending says which of the two it is.
    problems : Problems
        Takes keys that stand twice and values that cannot be used.

    Raises
    ------
    UsageError
        If it cannot be read as what its ending says.
    """
    text = _text(path)
    try:
        if path.suffix.lower() == ".json":
            from mle_star.workflow.json_source import read_json

            return read_json(text, problems)
        from mle_star.workflow.yaml_source import read_yaml

        return read_yaml(text, problems)
    except RecursionError:
        raise UsageError(f"{path} is nested too deeply", "write it flatter") from None
    except SourceError as error:
        raise UsageError(f"{path}:{error.line}: {error}", f"correct line {error.line}") from None


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


def _text(path: Path) -> str:
    remedy = "give a JSON or YAML file, such as one that mle-star workflow show --json printed"
    if path.suffix.lower() not in _FORMS:
        raise UsageError(f"the workflow file {path} ends in none of {', '.join(_FORMS)}", remedy)
    try:
        if not path.is_file():
            raise UsageError(f"there is no workflow file {path}", remedy)
        if path.stat().st_size > LARGEST:
            raise UsageError(f"{path} has more than {LARGEST} bytes", remedy)
        return path.read_text(encoding="utf-8-sig")
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise UsageError(f"cannot read the workflow file {path}: {reason}", remedy) from error
