"""Which block to refine next."""

from __future__ import annotations

from collections.abc import Sequence

from mle_star.phases.effect import HIGH, LOW, MEDIUM, ORDER, BlockEffect
from mle_star.phases.tries import Tried
from mle_star.solution.solution import Solution
from mle_star.types import Role

EXPECTED = {HIGH: 2.0, MEDIUM: 1.5, LOW: 1.0}
"""Of the first :data:`FIRST` tries of a block, how many are expected to be accepted."""

FIRST = 4


def by_promise(
    solution: Solution, effects: Sequence[BlockEffect], tried: Sequence[Tried]
) -> list[Role]:
    """Order the roles of a solution by what refining them promises.

    MLE-STAR refines the block with the largest effect. But the effect says what a block is worth
    as it stands, not how much better it can become, so it is only where expectation begins: a
    block stands by the share of its tries that is expected to be accepted, which what came of
    the tries so far corrects; then by the fewest tries, then by how large its effect may be (the
    far end of the interval). The foundation phase counts as tries of the model, since it compared
    models. Hyperparameters are at least MEDIUM: one neutral value says little of a space. A role
    that has no block yet is LOW.

    Parameters
    ----------
    solution : Solution
        To be refined.
    effects : sequence of BlockEffect
        From its ablation.
    tried : sequence of Tried
        All tries of earlier steps.

    Returns
    -------
    list of Role
        All roles but combine, most promising first.
    """
    measured = {effect.role: effect for effect in effects}

    def promise(role: Role) -> tuple[float, int, float]:
        effect = measured.get(role)
        expected = EXPECTED[effect.impact] if effect else EXPECTED[LOW]
        if role is Role.HYPERPARAMETERS and solution.block(role) is not None:
            expected = max(EXPECTED[MEDIUM], expected)
        own = [one for one in tried if one.role is role and one.attempt]
        count = len(own) + (FIRST if role is Role.MODEL else 0)
        share = (expected + sum(one.accepted for one in own)) / (FIRST + count)
        ends = [abs(end) for end in (effect.low, effect.high) if end is not None] if effect else []
        return -share, count, -max(ends, default=0.0)

    return sorted(ORDER, key=promise)
