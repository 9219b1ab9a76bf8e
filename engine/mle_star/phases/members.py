"""The members of ensembles: which there are, what fitting them takes, how they are combined."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from mle_star.phases.context import Context
from mle_star.phases.pace import grown
from mle_star.solution.build import cells_of
from mle_star.solution.solution import Ensemble, Solution


def distinct_members(ensembles: Iterable[Ensemble]) -> list[Solution]:
    """Every member once, in the order of first appearance."""
    found: dict[str, Solution] = {}
    for ensemble in ensembles:
        for member in ensemble.members:
            found.setdefault(member.digest, member)
    return list(found.values())


def combiner_of(ensemble: Ensemble) -> Any:
    """What the ``combine`` block makes, an object with ``apply``; None for one member."""
    if ensemble.combine is None:
        return None
    return cells_of(Solution((ensemble.combine,)))["combine"]()


def combined(ensemble: Ensemble, matrices: Sequence[np.ndarray]) -> np.ndarray:
    """Combine the members' prediction matrices, given in their order."""
    combiner = combiner_of(ensemble)
    return matrices[0] if combiner is None else np.asarray(combiner.apply(list(matrices)))


def fit_cost(context: Context, solution: Solution, rows: int) -> float:
    """Seconds that one fit on `rows` rows is expected to take, by its evaluations so far.

    Returns
    -------
    float
        See :func:`~mle_star.phases.pace.grown`; 0 if it was never judged.
    """
    whole = float(np.mean([len(fold.train) for fold in context.judge.splits.folds]))
    costs = [
        grown(e.fit_seconds, rows / min(whole, e.fidelity.rows or whole))
        for e in context.ledger
        if e.solution.digest == solution.digest and e.fit_seconds > 0
    ]
    return min(costs, default=0.0)


def makespan(costs: Sequence[float], jobs: int) -> float:
    """Seconds that tasks take together on some workers, the longest first."""
    ends = [0.0] * max(1, jobs)
    for cost in sorted(costs, reverse=True):
        ends[ends.index(min(ends))] += cost
    return max(ends)
