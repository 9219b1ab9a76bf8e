"""A ``solution.py`` that somebody changed after it was written: the candidate that it became.

Cells that are still as they were written are the engine's own; a cell that changed is code of
somebody else's, and runs in the sandbox. What stands outside of the cells of the solution (the
tools, the schema) is the engine's, whatever the file says.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import mle_star.toolkit
from mle_star.agents.guard import why_not
from mle_star.bundle.source import (
    indented,
    toolkit_source,
    top_level_names,
    without_toolkit_imports,
)
from mle_star.errors import EditError
from mle_star.session.folder import SOLUTION
from mle_star.session.parent import Parent
from mle_star.solution.block import Block, checked
from mle_star.solution.solution import Solution, ordered
from mle_star.types import Role

_CELL = re.compile(r"^# %%(?P<title>.*)$", re.MULTILINE)
_ROLE = re.compile(r"^ role: (?P<role>\w+)(?: \(recipe: [\w-]+\))?$")
_MEMBER = re.compile(r"^ member: (?P<number>\d+) \(.*\)$")
_PART = re.compile(rf"^    # (?P<role>{'|'.join(Role)})$", re.MULTILINE)
EDITED = " (edited)"
"""How the names of such solutions end."""

_LARGEST = 2_000_000


@dataclass(frozen=True, slots=True)
class Edited:
    """What edited files gave.

    Parameters
    ----------
    solutions : tuple of Solution
        To be judged.
    refused : tuple of str
        Why something in them is not judged.
    """

    solutions: tuple[Solution, ...] = ()
    refused: tuple[str, ...] = ()


def edited_in(parent: Parent, files: Sequence[Path] = ()) -> Edited:
    """What somebody changed in the ``solution.py`` of a session's folder, and in other files.

    Parameters
    ----------
    parent : Parent
        The session, whose code is known.
    files : sequence of Path, default ()
        Further files with solutions.
    """
    paths = dict.fromkeys(path.resolve() for path in files)
    if _was_edited(parent):
        paths = {(parent.folder / SOLUTION).resolve(): None} | paths
    known = _known(parent) if paths else {}
    solutions: dict[str, Solution] = {}
    refused = []
    for path in paths:
        try:
            found = _solutions(path, parent, known)
        except EditError as error:
            refused.append(f"{path}: {error}")
            continue
        solutions |= {solution.digest: solution for solution in found}
        if not found:
            refused.append(f"{path}: nothing in the cells of its solution is new")
    return Edited(tuple(solutions.values()), tuple(refused))


def _was_edited(parent: Parent) -> bool:
    try:
        return _text(parent.folder / SOLUTION) != _text(parent.model / SOLUTION)
    except EditError:  # one of them is not there
        return False


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > _LARGEST:
            raise EditError("it is too large")
        return path.read_text(encoding="utf-8-sig").replace("\r\n", "\n")
    except (OSError, UnicodeDecodeError) as error:
        raise EditError(f"it cannot be read: {error}") from error


def _known(parent: Parent) -> dict[tuple[Role, str], Block]:
    """Blocks of a session by the forms in which files hold them."""
    found: dict[tuple[Role, str], Block] = {}
    for block in parent.blocks.values():
        inside = without_toolkit_imports(block.source, within_function=True)
        forms = block.source, without_toolkit_imports(block.source), _outdented(indented(inside))
        found |= {(block.role, form.strip("\n").rstrip()): block for form in forms}
    return found


def _solutions(
    path: Path, parent: Parent, known: Mapping[tuple[Role, str], Block]
) -> list[Solution]:
    """The solutions in a file that the session did not judge."""
    members = _members(_text(path))
    if not members:
        raise EditError("it has no cells of a solution, marked '# %% role: model' and the like")
    judged, found = {solution.digest for solution in parent.solutions}, []
    for number, cells in members.items():
        blocks = [known.get(cell) or _block(*cell) for cell in cells]
        if not any(block.role is Role.MODEL for block in blocks):
            raise EditError("it has no model")
        which = f"{path.name}, member {number}" if len(members) > 1 else path.name
        solution = Solution(
            ordered(blocks), name=f"{which}{EDITED}", origin=f"{path.name} was edited"
        )
        if solution.digest not in judged:
            found.append(_child(solution, parent))
    return found


def _child(solution: Solution, parent: Parent) -> Solution:
    """The solution as a child of the one that it has most in common with."""
    own = set(solution.blocks)
    nearest = max(parent.solutions, key=lambda other: len(own & set(other.blocks)))
    roles = {block.role for block in own ^ set(nearest.blocks)}
    changed = min(roles) if len(roles) == 1 else None
    return replace(solution, parent=nearest.digest, changed=changed)


def _members(text: str) -> dict[int, list[tuple[Role, str]]]:
    """Cells of each member: a file of one solution is its member 1."""
    pieces = _CELL.split(text)
    found: dict[int, list[tuple[Role, str]]] = {}
    for title, source in zip(pieces[1::2], pieces[2::2], strict=True):
        if match := _MEMBER.match(title.rstrip()):
            found[int(match["number"])] = list(_parts(source))
        elif match := _ROLE.match(title.rstrip()):
            if match["role"] not in set(Role):
                raise EditError(f"unknown role {match['role']!r}; roles are {', '.join(Role)}")
            if match["role"] != Role.COMBINE:
                cell = Role(match["role"]), source.strip("\n").rstrip()
                found.setdefault(1, []).append(cell)
    return found


def _parts(source: str) -> Iterator[tuple[Role, str]]:
    """The cells within the function of a member."""
    body = source.partition("\n    return assemble(")[0]
    pieces = _PART.split(body)
    for role, part in zip(pieces[1::2], pieces[2::2], strict=True):
        yield Role(role), _outdented(part).strip("\n").rstrip()


def _outdented(source: str) -> str:
    return re.sub(r"^ {4}", "", source, flags=re.MULTILINE)


def _block(role: Role, source: str) -> Block:
    block = checked(role, f"{_imports(source)}{source}", foreign=True)
    if reason := why_not(block):
        raise EditError(reason)
    return block


def _imports(source: str) -> str:
    """Imports of the tools that a cell uses: in the file they stand above it."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError):
        return ""  # told when the block is checked
    used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    own = top_level_names(source)
    found = {name: module for name, module in _tools().items() if name in used - own}
    lines = [f"from mle_star.toolkit.{found[name]} import {name}\n" for name in sorted(found)]
    return "".join(lines) + ("\n" if lines else "")


@cache
def _tools() -> dict[str, str]:
    """Names that the tools define, and the module of each."""
    folder = Path(mle_star.toolkit.__path__[0])
    return {
        name: path.stem
        for path in sorted(folder.glob("[a-z]*.py"))
        for name in _defined(toolkit_source(path.stem))
    }


def _defined(source: str) -> Iterator[str]:
    for node in ast.parse(source).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.Assign):
            yield from (target.id for target in node.targets if isinstance(target, ast.Name))
