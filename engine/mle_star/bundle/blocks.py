"""The code of a model's members as data: what a model file needs that holds classes of the cells.

``blocks.json`` is in a bundle whose model was saved in a format that names classes instead of
describing them; a process that reads such a model runs the cells first.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mle_star.errors import StateError
from mle_star.solution.block import Block
from mle_star.solution.solution import Ensemble, Solution
from mle_star.types import Role

BLOCKS = "blocks.json"


def to_json(ensemble: Ensemble) -> dict[str, Any]:
    """Describe an ensemble's code; inverse of :func:`from_json`."""
    return {
        "members": [
            {"name": member.name, "blocks": [described(block) for block in member.blocks]}
            for member in ensemble.members
        ],
        "combine": described(ensemble.combine),
    }


def from_json(plain: Any) -> Ensemble:
    """Read what :func:`to_json` wrote.

    Raises
    ------
    StateError
        If it is something else.
    """
    try:
        members = tuple(
            Solution(tuple(block_of(block) for block in member["blocks"]), name=member["name"])
            for member in plain["members"]
        )
        combine = block_of(plain["combine"]) if plain["combine"] else None
        return Ensemble(members, combine)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise StateError(f"{BLOCKS} cannot be read: {error!r}", "make the model again") from error


def agent_written(ensemble: Ensemble) -> list[dict[str, str]]:
    """The blocks that an agent wrote: ``member``, its name, and ``block``, the role."""
    found = [
        {"member": member.name or "solution", "block": str(block.role)}
        for member in ensemble.members
        for block in member.blocks
        if block.foreign
    ]
    if ensemble.combine is not None and ensemble.combine.foreign:
        found.append({"member": "all", "block": str(Role.COMBINE)})
    return found


def described(block: Block | None) -> dict[str, Any] | None:
    """A block as plain values; inverse of :func:`block_of`."""
    if block is None:
        return None
    return {
        "role": str(block.role),
        "source": block.source,
        "recipe": block.recipe,
        "foreign": block.foreign,
    }


def block_of(plain: Mapping[str, Any]) -> Block:
    """The block that :func:`described` told of."""
    return Block(
        Role(plain["role"]),
        str(plain["source"]),
        str(plain["recipe"]),
        bool(plain["foreign"]),
    )
