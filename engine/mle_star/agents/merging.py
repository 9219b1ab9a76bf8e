"""Merging solutions: one solution whose model is the plain average of several (Algorithm 1).

The first solution gives everything but the model; the models of the others are added beside its
own, see :mod:`mle_star.toolkit.averaging`. Hyperparameters are kept apart by a prefix: those of
the part ``p`` stand under ``p__name``, as scikit-learn names nested parameters.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence

from mle_star.errors import EditError
from mle_star.solution.block import PART, Block, checked, hyperparameters_block
from mle_star.solution.solution import Solution, ordered
from mle_star.toolkit.averaging import own_hyperparameters
from mle_star.types import Role

_ORIGIN = "merge of "

_MODEL = '''def model(columns: dict[str, Any], hyperparameters: dict[str, Any]) -> Any:
    """Make the plain average of {names}."""
    from mle_star.toolkit.averaging import averaged

    parts = {{{parts}}}
    return averaged(parts, columns, hyperparameters)'''


def merge(solutions: Sequence[Solution]) -> Solution:
    """The first solution with the models of the others averaged into its own.

    Parameters
    ----------
    solutions : sequence of Solution
        Two or more, none of them itself a merge; the first is the base.

    Returns
    -------
    Solution
        A child of the base: its model and hyperparameters are merged, all else is the base's.

    Raises
    ------
    EditError
        If a solution has no model, or wraps its model in a train or post block that the base
        does not have (the wrapped whole cannot be averaged inside the base's).
    """
    base = solutions[0]
    for other in solutions[1:]:
        _require_same_wrapping(base, other)
    names = _part_names(solutions)
    model = _merged_model(names, [_model(solution).source for solution in solutions])
    foreign = any(_model(solution).foreign for solution in solutions)
    kept = [b for b in base.blocks if b.role not in (Role.MODEL, Role.HYPERPARAMETERS)]
    blocks = [*kept, checked(Role.MODEL, model, PART.join(names), foreign=foreign)]
    hyperparameters = _merged_hyperparameters(names, solutions)
    if hyperparameters:
        blocks.append(hyperparameters_block(hyperparameters, PART.join(names)))
    return Solution(
        ordered(blocks),
        name=f"average of {_listed(names)}",
        parent=base.digest,
        changed=Role.MODEL,
        origin=f"{_ORIGIN}{names[-1]} into {_listed(names[:-1])}",
    )


def is_merge(solution: Solution) -> bool:
    """Whether a solution came of :func:`merge` and was not changed since."""
    return solution.origin.startswith(_ORIGIN)


def split(merged: Solution, known: Iterable[Solution]) -> list[Solution]:
    """Take a merge apart: the model of each part, alone, on the features of the whole.

    Parameters
    ----------
    merged : Solution
        What :func:`merge` made; all but its model may have been changed since.
    known : iterable of Solution
        Where the models of the parts are looked for.

    Returns
    -------
    list of Solution
        In the order of the merge, each with its own hyperparameters: the predictions of the merge
        are the plain average of theirs. Empty where that is not so: it is no merge, something
        comes after its model, foreign code may draw random numbers from where the others do, or
        the model of a part is not known.
    """
    whole = merged.block(Role.MODEL)
    if whole is None or len(whole.parts) < 2 or not is_plain(merged):
        return []
    values = merged.hyperparameters
    parts = []
    for number, name in enumerate(whole.parts, start=1):
        found = next((s for s in known if _is_part(s, number, name, whole)), None)
        if found is None:
            return []
        own = own_hyperparameters(values, name)
        parts.append(_part(merged, found, own))
    return parts


def is_plain(solution: Solution) -> bool:
    """Whether what an average of it predicts follows from what it predicts alone.

    Nothing comes after its model, and none of it is foreign code, which might draw its random
    numbers from where others do.
    """
    wrapped = any(solution.block(role) for role in (Role.TRAIN, Role.POST))
    return not wrapped and not solution.is_foreign


def _is_part(solution: Solution, number: int, name: str, whole: Block) -> bool:
    """Whether a solution's model is the one that stands under a name in a merged model."""
    model = solution.block(Role.MODEL)
    if model is None or name not in (own := _name(model, number), f"{own}_{number}"):
        return False
    return _split_imports(_renamed(model.source, name))[1] in whole.source


def _part(merged: Solution, found: Solution, own: dict[str, object]) -> Solution:
    """A part of a merge, as a solution of its own."""
    model, standing = _model(found), found.block(Role.HYPERPARAMETERS)
    blocks = [b for b in merged.blocks if b.role not in (Role.MODEL, Role.HYPERPARAMETERS)]
    blocks.append(model)
    if standing is not None and own == found.hyperparameters:
        blocks.append(standing)
    elif own:
        blocks.append(hyperparameters_block(own, model.recipe))
    changes = merged.name.split(" + ")[1:]
    return Solution(
        ordered(blocks),
        name=" + ".join([found.base, *changes]),
        parent=found.digest,
        origin=f"part of {merged.name}",
    )


def _model(solution: Solution) -> Block:
    block = solution.block(Role.MODEL)
    if block is None:
        raise EditError(f"{solution.name or solution.digest} has no model to merge")
    return block


def _require_same_wrapping(base: Solution, other: Solution) -> None:
    for role in (Role.TRAIN, Role.POST):
        mine, theirs = base.block(role), other.block(role)
        if theirs is not None and (mine is None or mine.source != theirs.source):
            raise EditError(f"{other.name or other.digest} wraps its model in another {role} block")


def _part_names(solutions: Sequence[Solution]) -> list[str]:
    names: list[str] = []
    for number, solution in enumerate(solutions, start=1):
        name = _name(_model(solution), number)
        names.append(name if name not in names else f"{name}_{number}")
    return names


def _name(model: Block, number: int) -> str:
    """What a part is called; parts are counted from 1."""
    return (model.recipe or f"part_{number}").replace(PART, "_")


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _merged_hyperparameters(names: list[str], solutions: Sequence[Solution]) -> dict[str, object]:
    merged: dict[str, object] = {}
    for name, solution in zip(names, solutions, strict=True):
        merged |= {f"{name}__{key}": value for key, value in solution.hyperparameters.items()}
    return merged


def _merged_model(names: list[str], sources: list[str]) -> str:
    imports = ["from typing import Any"]
    pieces = []
    for name, source in zip(names, sources, strict=True):
        found, rest = _split_imports(_renamed(source, name))
        imports += [line for line in found if line not in imports]
        pieces.append(rest)
    parts = ", ".join(f'"{name}": make_{name}' for name in names)
    pieces.append(_MODEL.format(names=_listed(names), parts=parts))
    return "\n".join(sorted(imports)) + "\n\n\n" + "\n\n\n".join(pieces)


def _renamed(source: str, part: str) -> str:
    """Give every top-level name a name of its part's own: ``model`` becomes ``make_<part>``."""
    tree = ast.parse(source)
    new = {
        name: f"make_{part}" if name == "model" else f"{name}_{part}"
        for name in _defined_names(tree)
    }
    lines = source.encode().splitlines()
    for row, column, old in sorted(_places(tree, new, lines), reverse=True):
        line = lines[row]
        lines[row] = line[:column] + new[old].encode() + line[column + len(old.encode()) :]
    return b"\n".join(lines).decode()


def _defined_names(tree: ast.Module) -> list[str]:
    names = [n.name for n in tree.body if isinstance(n, ast.FunctionDef | ast.ClassDef)]
    targets = [t for n in tree.body if isinstance(n, ast.Assign) for t in n.targets]
    return names + [target.id for target in targets if isinstance(target, ast.Name)]


def _places(
    tree: ast.Module, names: dict[str, str], lines: list[bytes]
) -> list[tuple[int, int, str]]:
    """Line, byte column and name of every place where one of the names stands."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and node.id in names:
            found.append((node.lineno - 1, node.col_offset, node.id))
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and node.name in names:
            row = node.lineno - 1
            start = lines[row].index(node.name.encode(), node.col_offset + 4)
            found.append((row, start, node.name))
    return found


def _split_imports(source: str) -> tuple[list[str], str]:
    """Top-level imports, one a line, and the rest of the source."""
    tree = ast.parse(source)
    imports = [n for n in tree.body if isinstance(n, ast.Import | ast.ImportFrom)]
    lines = source.splitlines()
    for node in imports:
        for row in range(node.lineno - 1, node.end_lineno or node.lineno):
            lines[row] = ""
    return [ast.unparse(node) for node in imports], "\n".join(lines).strip("\n")
