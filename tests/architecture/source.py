"""What the rules look at: the project's own source files and their syntax trees."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SOURCE_ROOTS = {"engine": "mle_star", "memory": "mle_star_memory", "hooks": "mle_star_hooks"}


@cache
def modules() -> dict[str, Path]:
    """Every Python module that is shipped, by its import name."""
    found = {}
    for folder, package in SOURCE_ROOTS.items():
        for path in sorted((ROOT / folder / package).rglob("*.py")):
            parts = path.relative_to(ROOT / folder).with_suffix("").parts
            found[".".join(part for part in parts if part != "__init__")] = path
    return found


@cache
def tree(path: Path) -> ast.Module:
    """The syntax tree of a file."""
    return ast.parse(path.read_text(encoding="utf-8"))


def imports(name: str, *, at_run_time: bool = True) -> set[str]:
    """Names of the project's modules that a module imports.

    Imports under ``if TYPE_CHECKING`` do not count when `at_run_time` is true.
    """
    skipped = _type_checking_nodes(tree(modules()[name])) if at_run_time else set()
    found: set[str] = set()
    for node in ast.walk(tree(modules()[name])):
        if node in skipped:
            continue
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.update(_resolved(node.module, alias.name) for alias in node.names)
    return {other for other in found if other.split(".")[0] in SOURCE_ROOTS.values()}


def _resolved(module: str, name: str) -> str:
    return f"{module}.{name}" if f"{module}.{name}" in modules() else module


def _type_checking_nodes(module: ast.Module) -> set[ast.AST]:
    blocks = [
        node
        for node in ast.walk(module)
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test)
    ]
    return {inner for block in blocks for inner in ast.walk(block)}
