"""Which kinds of column a solution leaves unused: the data-usage check, read from its source.

A cell that passes the whole table on uses all of it. Only one that selects (a ``ColumnTransformer``
that drops the rest, ``select_dtypes``, ``X[columns["numeric"]]`` as its result) can leave a kind
out. What a class does with the columns it is given is not followed: an empty answer is no proof.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from mle_star.solution.block import Block
from mle_star.solution.solution import Solution
from mle_star.types import ColumnKind, Columns, Role

_KINDS = tuple(str(kind) for kind in ColumnKind)
_SELECTORS = {"ColumnTransformer", "make_column_transformer", "select_dtypes"}
_TYPES = {
    "number": {"numeric"},
    "float": {"numeric"},
    "int": {"numeric"},
    "object": {"categorical", "text"},
    "str": {"categorical", "text"},
    "category": {"categorical"},
    "datetime": {"date"},
}
"""What the beginning of a type's name selects."""


def unused_kinds(solution: Solution, columns: Columns) -> list[str]:
    """Kinds of column that the table has and that some cell of the solution leaves out.

    Parameters
    ----------
    solution : Solution
        Its clean, features and model cells are read.
    columns : dict
        The description that cells are given: names by kind.

    Returns
    -------
    list of str
        Such as ``["text", "date"]``, in the order of :class:`~mle_star.types.ColumnKind`.
    """
    used = set(_KINDS)
    for role in (Role.CLEAN, Role.FEATURES, Role.MODEL):
        block = solution.block(role)
        if block is not None:
            used &= _reached(block)
    return [kind for kind in _KINDS if columns[kind] and kind not in used]


def _reached(block: Block) -> set[str]:
    """Kinds that a cell passes on."""
    tree = ast.parse(block.source)
    given = [
        argument
        for call in _calls(tree, "drop")
        for argument in [*call.args, *(keyword.value for keyword in call.keywords)]
    ]
    dropped = {kind for argument in given for kind in _keys(argument)}
    if not any(_selects(node) for node in ast.walk(tree)) or _hands_on(tree):
        return set(_KINDS) - dropped
    return (_keys(tree) | _by_type(tree)) - dropped


def _selects(node: ast.AST) -> bool:
    """Whether a node makes a table with some columns only."""
    if isinstance(node, ast.Call):
        rest = next((k.value for k in node.keywords if k.arg == "remainder"), None)
        return _name(node.func) in _SELECTORS and (
            rest is None or (isinstance(rest, ast.Constant) and rest.value == "drop")
        )
    if isinstance(node, ast.Return | ast.Lambda):
        value = node.value if isinstance(node, ast.Return) else node.body
        return any(isinstance(n, ast.Subscript) and _keys(n.slice) for n in _chain(value))
    return False


def _chain(node: ast.expr | None) -> Iterator[ast.expr]:
    """An expression and what its methods are called on: ``X[a].fillna(0)``, then ``X[a]``."""
    while node is not None:
        yield node
        following = getattr(node, "func", None) or getattr(node, "value", None)
        node = following if isinstance(following, ast.expr) else None


def _keys(tree: ast.AST) -> set[str]:
    """Kinds whose names are asked for, as ``columns["text"]`` or ``columns.get("text")``."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Subscript) and _is_columns(node.value):
            key: ast.expr | None = node.slice
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            key = node.args[0] if _is_columns(node.func.value) and node.args else None
        else:
            continue
        if isinstance(key, ast.Constant):
            found |= {"categorical"} if key.value == "high_cardinality" else {str(key.value)}
    return found & set(_KINDS)


def _hands_on(tree: ast.Module) -> bool:
    """Whether ``columns`` goes somewhere as a whole, or is asked for a computed key."""
    literal = {
        id(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant)
    } | {
        id(node.func.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "get"
    }
    return any(
        isinstance(node, ast.Name) and node.id == "columns" and id(node) not in literal
        for node in ast.walk(tree)
    )


def _by_type(tree: ast.Module) -> set[str]:
    """Kinds that are selected by the type of a column; all where that cannot be told."""
    found: set[str] = set()
    for name in ("select_dtypes", "make_column_selector"):
        for call in _calls(tree, name):
            found |= _selected(call)
    return found


def _selected(call: ast.Call) -> set[str]:
    given = {k.arg: k.value for k in call.keywords}
    wanted = given.get("include") or given.get("dtype_include") or next(iter(call.args), None)
    excluded = given.get("exclude") or given.get("dtype_exclude")
    if wanted is None:
        return set(_KINDS) - _kinds_of(excluded) if excluded is not None else set(_KINDS)
    return _kinds_of(wanted) or set(_KINDS)


def _kinds_of(types: ast.expr) -> set[str]:
    words = [str(node.value) for node in ast.walk(types) if isinstance(node, ast.Constant)]
    words += [_name(n) for n in ast.walk(types) if isinstance(n, ast.Name | ast.Attribute)]
    return {
        kind
        for word in words
        for start, kinds in _TYPES.items()
        if word.startswith(start)
        for kind in kinds
    }


def _calls(tree: ast.AST, name: str) -> Iterator[ast.Call]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and _name(node.func) == name:
            yield node


def _name(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")


def _is_columns(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id == "columns"
