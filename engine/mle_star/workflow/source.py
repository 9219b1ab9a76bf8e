"""Reading a workflow file, whichever its form."""

from __future__ import annotations

from pathlib import Path

from mle_star.errors import UsageError
from mle_star.workflow.json_source import read_json
from mle_star.workflow.node import Node, SourceError
from mle_star.workflow.problems import Problems

LARGEST = 262_144
"""Bytes of a workflow file at most."""
_FORMS = (".json", ".yaml", ".yml")


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
            return read_json(text, problems)
        from mle_star.workflow.yaml_source import read_yaml

        return read_yaml(text, problems)
    except RecursionError:
        raise UsageError(f"{path} is nested too deeply", "write it flatter") from None
    except SourceError as error:
        raise UsageError(f"{path}:{error.line}: {error}", f"correct line {error.line}") from None


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
