"""Which block to refine next."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from mle_star.phases.effect import HIGH, LOW, MEDIUM, BlockEffect
from mle_star.solution.solution import Solution
from mle_star.types import Role

CLASSES = {HIGH: 2, MEDIUM: 1, LOW: 0}


def by_promise(
    solution: Solution, effects: Sequence[BlockEffect], visited: Sequence[Role]
) -> list[Role]:
    """Order the roles of a solution by what refining them promises.

    The rule of MLE-STAR, the largest effect that was not refined yet, made sound: a block stands
    by its impact (HIGH 2, MEDIUM 1, LOW 0) less one for every visit, then by how large its effect
    may be (the far end of the interval: effect and uncertainty together). The foundation phase
    counts as a visit to the model, since it compared models. Hyperparameters are at least
    MEDIUM: one neutral value says little of a space. A role that has no block yet is LOW.

    Parameters
    ----------
    solution : Solution
        To be refined.
    effects : sequence of BlockEffect
        From its ablation.
    visited : sequence of Role
        Role of every earlier step, and of those that had nothing to propose.

    Returns
    -------
    list of Role
        All roles but combine, most promising first.
    """
    measured = {effect.role: effect for effect in effects}
    visits = Counter([*visited, Role.MODEL])

    def promise(role: Role) -> tuple[int, int, float]:
        effect = measured.get(role)
        impact = CLASSES[effect.impact] if effect else 0
        if role is Role.HYPERPARAMETERS and solution.block(role) is not None:
            impact = max(1, impact)
        ends = [abs(end) for end in (effect.low, effect.high) if end is not None] if effect else []
        return (visits[role] - impact, visits[role], -max(ends, default=0.0))

    return sorted((role for role in Role if role is not Role.COMBINE), key=promise)
