"""Moving Python source about without changing what it means."""

from __future__ import annotations

import ast
import io
import tokenize
from collections import Counter
from graphlib import TopologicalSorter
from pathlib import Path

import mle_star.toolkit

_TOOLKIT = "mle_star.toolkit."


def toolkit_source(name: str) -> str:
    """Source of a module of the toolkit."""
    return (Path(mle_star.toolkit.__path__[0]) / f"{name}.py").read_text(encoding="utf-8")


def toolkit_modules(sources: list[str]) -> list[str]:
    """Names of the toolkit modules that sources need, directly or not, each after its own needs."""
    needs: dict[str, list[str]] = {}
    waiting = sorted({name for source in sources for name in _imported(source)})
    while waiting:
        name = waiting.pop()
        if name not in needs:
            needs[name] = _imported(toolkit_source(name))
            waiting += needs[name]
    return list(TopologicalSorter({name: needs[name] for name in sorted(needs)}).static_order())


def packages(source: str) -> set[str]:
    """Top-level names of everything that a source imports, at its top or within functions."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module.split(".")[0])
    return found


def without_toolkit_imports(source: str, *, within_function: bool = False) -> str:
    """Source in which toolkit names are expected to be global instead of imported.

    Imports of the toolkit and of ``__future__`` are left out. Where one binds a name that the
    code could not reach otherwise (``as`` another name, the only statement of a body, or within
    a function a name that is also assigned) an assignment takes its place.

    Parameters
    ----------
    source : str
        Python source.
    within_function : bool, default False
        Whether the source is to become the body of a function.
    """
    lines = source.split("\n")
    bound = _bound(ast.parse(source)) if within_function else Counter()
    for node, alone in _toolkit_imports(ast.parse(source)):
        indent = lines[node.lineno - 1][: node.col_offset]
        kept = [f"{indent}{line}" for line in _instead(node, bound)]
        if alone and not kept:
            kept = [f"{indent}pass"]
        end = node.end_lineno or node.lineno
        lines[node.lineno - 1 : end] = kept or _closed_gap(lines, node.lineno - 1, end)
    return "\n".join(lines).strip("\n")


def indented(source: str, by: str = "    ") -> str:
    """Source moved to the right, as the body of a function; strings over several lines stay."""
    inside = _lines_within_strings(source)
    return "\n".join(
        line if number in inside or not line.strip() else by + line
        for number, line in enumerate(source.split("\n"), start=1)
    )


def top_level_names(source: str) -> set[str]:
    """Names that a module's body binds outside functions and classes."""
    return set(_bound(ast.parse(source)))


def _imported(source: str) -> list[str]:
    return sorted(
        {
            str(node.module).removeprefix(_TOOLKIT).split(".")[0]
            for node in ast.walk(ast.parse(source))
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(_TOOLKIT)
        }
    )


def _toolkit_imports(tree: ast.Module) -> list[tuple[ast.ImportFrom, bool]]:
    """Imports to take out, last first, and whether each is the only statement of its body."""
    found = []
    for parent in ast.walk(tree):
        for field in ("body", "orelse", "finalbody"):
            body = getattr(parent, field, None)
            if not isinstance(body, list):
                continue
            out = [n for n in body if isinstance(n, ast.ImportFrom) and _is_inlined(n.module)]
            found += [(node, len(out) == len(body) and parent is not tree) for node in out]
    return sorted(found, key=lambda item: -item[0].lineno)


def _is_inlined(module: str | None) -> bool:
    return module == "__future__" or (module or "").startswith(_TOOLKIT)


def _instead(node: ast.ImportFrom, bound: Counter[str]) -> list[str]:
    if node.module == "__future__":
        return []
    lines = []
    for alias in node.names:
        name = alias.asname or alias.name
        if bound[name] > 1:
            lines.append(f"{name} = globals()[{alias.name!r}]")
        elif name != alias.name:
            lines.append(f"{name} = {alias.name}")
    return lines


def _closed_gap(lines: list[str], start: int, end: int) -> list[str]:
    """Nothing, after emptying the blank lines that would follow a blank line or a ``def``."""
    before = lines[start - 1].strip() if start else ""
    while end < len(lines) and not lines[end].strip() and (not before or before.endswith(":")):
        del lines[end]
    return []


def _bound(tree: ast.Module) -> Counter[str]:
    """How often each name is bound in a module's own scope."""
    names: Counter[str] = Counter()
    waiting: list[ast.AST] = list(tree.body)
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names[node.name] += 1
            continue
        if isinstance(node, ast.Import | ast.ImportFrom):
            names.update((a.asname or a.name).split(".")[0] for a in node.names)
        elif isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            names[node.id] += 1
        waiting += ast.iter_child_nodes(node)
    return names


def _lines_within_strings(source: str) -> set[int]:
    """Numbers of the lines that begin inside a string."""
    inside: set[int] = set()
    starts: list[int] = []
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        kind = tokenize.tok_name[token.type]
        if kind in ("FSTRING_START", "TSTRING_START"):
            starts.append(token.start[0])
        elif kind in ("FSTRING_END", "TSTRING_END"):
            inside.update(range(starts.pop() + 1, token.end[0] + 1))
        elif kind == "STRING":
            inside.update(range(token.start[0] + 1, token.end[0] + 1))
    return inside
