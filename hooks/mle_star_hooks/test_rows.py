"""Files that hold test rows, and Python source that learns from them."""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Tuple  # noqa: UP035 - what Python 3.8 can evaluate

from mle_star_hooks.project import Project, resolved, settings_of
from mle_star_memory.glance import Glance

Finding = Tuple[int, str]  # noqa: UP006
"""The line, from 1, and what is wrong there."""

_DATA = re.compile(
    r"\.(csv|tsv|txt|json|jsonl|ndjson|parquet|feather|xlsx?)(\.gz)?$", re.IGNORECASE
)
_TEST = re.compile(
    r"(^|[_\-. ])(test|testing|holdout|hold[_-]out|unseen)([_\-. \d]|$)", re.IGNORECASE
)
_LEARNING = {"fit", "fit_transform", "fit_resample", "partial_fit"}
_STEERING = {"eval_set", "validation_data", "X_val", "y_val", "eval_X", "eval_y"}
_SESSIONS = 20
"""Newest sessions whose test files are known."""


def known_test_files(glance: Glance, project: Project) -> set[str]:
    """Absolute paths of files that sessions of the project were given to test with."""
    found = set()
    for session in glance.sessions(project.folder)[:_SESSIONS]:
        settings = settings_of(glance, session)
        if settings.get("test"):
            found.add(resolved(str(settings["test"]), str(settings.get("cwd", ""))))
    return found


def holds_test_rows(name: str, folder: str, known: Collection[str]) -> bool:
    """Whether a file is a known test file, or a data file that is called one."""
    if resolved(name, folder) in known:
        return True
    file = Path(name).name
    return bool(_DATA.search(file)) and bool(_TEST.search(_DATA.sub("", file)))


def learnt_from_test_rows(source: str, folder: str, known: Collection[str]) -> list[Finding]:
    """Calls of ``fit`` that get rows of a test file.

    Names are followed through plain assignments from the reading of a file on; what a function is
    given is not.

    Parameters
    ----------
    source : str
        Python; nothing is found in what does not parse.
    folder : str
        That relative paths start from.
    known : collection of str
        Absolute paths of test files.
    """
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []
    held: dict[str, str] = {}
    found: list[Finding] = []
    for node in _in_order(tree):
        if isinstance(node, ast.Assign):
            file = _file_in(node.value, held, folder, known)
            for target in node.targets:
                for name in _names(target):
                    held.pop(name, None)
                    if file and not _is_prediction(node.value):
                        held[name] = file
        found += _fits(node, held, folder, known)
    return sorted(set(found))


def _in_order(tree: ast.Module) -> Iterator[ast.stmt]:
    """Statements in the order in which they stand."""
    statements = [node for node in ast.walk(tree) if isinstance(node, ast.stmt)]
    return iter(sorted(statements, key=lambda node: (node.lineno, node.col_offset)))


def _fits(
    statement: ast.stmt, held: dict[str, str], folder: str, known: Collection[str]
) -> Iterator[Finding]:
    if hasattr(statement, "body"):  # what stands in it is a statement of its own
        return
    for call in ast.walk(statement):
        if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Attribute):
            continue
        if call.func.attr not in _LEARNING:
            continue
        given = [*call.args, *(k.value for k in call.keywords if k.arg not in _STEERING)]
        steering = [k.value for k in call.keywords if k.arg in _STEERING]
        for values, what in ((given, "learns from"), (steering, "is steered by")):
            files = {_file_in(value, held, folder, known) for value in values} - {""}
            for file in sorted(files):
                yield call.lineno, f"{call.func.attr}() {what} rows of {file}, which hold the test"


def _file_in(value: ast.AST, held: dict[str, str], folder: str, known: Collection[str]) -> str:
    """The test file whose rows an expression holds; empty if none."""
    for node in ast.walk(value):
        if isinstance(node, ast.Name) and node.id in held:
            return held[node.id]
        if isinstance(node, ast.Call) and _reads(node):
            for argument in node.args[:1]:
                name = argument.value if isinstance(argument, ast.Constant) else None
                if isinstance(name, str) and holds_test_rows(name, folder, known):
                    return name
    return ""


def _reads(call: ast.Call) -> bool:
    function = call.func
    name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
    return name.startswith("read_") or name in ("loadtxt", "genfromtxt", "load")


def _is_prediction(value: ast.expr) -> bool:
    return any(
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr.startswith("predict")
        for node in ast.walk(value)
    )


def _names(target: ast.expr) -> Iterator[str]:
    for node in ast.walk(target):
        if isinstance(node, ast.Name):
            yield node.id
