"""An ordered set of blocks that renders to one Python file and back, losslessly."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, replace
from functools import lru_cache

from mle_star.errors import EditError
from mle_star.solution.block import (
    Block,
    checked,
    hyperparameters_block,
    read_hyperparameters,
)
from mle_star.types import Role

_MARKER = re.compile(r"^# %%(?P<title>.*)$", re.MULTILINE)
_ROLE = re.compile(r"^ role: (?P<role>\w+)(?: \(recipe: (?P<recipe>[\w-]+)\))?$")
_ORDER = list(Role)
PREFIX_ROLES = (Role.CLEAN, Role.FEATURES)


@dataclass(frozen=True, slots=True)
class Solution:
    """Blocks in role order, at most one a role.

    Parameters
    ----------
    blocks : tuple of Block
        In the order of :class:`~mle_star.types.Role`.
    name : str, default ""
        What a person sees on the leaderboard, such as ``"lightgbm + target encoding"``.
    parent : str, default ""
        Digest of the solution it was made from.
    changed : Role or None, default None
        The role in which it differs from its parent.
    origin : str, default ""
        Who proposed it and why, in one line.
    """

    blocks: tuple[Block, ...]
    name: str = ""
    parent: str = ""
    changed: Role | None = None
    origin: str = ""

    @property
    def digest(self) -> str:
        """Identity: 16 hexadecimal digits of the blocks' sources, whatever its name or parent."""
        return _digest(self.blocks)

    @property
    def prefix_digest(self) -> str:
        """Identity of ``clean`` and ``features``, whose fitted form solutions share."""
        return _digest(tuple(block for block in self.blocks if block.role in PREFIX_ROLES))

    def block(self, role: Role) -> Block | None:
        """The block of a role, or None where the role is the identity."""
        return next((block for block in self.blocks if block.role is role), None)

    @property
    def hyperparameters(self) -> dict[str, object]:
        """The literals of its hyperparameters block; EditError where it holds anything else."""
        block = self.block(Role.HYPERPARAMETERS)
        return read_hyperparameters(block.source) if block else {}

    def with_block(self, block: Block, *, name: str = "", origin: str = "") -> Solution:
        """A child in which exactly one block is replaced (or added)."""
        kept = [other for other in self.blocks if other.role is not block.role]
        return self._child(block.role, [*kept, block], name, origin)

    @property
    def base(self) -> str:
        """Its name without the changes that are told after it."""
        return self.name.split(" + ")[0]

    def with_hyperparameters(
        self, values: dict[str, object], *, change: str, origin: str
    ) -> Solution:
        """A child with these hyperparameters, named after its base and the change."""
        block = self.block(Role.HYPERPARAMETERS) or self.block(Role.MODEL)
        edit = hyperparameters_block(values, block.recipe if block else "")
        return self.with_block(edit, name=f"{self.base} + {change}", origin=origin)

    @property
    def is_foreign(self) -> bool:
        """Whether an agent wrote any of it."""
        return any(block.foreign for block in self.blocks)

    def without(self, role: Role, *, name: str = "", origin: str = "") -> Solution:
        """A child in which a role is the identity."""
        return self._child(role, [b for b in self.blocks if b.role is not role], name, origin)

    def _child(self, role: Role, blocks: list[Block], name: str, origin: str) -> Solution:
        return replace(
            self,
            blocks=ordered(blocks),
            name=name or self.name,
            parent=self.digest,
            changed=role,
            origin=origin,
        )


@dataclass(frozen=True, slots=True)
class Ensemble:
    """What a session hands over: one solution, or several with a ``combine`` block.

    Parameters
    ----------
    members : tuple of Solution
        At least one.
    combine : Block or None, default None
        None exactly when there is one member.
    """

    members: tuple[Solution, ...]
    combine: Block | None = None

    @property
    def is_foreign(self) -> bool:
        """Whether an agent wrote any of it."""
        return any(member.is_foreign for member in self.members) or bool(
            self.combine and self.combine.foreign
        )


def ordered(blocks: list[Block]) -> tuple[Block, ...]:
    """Sort blocks by role.

    Raises
    ------
    EditError
        If two blocks have one role.
    """
    if len({block.role for block in blocks}) != len(blocks):
        raise EditError("a solution holds one block a role")
    return tuple(sorted(blocks, key=lambda block: _ORDER.index(block.role)))


def render(solution: Solution) -> str:
    """Write a solution as a percent-format Python file; inverse of :func:`parse`."""
    cells = [f"# %% role: {_title(block)}\n{block.source}\n" for block in solution.blocks]
    return "\n\n".join(cells)


def parse(text: str, *, name: str = "") -> Solution:
    """Read a solution from percent-format text.

    Cells without a role (notes, the shared tools of a stand-alone file) are passed over.

    Parameters
    ----------
    text : str
        The file's content.
    name : str, default ""
        Name of the solution.

    Returns
    -------
    Solution
        Its blocks are checked.

    Raises
    ------
    EditError
        If a role is unknown or stands twice, or a block breaks its contract.
    """
    pieces = _MARKER.split(text)
    blocks = []
    for title, source in zip(pieces[1::2], pieces[2::2], strict=True):
        match = _ROLE.match(title.rstrip())
        if match is None:
            continue
        if match["role"] not in set(Role):
            raise EditError(f"unknown role {match['role']!r}; roles are {', '.join(Role)}")
        blocks.append(checked(Role(match["role"]), source, match["recipe"] or ""))
    return Solution(ordered(blocks), name=name)


def _title(block: Block) -> str:
    return f"{block.role} (recipe: {block.recipe})" if block.recipe else f"{block.role}"


@lru_cache(maxsize=65536)
def _digest(blocks: tuple[Block, ...]) -> str:
    joined = "\0".join(block.digest for block in blocks)
    return hashlib.sha256(joined.encode()).hexdigest()[:16]
