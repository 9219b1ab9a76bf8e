"""How the phases share a budget, and what is kept back for the closing work.

Closing work is: the ensemble's members fitted on the search rows (validation), a fit on shuffled
labels, the members fitted on all rows (deployment), and packaging. Its cost is learnt from what
the candidates cost so far.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mle_star.budget import Budget, Slice
from mle_star.judge.evaluation import Evaluation

FOUNDATION = 0.45
"""Share of what is left that the foundation phase may use."""

IMPROVEMENT = 0.94
"""Share of what is left after it for ablation, refinement and further search."""

ABLATION = 0.35
"""Share of an improvement step that its ablation may use."""

_MEMBERS = 3
_REFITS = 2.6
_MOST = 0.2
_PACKAGING = 4.0
_PACKAGING_SHARE = 0.06


@dataclass(frozen=True, slots=True)
class Closing:
    """What the closing work is expected to cost.

    Parameters
    ----------
    refit : float
        Seconds that fitting the members on all rows may take.
    reserve : float
        Seconds to keep back for all closing work.
    """

    refit: float
    reserve: float


def closing(
    budget: Budget, comparable: Sequence[Evaluation], *, rows: int, trained: int, jobs: int
) -> Closing:
    """Seconds to keep back.

    Parameters
    ----------
    budget : Budget
        The whole run's.
    comparable : sequence of Evaluation
        Candidates that may become members, best first.
    rows : int
        Rows of the table.
    trained : int
        Rows that a fold was trained on.
    jobs : int
        Fits that run at once.
    """
    if budget.counts_evaluations:
        return Closing(float("inf"), 0.0)
    costs = [e.fit_seconds * rows / max(1, trained) for e in comparable[:_MEMBERS]]
    wanted = max(max(costs), sum(costs) / jobs) if costs else 0.0
    refit = max(costs[0] if costs else 0.0, min(wanted, _MOST * budget.seconds))
    fixed = min(_PACKAGING, 0.2 * budget.seconds) + _PACKAGING_SHARE * min(60.0, budget.seconds)
    return Closing(refit, fixed + _REFITS * refit)


def improvement(budget: Budget) -> Slice:
    """The slice of all steps of ablation, refinement and further search."""
    return budget.share(1.0 if budget.counts_evaluations else IMPROVEMENT)
