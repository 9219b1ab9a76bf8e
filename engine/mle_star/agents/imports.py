"""What an agent-written block may import, and what its names stand for."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import mle_star.toolkit
from mle_star.agents.finding import Finding, Rule

LIBRARIES = ("numpy", "pandas", "scipy", "sklearn", "lightgbm", "xgboost", "catboost")
STANDARD = (
    *("__future__", "abc", "collections", "copy", "dataclasses", "datetime", "enum", "functools"),
    *("itertools", "math", "numbers", "re", "string", "typing", "unicodedata", "warnings"),
)
_TOOLKIT = "mle_star.toolkit"
_FILE_MODULES = {"main", "table"}
"""Modules of the toolkit that read and write files: for ``solution.py`` itself, not for blocks."""


class Names:
    """What the names that a block imports stand for.

    Parameters
    ----------
    tree : ast.Module
        The block.
    """

    def __init__(self, tree: ast.Module) -> None:
        self.modules: set[str] = set()
        self._origins: defaultdict[str, set[str]] = defaultdict(set)
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                self._add_modules(node)
            elif isinstance(node, ast.ImportFrom):
                for alias in node.names:
                    self._origins[alias.asname or alias.name].add(f"{node.module}.{alias.name}")

    def _add_modules(self, node: ast.Import) -> None:
        for alias in node.names:
            name = alias.asname or alias.name.split(".")[0]
            self.modules.add(name)
            self._origins[name].add(alias.name if alias.asname else name)

    def origins(self, node: ast.expr) -> set[str]:
        """Every dotted name that ``np.random.x`` may stand for; empty if it starts elsewhere."""
        parts: list[str] = []
        while isinstance(node, ast.Attribute):
            parts.insert(0, node.attr)
            node = node.value
        if not isinstance(node, ast.Name):
            return set()
        return {".".join([origin, *parts]) for origin in self._origins.get(node.id, ())}


@cache
def importable() -> tuple[str, ...]:
    """Top-level names that a block may import here: what is allowed and installed."""
    return (*(name for name in LIBRARIES if find_spec(name)), *STANDARD)


def import_findings(tree: ast.Module) -> Iterator[Finding]:
    """Imports that are not allowed, or not there."""
    refused: dict[str, int] = {}
    for node in ast.walk(tree):
        for module in _imported(node):
            top = module.split(".")[0]
            if top != "mle_star" and top not in importable():
                refused.setdefault(top, getattr(node, "lineno", 1))
        if isinstance(node, ast.Import):
            yield from _plain_findings(node)
        elif isinstance(node, ast.ImportFrom):
            yield from _from_findings(node)
    if refused:
        yield Finding(min(refused.values()), Rule.IMPORT, _refusal(sorted(refused)))


def _imported(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    return [node.module] if isinstance(node, ast.ImportFrom) and node.module else []


def _refusal(names: list[str]) -> str:
    absent = [name for name in names if name in LIBRARIES]
    other = [name for name in names if name not in LIBRARIES]
    parts = [f"{', '.join(other)} may not be imported"] if other else []
    parts += [f"{', '.join(absent)} is not installed"] if absent else []
    known = ", ".join(name for name in importable() if name != "__future__")
    return f"{' and '.join(parts)}; a block may import {known} and {_TOOLKIT}.*"


def _plain_findings(node: ast.Import) -> Iterator[Finding]:
    for alias in node.names:
        if alias.name.split(".")[0] == "mle_star":
            problem = f"write 'from {_TOOLKIT}.module import name': the tools are copied by name"
            yield Finding(node.lineno, Rule.IMPORT, problem)


def _from_findings(node: ast.ImportFrom) -> Iterator[Finding]:
    if node.level or not node.module:
        yield Finding(node.lineno, Rule.IMPORT, "a block has no package to import from by dots")
        return
    if any(alias.name == "*" for alias in node.names):
        yield Finding(node.lineno, Rule.IMPORT, "name what is imported instead of *")
    elif node.module.split(".")[0] == "mle_star":
        yield from _toolkit_findings(node, node.module.removeprefix(f"{_TOOLKIT}."))


def _toolkit_findings(node: ast.ImportFrom, module: str) -> Iterator[Finding]:
    if module not in _toolkit_modules():
        known = ", ".join(_toolkit_modules())
        problem = f"{node.module} is not for blocks; of mle_star there is {_TOOLKIT}.{{{known}}}"
        yield Finding(node.lineno, Rule.IMPORT, problem)
        return
    there = _toolkit_names(module)
    missing = [alias.name for alias in node.names if alias.name not in there]
    if missing:
        problem = f"{node.module} has no {', '.join(missing)}; it has {', '.join(there)}"
        yield Finding(node.lineno, Rule.IMPORT, problem)


@cache
def _toolkit_modules() -> tuple[str, ...]:
    names = {path.stem for path in Path(mle_star.toolkit.__path__[0]).glob("*.py")}
    return tuple(sorted(names - _FILE_MODULES - {"__init__"}))


@cache
def _toolkit_names(module: str) -> tuple[str, ...]:
    path = Path(mle_star.toolkit.__path__[0]) / f"{module}.py"
    body = ast.parse(path.read_text(encoding="utf-8")).body
    defined = [node.name for node in body if isinstance(node, ast.FunctionDef | ast.ClassDef)]
    for node in body:
        if isinstance(node, ast.Assign):
            defined += [target.id for target in node.targets if isinstance(target, ast.Name)]
    return tuple(name for name in defined if not name.startswith("_"))
