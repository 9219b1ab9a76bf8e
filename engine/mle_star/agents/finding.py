"""What a static rule found in a block."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Rule(StrEnum):
    """The rules of :mod:`mle_star.agents.guard`."""

    SIZE = "size"
    IMPORT = "import"
    FILE = "file"
    ESCAPE = "escape"
    PATCH = "patch"
    CLOCK = "clock"
    LEAKAGE = "leakage"
    SIDE_EFFECT = "side effect"


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """One place at which a block breaks a rule.

    Parameters
    ----------
    line : int
        In the block, from 1.
    rule : Rule
        Which.
    problem : str
        What stands there and what to write instead, in words for whoever wrote it.
    """

    line: int
    rule: Rule
    problem: str

    def __str__(self) -> str:
        return f"line {self.line}: {self.problem}"
