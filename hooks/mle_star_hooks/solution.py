"""A solution's code, looked at for leakage: quick, and before anything of it runs.

The rules of where a block may learn are the engine's own. A first net only: what is really learnt
from which rows, the engine finds out when it judges.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterator

from mle_star.agents.learning import leaks
from mle_star_hooks.test_rows import Finding, learnt_from_test_rows

_CELL = re.compile(r"^# %% role: (\w+)[^\n]*$", re.MULTILINE)
_ANY_CELL = re.compile(r"^# %%", re.MULTILINE)
_LARGEST = 400_000


def is_solution(text: str) -> bool:
    """Whether a file holds cells of roles."""
    return bool(_CELL.search(text))


def solution_findings(
    text: str, targets: Collection[str], folder: str, known: Collection[str]
) -> list[Finding]:
    """What leaks in the cells of a solution.

    Parameters
    ----------
    text : str
        The file.
    targets : collection of str
        Columns that are predicted.
    folder : str
        That relative paths start from.
    known : collection of str
        Absolute paths of files with test rows.
    """
    found = []
    for cell in _CELL.finditer(text[:_LARGEST]):
        end = _ANY_CELL.search(text, cell.end())
        source = text[cell.end() : end.start() if end else None]
        above = text.count("\n", 0, cell.end())
        inside = _cell_findings(source, cell.group(1), targets, folder, known)
        found += [(above + line, problem) for line, problem in inside]
    return sorted(set(found))


def _cell_findings(
    source: str, role: str, targets: Collection[str], folder: str, known: Collection[str]
) -> Iterator[Finding]:
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        yield getattr(error, "lineno", None) or 1, f"the {role} block does not parse: {error}"
        return
    yield from leaks(tree, role)
    yield from learnt_from_test_rows(source, folder, known)
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and node.value in targets:
            problem = f"the {role} block names the target {node.value!r}, which it may not read"
            yield node.lineno, problem
        elif isinstance(node, ast.Call) and _reads_file(node):
            problem = f"the {role} block reads a file; rows come to it as arguments only"
            yield node.lineno, problem


def _reads_file(call: ast.Call) -> bool:
    function = call.func
    if isinstance(function, ast.Name):
        return function.id == "open"
    return isinstance(function, ast.Attribute) and function.attr.startswith("read_")
