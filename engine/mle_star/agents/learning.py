"""Where an agent-written block may learn: in the ``fit`` of a class, from the rows given to it.

The functions that a block defines (``features(columns)``, ``model(...)``) only describe what is to
be fitted later; what a class does to predict must not learn from the rows it is to predict.

The hooks of Claude Code use these rules too, under any Python from 3.8 on: the standard library
only, and nothing newer than that.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from typing import Dict, Tuple, Union  # noqa: UP035 - what Python 3.8 can evaluate

_LEARN = {"fit", "fit_transform", "fit_predict", "fit_resample", "partial_fit"}
_PREDICT = {
    "transform",
    "inverse_transform",
    "predict",
    "predict_proba",
    "predict_log_proba",
    "decision_function",
    "apply",
}

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
Function = Union[ast.FunctionDef, ast.AsyncFunctionDef]  # noqa: UP007
Leak = Tuple[int, str]  # noqa: UP006
"""The line, from 1, and what is wrong there."""

_Known = Dict[str, Function]  # noqa: UP006


def leaks(tree: ast.Module, defined: str) -> Iterator[Leak]:
    """Calls of ``fit`` where no training rows can be meant.

    Parameters
    ----------
    tree : ast.Module
        A block.
    defined : str
        The function that a block of its role defines.
    """
    functions = _functions(tree)
    for node in tree.body:
        if isinstance(node, _FUNCTIONS) and node.name == defined:
            problem = (
                f"{node.name}() only describes what is fitted later; learn in the fit method of a "
                "transformer or estimator class, not here nor in a plain function used by it"
            )
            yield from _leaks([node], functions, problem)
    for owner in ast.walk(tree):
        if isinstance(owner, ast.ClassDef):
            methods = {node.name: node for node in owner.body if isinstance(node, _FUNCTIONS)}
            starts = [node for name, node in methods.items() if name in _PREDICT]
            problem = (
                f"{owner.name} learns from the rows it is to predict; fit once in its fit method "
                "and only apply that later"
            )
            yield from _leaks(starts, {**functions, **methods}, problem)


def _leaks(starts: Iterable[Function], known: _Known, problem: str) -> Iterator[Leak]:
    """Learning in functions, or in whatever known functions they refer to."""
    waiting = list(starts)
    seen: set[int] = set()
    while waiting:
        function = waiting.pop()
        if id(function) in seen:
            continue
        seen.add(id(function))
        for node in _own_nodes(function):
            name = _referred(node)
            if isinstance(node, ast.Call) and _learns(node):
                yield node.lineno, problem
            elif name in known:
                waiting.append(known[name])


def _own_nodes(function: Function) -> Iterator[ast.AST]:
    """What a function runs itself: nested functions too, classes not."""
    waiting: list[ast.AST] = list(function.body)
    while waiting:
        node = waiting.pop()
        if not isinstance(node, ast.ClassDef):
            yield node
            waiting += ast.iter_child_nodes(node)


def _referred(node: ast.AST) -> str:
    """The name of a function that a name or ``self.name`` may stand for."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        return node.attr if node.value.id in ("self", "cls") else ""
    return ""


def _learns(node: ast.Call) -> bool:
    return isinstance(node.func, ast.Attribute) and node.func.attr in _LEARN


def _functions(tree: ast.Module) -> _Known:
    """Functions of a block that are no methods, by name."""
    return {
        node.name: node
        for parent in ast.walk(tree)
        if not isinstance(parent, ast.ClassDef)
        for node in ast.iter_child_nodes(parent)
        if isinstance(node, _FUNCTIONS)
    }
