"""How the phases share a budget, and what is kept back for the closing work.

Closing work is: the ensemble's members fitted on the search rows (validation), a fit on shuffled
labels, the members fitted on all rows (deployment), and packaging. Its cost is learnt from what
the candidates cost so far.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from mle_star.budget import Budget, Slice
from mle_star.phases.context import Context
from mle_star.phases.members import refit_cost
from mle_star.phases.pace import guessed_seconds
from mle_star.phases.stand import near
from mle_star.recipes.recipe import Facts
from mle_star.workflow.workflow import WorkflowTask

FOUNDATION = 0.65
"""Share of what is left that the foundation phase may use."""

LAST_CHANCE = 0.9
"""The same, if nothing could be judged in that time."""

IMPROVEMENT = 0.88
"""Share of what is left after it for ablation, refinement and further search."""

ABLATION = 0.35
"""Share of an improvement step that its ablation may use."""

VALIDATION = 0.47
"""Share of the closing time, less packaging, that validation may use; the rest is deployment's,
which fits on more rows."""

_EVALUATIONS = 20
_MOST_FOLDS = 1000
_MEMBERS = 5
_REFITS = 2.5
_MOST = 0.2
_LEAST = 0.2
_LEAST_OF = 120.0
_MOST_OF_LEFT = 0.8
_TWO_FITS = 2.1
_SURELY_ONE_FIT = 1.3
_LEAST_VALIDATION = 0.25
_PACKAGING = 4.0
_PACKAGING_SHARE = 0.06


@dataclass(frozen=True, slots=True)
class Costs:
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


def costs_of(context: Context) -> Costs:
    """What to keep back, from what the best candidates cost so far; all that is left at most.

    Candidates that cannot be fitted again in what is left do not count: nothing is kept for them.
    """
    budget, jobs = context.budget, context.jobs
    if budget.counts_evaluations:
        return Costs(math.inf, 0.0)
    left = max(0.0, budget.seconds - budget.elapsed)
    fixed = min(_PACKAGING + _PACKAGING_SHARE * min(60.0, budget.seconds), 0.3 * budget.seconds)
    judged = context.comparable()
    possible = (left - fixed) / _REFITS  # less than is affordable: time passes until it is fitted
    rows = context.columns["rows"]
    ranked = [e for e in judged if refit_cost(context, e, rows) <= possible] or judged
    members = near(ranked, ranked[0])[:_MEMBERS] if ranked else []
    costs = [refit_cost(context, e, rows) for e in members]
    wanted = max(max(costs), sum(costs) / jobs) if costs else 0.0
    refit = max(costs[0] if costs else 0.0, min(wanted, _MOST * budget.seconds))
    affordable = max(0.0, left - _PACKAGING) / _REFITS
    # An ensemble may take members that are not near the best, and slower ones.
    least = _LEAST * min(_LEAST_OF, budget.seconds)
    return Costs(affordable, min(max(least, fixed + _REFITS * refit), left))


def ensemble(budget: Budget, costs: Costs) -> Slice:
    """The slice of the ensemble phase: some of what is left, however much the closing work needs.

    Parameters
    ----------
    budget : Budget
        The whole run's; its reserve is set here.
    costs : Costs
        See :func:`costs_of`.
    """
    budget.reserve = 0.0
    budget.reserve = min(costs.reserve, _MOST_OF_LEFT * max(0.0, budget.left()))
    return budget.share(1.0)


def validation(budget: Budget, refit: float) -> Slice:
    """The slice of the validation phase.

    Where there is no time to fit the members twice, it leaves what one fit on all rows takes and
    validates on fewer of them. Where that is not enough either, it gets all but what packaging
    needs: the model is then shipped as it was validated.

    Parameters
    ----------
    budget : Budget
        The whole run's, with no reserve.
    refit : float
        Seconds that fitting the chosen members on all rows takes.
    """
    left = budget.left()
    if not math.isfinite(left) or left <= 0:
        return budget.share(VALIDATION)
    fits = max(VALIDATION, 1.0 - _PACKAGING / left)
    if _PACKAGING + _TWO_FITS * refit <= left:
        return budget.share(VALIDATION * fits)
    rest = fits - _SURELY_ONE_FIT * refit / left
    return budget.share(rest if rest >= _LEAST_VALIDATION else fits)


def folds_within(seconds: float, facts: Facts, jobs: int) -> int:
    """How many folds a candidate may be judged on in a run of so many seconds.

    As many as leave time for the wanted evaluations on all rows, at least two.

    Parameters
    ----------
    seconds : float
        The whole run's; inf when evaluations are counted.
    facts : Facts
        About the table.
    jobs : int
        Fits that run at once.
    """
    if math.isinf(seconds):
        return _MOST_FOLDS
    affordable = 0.6 * seconds * jobs / (_EVALUATIONS * guessed_seconds(facts))
    return max(2, min(_MOST_FOLDS, int(affordable)))


def improvement(budget: Budget) -> Slice:
    """The slice of all steps of ablation, refinement and further search."""
    return budget.share(1.0 if budget.counts_evaluations else IMPROVEMENT)


def limited(task: WorkflowTask, part: Slice) -> Slice:
    """A slice that ends with the task's own time limit, if it has one."""
    return part if task.timeout is None else part.within(task.timeout)
