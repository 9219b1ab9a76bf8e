"""A ``solution.py`` that somebody changed after it was written: the candidate that it became.

Cells that are still as they were written are the engine's own; a cell that changed is code of
somebody else's, and runs in the sandbox. What stands outside of the cells of the solution (the
tools, the schema) is the engine's, whatever the file says.
"""

from __future__ import annotations

import ast
import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import mle_star.toolkit
from mle_star.agents.guard import why_not
from mle_star.bundle.source import (
    toolkit_source,
    top_level_names,
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
_LARGEST = 2_000_000


@dataclass(frozen=True, slots=True)
class Edited:
    """What an edited file gave.

    Parameters
    ----------
    solutions : tuple of Solution
        To be judged.
    refused : tuple of str
        Why something in it is not judged.
    """

    solutions: tuple[Solution, ...] = ()
    refused: tuple[str, ...] = ()


def edited_in(parent: Parent) -> Edited:
    """What somebody changed in the ``solution.py`` of a session's folder.

    Parameters
    ----------
    parent : Parent
        The session.
    """
    path, written = parent.folder / SOLUTION, parent.model / SOLUTION
    try:
        text, before = _text(path), _text(written)
    except (OSError, ValueError):
        return Edited()  # one of them is not there: nothing was edited
    if text == before or parent.ensemble is None:
        return Edited()
    members = parent.ensemble.members
    old, new = dict(_cells(before, len(members) == 1)), dict(_cells(text, len(members) == 1))
    changed = [number for number in old if new.get(number) != old[number]]
    if not changed:
        return Edited(refused=(f"{path}: only what lies outside of the solution's cells changed",))
    solutions, refused = [], []
    for number in changed:
        try:
            parts = new.get(number)
            if parts is None:
                raise EditError(f"member {number} is not there any more")
            solutions.append(_solution(members[number - 1], old[number], parts))
        except EditError as error:
            refused.append(f"{path}: {error}")
    return Edited(tuple(solutions), tuple(refused))


def _text(path: Path) -> str:
    if path.stat().st_size > _LARGEST:
        raise ValueError(f"{path} is too large")
    return path.read_text(encoding="utf-8-sig").replace("\r\n", "\n")


def _cells(text: str, single: bool) -> Iterator[tuple[int, dict[str, str]]]:
    """Members by number, each as the source of its cells by role."""
    pieces = _CELL.split(text)
    alone: dict[str, str] = {}
    for title, source in zip(pieces[1::2], pieces[2::2], strict=True):
        if (match := _ROLE.match(title.rstrip())) and match["role"] != Role.COMBINE:
            alone[match["role"]] = source.strip("\n").rstrip()
        elif match := _MEMBER.match(title.rstrip()):
            yield int(match["number"]), _parts(source)
    if single and alone:
        yield 1, alone


def _parts(source: str) -> dict[str, str]:
    """The cells within the function of a member."""
    body = source.partition("\n    return assemble(")[0]
    pieces = _PART.split(body)
    return {
        role: textwrap.dedent(part).strip("\n").rstrip()
        for role, part in zip(pieces[1::2], pieces[2::2], strict=True)
    }


def _solution(member: Solution, old: dict[str, str], new: dict[str, str]) -> Solution:
    """The member with its changed cells in place of the old ones."""
    unknown = set(new) - set(Role)
    if unknown:
        raise EditError(f"unknown role {min(unknown)!r}; roles are {', '.join(Role)}")
    blocks = [block for block in member.blocks if new.get(block.role) == old.get(block.role)]
    kept = {block.role for block in blocks}
    blocks += [_block(Role(role), source) for role, source in new.items() if role not in kept]
    if not any(block.role is Role.MODEL for block in blocks):
        raise EditError("it has no model")
    changed = [block.role for block in blocks if block.role not in kept]
    return Solution(
        ordered(blocks),
        name=f"{member.name} (edited)",
        parent=member.digest,
        changed=changed[0] if len(changed) == 1 else None,
        origin="solution.py was edited",
    )


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
