"""The person of an interactive run."""

from __future__ import annotations

from typing import Protocol

from mle_star.phases.context import Context
from mle_star.session.improvement import Chooser
from mle_star.solution.solution import Solution


class Person(Protocol):
    """Somebody who is asked while a run goes on."""

    def candidates(self, context: Context) -> list[Solution]:
        """Solutions of the person's own, to be judged beside the others."""
        ...

    def chooser(self, context: Context) -> Chooser:
        """How the person chooses the block to refine."""
        ...
