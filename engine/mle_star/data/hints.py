"""Signs in the data that its rows are ordered in time, or belong together in groups."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Hint:
    """A sign of order in time or of groups.

    Parameters
    ----------
    what : str
        ``time`` or ``group``.
    columns : tuple of str
        Original names; several where a moment is composed from its parts.
    strong : bool
        Whether it is used without being asked for.
    reason : str
        One sentence for a person.
    """

    what: str
    columns: tuple[str, ...]
    strong: bool
    reason: str


def listed(names: Sequence[str]) -> str:
    """Column names in a sentence."""
    return " + ".join(map(repr, names))
