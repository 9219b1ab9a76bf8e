"""Variables: what they may be, how they stand within each other, what of a run they set."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Mapping
from graphlib import CycleError, TopologicalSorter
from typing import Any

from mle_star.errors import UsageError
from mle_star.workflow import values
from mle_star.workflow.json_source import read_json
from mle_star.workflow.node import Node, SourceError, typed
from mle_star.workflow.problems import TYPED, Problems, expected
from mle_star.workflow.values import Reader
from mle_star.workflow.workflow import Workflow

LONGEST = 10_000
"""Characters of a text after its references were replaced, at most."""

OPTIONS = {
    "dataset_path": "dataset",
    "target_column": "target",
    "target_metric": "metric",
    "experiment_name": "name",
    "model_output_dir": "output",
    "search_iterations": "search_iterations",
    "refinement_iterations": "refinement_iterations",
    "max_training_time": "time_budget",
    "holdout_share": "holdout",
}
"""The variables that set an option of the run, with the option's key."""

_TWINS = ("target_column", "target")
"""Two names of one variable."""

SETTING = frozenset({*OPTIONS, *_TWINS, "quality_threshold"})
"""The variables that say something of the run by themselves."""

_REFERENCE = re.compile(r"\$\{([^{}]*)\}")
_EXAMPLE = "give an object such as '{\"quality_threshold\": 0.8}'"


def parse_variables(text: str | None) -> dict[str, Any]:
    """Read what was typed as ``--variables``.

    Parameters
    ----------
    text : str or None
        A JSON object; None: nothing was typed.

    Raises
    ------
    UsageError
        If it is not a JSON object.
    """
    if text is None:
        return {}
    problems = Problems()
    try:
        found = read_json(text, problems)
    except RecursionError:
        raise UsageError("--variables is nested too deeply", _EXAMPLE) from None
    except SourceError as error:
        raise UsageError(f"--variables is {error}", _EXAMPLE) from None
    if problems.found:
        raise UsageError(f"--variables: {problems.found[0][1]}", _EXAMPLE)
    if not isinstance(found.value, dict):
        raise UsageError(f"--variables got {values.shown(found.plain())}", _EXAMPLE)
    return dict(found.plain())


def settings_of(workflow: Workflow) -> dict[str, Any]:
    """What the variables say of the run.

    Parameters
    ----------
    workflow : Workflow
        As read.

    Returns
    -------
    dict of str to Any
        By option key, only those that are said; the command line's own options go before them.
    """
    said = workflow.variables
    return {option: said[name] for name, option in OPTIONS.items() if name in said}


def variables_of(given: Mapping[str, Any]) -> dict[str, Any]:
    """Options of the command line as variables, so that ``${name}`` and conditions see them.

    Parameters
    ----------
    given : mapping of str to Any
        Values by option key; None: not given.
    """
    return {
        name: given[option] for name, option in OPTIONS.items() if given.get(option) is not None
    }


def merged(
    file: Mapping[str, Node], over: Mapping[str, Any], problems: Problems
) -> dict[str, Node]:
    """The file's variables with those that were typed in their place; null takes one away."""
    typed_in = {name: typed(value, TYPED) for name, value in over.items()}
    found = _both(file, problems) | _both(typed_in, problems)
    if _TWINS[1] in found:  # given under its second name somewhere: it can be read by both
        origin = typed_in if any(name in typed_in for name in _TWINS) else file
        node = next(origin[name] for name in _TWINS if name in origin)
        found |= dict.fromkeys(_TWINS, node)
    return {name: node for name, node in found.items() if node.value is not None}


def resolved(nodes: Mapping[str, Node], problems: Problems) -> dict[str, Any]:
    """Variables with the references in their texts replaced, in the order in which they stand."""
    links = {
        name: {other for other in references(node.value) if other in nodes}
        for name, node in nodes.items()
    }
    try:
        order = tuple(TopologicalSorter(links).static_order())
    except CycleError as error:
        circle = error.args[1]
        line = max(nodes[name].line for name in circle)
        problems.add(line, f"variables refer to each other: {' -> '.join(circle)}")
        return {name: node.plain() for name, node in nodes.items()}
    found: dict[str, Any] = {}
    for name in order:
        node = nodes[name]
        try:
            filled = isinstance(node.value, str)
            found[name] = substitute(node.value, found) if filled else node.plain()
        except ValueError as error:
            problems.add(node.line, f"variable {name!r}: {error}")
            found[name] = node.plain()
    return {name: found[name] for name in nodes}


def check(
    nodes: Mapping[str, Node], found: dict[str, Any], metrics: Collection[str], problems: Problems
) -> None:
    """Refuse variables that set something of the run but cannot."""
    for name in found.keys() & _readers(metrics).keys():
        try:
            found[name] = _readers(metrics)[name](found[name])
        except ValueError as error:
            got = values.shown(found[name])
            problems.add(nodes[name].line, f"variable {name!r} must be {error}, got {got}")


def substitute(value: Any, known: Mapping[str, Any]) -> Any:
    """Replace ``${name}`` in a text, and in the texts of a list.

    A text that is nothing but one reference takes the variable's value and its type.

    Raises
    ------
    ValueError
        If a variable is unknown, is no single value, or makes the text too long.
    """
    if isinstance(value, list):
        return [substitute(item, known) for item in value]
    if not isinstance(value, str):
        return value
    for name in references(value):
        if name not in known:
            hint = f", {expected(name, known)}" if known else ": there are no variables"
            raise ValueError(f"unknown variable ${{{name}}}{hint}")
    if (whole := _REFERENCE.fullmatch(value)) is not None:
        return known[whole[1]]
    result = _REFERENCE.sub(lambda match: _within(match[1], known[match[1]]), value)
    if len(result) > LONGEST:
        raise ValueError(f"a text of more than {LONGEST} characters")
    return result


def references(value: Any) -> list[str]:
    """The names that a text, or the texts of a list, refer to."""
    if isinstance(value, list):
        return [name for item in value for name in references(item)]
    return _REFERENCE.findall(value) if isinstance(value, str) else []


def _within(name: str, value: Any) -> str:
    if isinstance(value, list | dict):
        raise ValueError(f"${{{name}}} is a list or an object and cannot stand within a text")
    return value if isinstance(value, str) else json.dumps(value)


def _both(nodes: Mapping[str, Node], problems: Problems) -> dict[str, Node]:
    """The variables as they are; two names of one variable must not differ."""
    first, second = (nodes.get(name) for name in _TWINS)
    if first and second and first.plain() != second.plain():
        problems.add(second.line, f"{_TWINS[0]} and {_TWINS[1]} mean the same but differ")
    return dict(nodes)


def _readers(metrics: Collection[str]) -> dict[str, Reader]:
    return {
        "dataset_path": values.text,
        "target_column": values.text,
        "target_metric": _metric(metrics),
        "experiment_name": values.text,
        "model_output_dir": values.text,
        "search_iterations": values.integer(1),
        "refinement_iterations": values.integer(0),
        "max_training_time": values.positive,
        "holdout_share": values.between(0.0, 0.5),
        "quality_threshold": values.number,
    }


def _metric(metrics: Collection[str]) -> Callable[[Any], str]:
    def read(value: Any) -> str:
        if isinstance(value, str) and (value in metrics or ":" in value):
            return value
        raise ValueError(f"a metric ({', '.join(metrics)}) or FILE.py:FUNCTION")

    return read
