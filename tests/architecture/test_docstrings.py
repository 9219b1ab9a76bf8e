"""Documentation cannot lie: documented defaults and parameters equal the real ones."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache

import pytest
from tests.architecture.source import modules, tree

Function = ast.FunctionDef | ast.AsyncFunctionDef
_ENTRY = re.compile(r"^(?P<names>\*{0,2}\w+(?:, \*{0,2}\w+)*) : (?P<what>.+)$")


def _documented(node: ast.AST) -> dict[str, str]:
    """Names and descriptions of the Parameters section of a docstring."""
    text = ast.get_docstring(node) or ""  # type: ignore[arg-type]
    section = re.search(r"^Parameters\n-+\n(.*?)(?=^\w[\w ]*\n-+\n|\Z)", text, re.M | re.S)
    entries: dict[str, str] = {}
    for line in section.group(1).splitlines() if section else []:
        if match := _ENTRY.match(line):
            entries |= {n.lstrip("*"): match["what"] for n in match["names"].split(", ")}
    return entries


def _defaults(node: ast.ClassDef | Function) -> dict[str, str | None]:
    """Source of the default of every parameter (None: it has none)."""
    if isinstance(node, ast.ClassDef):
        init = next((n for n in node.body if getattr(n, "name", "") == "__init__"), None)
        if not isinstance(init, ast.FunctionDef):
            inherited = [_classes()[b] for b in map(ast.unparse, node.bases) if b in _classes()]
            own: dict[str, str | None] = {
                name: value for base in inherited for name, value in _defaults(base).items()
            }
            return own | {
                field.target.id: ast.unparse(field.value) if field.value else None
                for field in node.body
                if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name)
            }
        return _defaults(init)
    arguments = node.args
    positional = [*arguments.posonlyargs, *arguments.args]
    missing: list[ast.expr | None] = [None] * (len(positional) - len(arguments.defaults))
    pairs = [
        *zip(positional, [*missing, *arguments.defaults], strict=True),
        *zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True),
    ]
    found = {arg.arg: ast.unparse(value) if value else None for arg, value in pairs}
    extra = [a.arg for a in (arguments.vararg, arguments.kwarg) if a]
    return {name: found[name] for name in found if name != "self"} | dict.fromkeys(extra)


@cache
def _classes() -> dict[str, ast.ClassDef]:
    """Every class that is shipped, by its name."""
    return {
        node.name: node
        for path in modules().values()
        for node in ast.walk(tree(path))
        if isinstance(node, ast.ClassDef)
    }


def _documented_nodes() -> Iterator[tuple[str, ast.ClassDef | Function]]:
    for name, path in modules().items():
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.ClassDef | Function) and _documented(node):
                yield f"{name}.{node.name}", node


@pytest.mark.parametrize(
    "node", [pytest.param(node, id=name) for name, node in _documented_nodes()]
)
def test_documented_defaults_and_parameters_equal_real_ones(node: ast.ClassDef | Function) -> None:
    real = _defaults(node)

    for parameter, what in _documented(node).items():
        assert parameter in real, f"{parameter} is documented but is no parameter"
        stated = re.search(r"default[: ]+(.+)$", what)
        if stated and real[parameter] is not None:
            default = str(real[parameter])
            if not default.startswith("field("):
                assert _plain(stated.group(1).strip("`")) == _plain(default)
        elif stated:
            pytest.fail(f"{parameter} has no default, the docstring says {stated.group(1)}")


def _plain(default: str) -> str:
    """One form of a default: numbers by their value, strings in double quotes."""
    try:
        return repr(ast.literal_eval(default))
    except (ValueError, SyntaxError):
        return {"math.inf": "inf", "float('inf')": "inf"}.get(default, default)
