"""Foundation: simple baselines, candidates from the techniques found, and the merged best.

Baselines come first, so that something usable is in hand within seconds and the rest can be paid
for: from what they and one booster cost follows how many rows a candidate is trained on for the
rest of the session. Candidates are judged in the order of their expected worth per second,
behind a cheap first rung where time is short, and the good ones are merged
(:mod:`mle_star.phases.merge`). What this phase does not do: it refines nothing.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from mle_star.agents.technique import Technique
from mle_star.budget import Slice
from mle_star.judge.evaluation import Evaluation, Fidelity
from mle_star.phases.context import Context
from mle_star.phases.merge import merge_in_order
from mle_star.phases.pace import (
    ROWS_AT_LEAST,
    ROWS_WHEN_COUNTING,
    Pace,
    affordable,
    guessed,
    measured,
    sampled,
)
from mle_star.phases.stand import Stand, loss
from mle_star.recipes.catalogue import standard
from mle_star.recipes.recipe import Recipe
from mle_star.solution.solution import Solution
from mle_star.types import Role

BASELINES = ("constant", "plain_tree", "linear")
"""Names of the simple models that the others must beat, the cheapest first."""

QUICK_ROWS = 2000
"""Training rows a fold of the first look at a large table."""

PILOT = Fidelity(rows=8000, folds=1)
"""The first rung: at which costs are measured and, where time is short, candidates screened."""

BATCH = 4
"""Candidates handed to the judge at once; fixed, so that results do not depend on the workers."""

_CANDIDATES_SHARE = 0.7
_ONE_CANDIDATE_SHARE = 0.5
_BASELINE_SHARE = 0.15


@dataclass(frozen=True, slots=True)
class Foundation:
    """What the phase leaves to the next.

    Parameters
    ----------
    baseline : Evaluation
        The best of the simple models, which a gate holds the result against.
    best : Evaluation
        The best candidate or merge; at the session's fidelity, like the baseline.
    """

    baseline: Evaluation
    best: Evaluation


def run(context: Context, techniques: Sequence[Technique], slice: Slice) -> Foundation:
    """Judge baselines and candidates, settle the session's fidelity, and merge.

    Parameters
    ----------
    context : Context
        Its fidelity is set here; all that is judged goes into its ledger.
    techniques : sequence of Technique
        What the search found; those about models become candidates.
    slice : Slice
        What the phase may spend.

    Returns
    -------
    Foundation
        Baseline and best so far.

    Raises
    ------
    BudgetError
        If no candidate at all has a score.
    """
    stand = Stand(context, BASELINES)
    models = _portfolio(techniques)
    pace = _settle(context, stand, models, slice)
    part = slice.part(_CANDIDATES_SHARE)
    for batch in _batches(context, stand, models, pace, part):
        if not part.allows():
            break
        stand.judge([_solution(context, recipe) for recipe in batch], part)
    stand.fall_back()
    merged = merge_in_order(context, stand.ranked(), slice)
    if merged is not None:
        stand.consider([merged])
    return Foundation(stand.baseline(), stand.best())


def _settle(context: Context, stand: Stand, models: Sequence[Recipe], slice: Slice) -> Pace:
    """Judge the baselines and choose the fidelity; the pace is that of a typical booster."""
    rows = _train_rows(context)
    if context.budget.counts_evaluations:
        stand.settle(sampled(ROWS_WHEN_COUNTING, rows))
        allowed = max(1, (slice.evaluations() or 0) // 3)
        stand.judge(_baselines(context)[-allowed:], slice)
        return guessed(context.facts, _folds(context), context.jobs)
    stand.quick = sampled(QUICK_ROWS, rows) if rows > ROWS_AT_LEAST else Fidelity()
    stand.settle(stand.quick)
    stand.judge(_baselines(context)[:2], slice)
    piloted, pace = _pilot(context, stand, models, slice)
    stand.settle(affordable(pace, rows, max(slice.seconds(), context.budget.left())))
    if context.fidelity != stand.quick:
        stand.judge(_affordable_baselines(context, piloted, slice), slice)
    return pace


def _pilot(
    context: Context, stand: Stand, models: Sequence[Recipe], slice: Slice
) -> tuple[list[Evaluation], Pace]:
    """Measure what the last baseline and the two most promising models cost."""
    rows, folds = _train_rows(context), _folds(context)
    fidelity = PILOT if rows > ROWS_AT_LEAST else context.fidelity
    first = [_solution(context, recipe) for recipe in models[:2]]
    found = stand.screen([*_baselines(context)[2:], *first], slice, fidelity)
    if fidelity == context.fidelity:
        stand.consider(found)
    trained_on = min(rows, fidelity.rows or rows)
    for recipe, evaluation in zip(models, found[-len(first) :], strict=False):
        if evaluation.score is not None:
            return found, measured(evaluation, trained_on, recipe.cost, folds, context.jobs)
    return found, guessed(context.facts, folds, context.jobs)


def _baselines(context: Context) -> list[Solution]:
    return [_solution(context, context.recipes[n]) for n in BASELINES if n in context.recipes]


def _affordable_baselines(
    context: Context, piloted: Sequence[Evaluation], slice: Slice
) -> list[Solution]:
    """Those to be judged at the session's fidelity as well: what was slow on the pilot is not."""
    growth = _session_rows(context) / (PILOT.rows or 1) * _folds(context) / max(1, context.jobs)
    most = _BASELINE_SHARE * slice.seconds()
    slow = {e.solution.digest for e in piloted if e.score is None or e.seconds * growth > most}
    return [solution for solution in _baselines(context) if solution.digest not in slow]


def _batches(
    context: Context, stand: Stand, models: Sequence[Recipe], pace: Pace, slice: Slice
) -> Iterator[list[Recipe]]:
    """Candidates in batches, those left out that the slice has no time for."""
    queue = list(models)
    if not context.budget.counts_evaluations:
        queue = _screened(context, stand, queue, pace, slice)
    while queue:
        batch: list[Recipe] = []
        left = slice.seconds()
        for recipe in queue:
            seconds = _seconds(context, pace, recipe)
            if len(batch) < BATCH and seconds <= left:
                batch.append(recipe)
                left -= seconds
        if not batch:
            return
        queue = [recipe for recipe in queue if recipe not in batch]
        yield batch


def _screened(
    context: Context, stand: Stand, models: list[Recipe], pace: Pace, slice: Slice
) -> list[Recipe]:
    """The better half of the candidates on the first rung, where there is no time for all."""
    most = _ONE_CANDIDATE_SHARE * slice.seconds()
    models = [r for r in models if _seconds(context, pace, r) <= most] or models[:1]
    whole = sum(_seconds(context, pace, recipe) for recipe in models)
    if whole <= slice.seconds() or _session_rows(context) <= (PILOT.rows or 0):
        return models
    found = stand.screen([_solution(context, r) for r in models], slice, PILOT)
    scored = [(e, r) for e, r in zip(found, models, strict=True) if e.score is not None]
    scored.sort(key=lambda pair: loss(pair[0]))
    return [recipe for _, recipe in scored[: max(2, math.ceil(len(scored) / 2))]]


def _seconds(context: Context, pace: Pace, recipe: Recipe) -> float:
    if context.budget.counts_evaluations:
        return 0.0
    return pace.seconds(_session_rows(context), recipe.cost)


def _portfolio(techniques: Sequence[Technique]) -> list[Recipe]:
    """Model recipes but the baselines, in the order of their expected worth per second."""
    models = [
        t for t in techniques if t.recipe.role is Role.MODEL and t.recipe.name not in BASELINES
    ]
    models.sort(key=lambda t: (-t.score / (1.0 + t.recipe.cost) ** 0.1, t.recipe.name))
    return [technique.recipe for technique in models]


def _solution(context: Context, recipe: Recipe) -> Solution:
    return standard(recipe, context.facts, context.recipes)


def _train_rows(context: Context) -> int:
    return max(len(fold.train) for fold in context.judge.splits.folds)


def _session_rows(context: Context) -> int:
    return min(_train_rows(context), context.fidelity.rows or _train_rows(context))


def _folds(context: Context) -> int:
    return len(context.judge.splits.folds)
