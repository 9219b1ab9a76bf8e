"""Foundation: simple baselines, candidates from the techniques found, and the merged best.

Baselines come first, so that something usable is in hand within seconds and the rest can be paid
for: from what they and one booster cost follows how many rows a candidate is trained on for the
rest of the session. Candidates are judged in an order that was learnt
(:mod:`mle_star.recipes.portfolio`), those left out for which the time will not do, and the good
ones are merged
(:mod:`mle_star.phases.merge`). What this phase does not do: it refines nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from mle_star.agents.technique import Technique
from mle_star.budget import Slice
from mle_star.events import Noted
from mle_star.judge.evaluation import Evaluation, Fidelity
from mle_star.phases.context import Context
from mle_star.phases.longer import lengthen
from mle_star.phases.merge import merge_in_order
from mle_star.phases.pace import ROWS_AT_LEAST, Pace
from mle_star.phases.stand import BASELINES, Stand
from mle_star.phases.tries import REPAIRS, is_broken
from mle_star.recipes.portfolio import place
from mle_star.recipes.recipe import Facts, Recipe
from mle_star.solution.solution import Solution
from mle_star.types import Role

QUICK_ROWS = 2000
"""Training rows a fold of the first look at a large table."""

PILOT_ROWS = 8000
"""Training rows of the first rung, one fold: costs are measured there."""

ROWS_WHEN_COUNTING = 30_000
"""Training rows a fold at most when evaluations are counted (the paper's own limit)."""

BATCH = 4
"""Candidates handed to the judge at once; fixed, so that results do not depend on the workers."""

EVALUATIONS_OF_A_MERGE = 20
"""Evaluations of a merge that there must be time for, or it is not worth making."""

_CANDIDATES_SHARE = 0.9
_OVERTIME = 1.12
"""Of the phase's seconds, when a candidate that takes longer than expected is ended."""

_NEXT_SHARE = 0.67
_ONE_OF_ALL_SHARE = 0.3
_ONE_LARGE_SHARE = 0.35
_BASELINE_SHARE = 0.25


Repair = Callable[[Evaluation, int], Solution | None]
"""Given what failed and the number of the repair, from 1."""


def no_repair(_failed: Evaluation, _number: int) -> Solution | None:
    """Nothing in its place."""
    return None


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


def run(
    context: Context,
    techniques: Sequence[Technique],
    slice: Slice,
    last: Slice | None = None,
    *,
    max_candidates: int | None = None,
    merge: bool = True,
    own: Sequence[Solution] = (),
    repair: Repair = no_repair,
) -> Foundation:
    """Judge baselines and candidates, settle the session's fidelity, and merge.

    Parameters
    ----------
    context : Context
        Its fidelity is set here; all that is judged goes into its ledger.
    techniques : sequence of Technique
        What the search found; those about models become candidates.
    slice : Slice
        What the phase may spend: nothing is begun that is not expected to end within it.
    last : Slice or None, default None
        What the first model may spend where it has no score by then; None: `slice`.
    max_candidates : int or None, default None
        Models of the search that are judged, at most; None: as many as there is time for.
    merge : bool, default True
        Whether the best are merged.
    own : sequence of Solution, default ()
        Solutions of a person's or of agents' own, judged first.
    repair : callable, default no_repair
        Gives something in place of one of these whose code raised, or None; asked
        :data:`~mle_star.phases.tries.REPAIRS` times at most for each.

    Returns
    -------
    Foundation
        Baseline and best so far.

    Raises
    ------
    BudgetError
        If no candidate at all has a score.
    """
    stand, pace = Stand(context, BASELINES), Pace(context)
    models = _portfolio(techniques, context.facts)[:max_candidates]
    last, counted = last or slice, context.budget.counts_evaluations
    late = last.within(_OVERTIME * slice.seconds())
    if counted:
        _settle_by_rows(stand, pace, slice)
    else:
        _settle_by_time(stand, pace, models, slice)
    part = slice.part(_CANDIDATES_SHARE)
    _judge_own(stand, own, repair, part)
    for batch in _batches(stand, pace, models, part):
        stand.judge([stand.solution(recipe) for recipe in batch], part if counted else late)
    stand.fall_back()
    if not counted:
        _insist(stand, pace, models, last)
    if max_candidates is None:
        lengthen(stand, part)
    merged = merge_in_order(context, stand.worthy(), slice) if merge and _roomy(stand) else None
    if merged is not None:
        stand.consider([merged])
    return Foundation(stand.baseline(), stand.best())


def further(
    context: Context, techniques: Sequence[Technique], best: Evaluation, slice: Slice
) -> Evaluation:
    """Judge the models and longer boosters that there was no time for before, while there is time.

    Parameters
    ----------
    context : Context
        All that is judged goes into its ledger.
    techniques : sequence of Technique
        What the search found.
    best : Evaluation
        The best so far.
    slice : Slice
        Nothing is begun that is not expected to end well within it: what does not is all lost.

    Returns
    -------
    Evaluation
        The best then.
    """
    stand, pace = Stand(context, BASELINES, standing=best), Pace(context)
    tried = {evaluation.solution.digest for evaluation in context.comparable()}
    models = _portfolio(techniques, context.facts)
    queue = [recipe for recipe in models if stand.solution(recipe).digest not in tried]
    while batch := _within(pace, queue, context.fidelity, _NEXT_SHARE * slice.seconds())[:1]:
        queue.remove(batch[0])
        stand.judge([stand.solution(batch[0])], slice)
    lengthen(stand, slice)
    return stand.best()


def _insist(stand: Stand, pace: Pace, models: Sequence[Recipe], last: Slice) -> None:
    """Give the first model what time the closing work leaves, if it has no score yet.

    It is the best of most tables, and what comes later in the order was meant to go beside it.
    Where it cannot be judged in that time either and only baselines have scores, another one is.
    """
    fidelity = stand.context.fidelity
    scored = {evaluation.solution.name for evaluation in stand.ranked()}
    if not models or models[0].name in scored:
        return
    within = _within(pace, models, fidelity, last.seconds())
    if models[0] not in within and not scored <= set(BASELINES):
        return
    first = within[0] if within else min(models, key=lambda one: pace.seconds(one, fidelity))
    stand.judge([stand.solution(first)], last)


def _judge_own(stand: Stand, own: Sequence[Solution], repair: Repair, part: Slice) -> None:
    """Judge solutions; those whose code raises are repaired and judged again."""
    number = 0
    while own:
        number += 1
        broken = [one for one in stand.judge(own, part) if is_broken(one)]
        repaired = [repair(one, number) for one in broken if number <= REPAIRS]
        own = [solution for solution in repaired if solution is not None]


def _roomy(stand: Stand) -> bool:
    """Whether a merge of the best two models could still be refined in the time left.

    Where it could not, averaging is left to the ensemble, which fits nothing for it.
    """
    budget, jobs = stand.context.budget, max(1, stand.context.jobs)
    if budget.counts_evaluations:
        return True
    seconds = sum(part.seconds for part in stand.worthy()[:2]) / jobs
    roomy = seconds <= budget.left() / EVALUATIONS_OF_A_MERGE
    if not roomy:
        stand.context.emit(Noted("info", "no merge: there is no time to refine one"))
    return roomy


def _settle_by_rows(stand: Stand, pace: Pace, slice: Slice) -> None:
    """Choose the fidelity without a clock, and judge as many baselines as a third pays for."""
    stand.settle(pace.sampled(ROWS_WHEN_COUNTING))
    allowed = max(1, (slice.evaluations() or 0) // 3)
    stand.judge([stand.solution(r) for r in _baselines(stand)[-allowed:]], slice)


def _settle_by_time(stand: Stand, pace: Pace, models: Sequence[Recipe], slice: Slice) -> None:
    """Judge the cheapest baselines, measure what a booster costs, and choose the fidelity."""
    context, baselines = stand.context, _baselines(stand)
    stand.quick = pace.sampled(QUICK_ROWS) if pace.train_rows > ROWS_AT_LEAST else Fidelity()
    stand.settle(stand.quick)
    stand.judge([stand.solution(r) for r in baselines[:2]], slice)
    if context.facts.is_large:
        _settle_large(stand, pace, models, slice)
        return
    first = [*models[:1], *baselines[2:]]
    stand.screen([stand.solution(r) for r in first], slice, _rung(pace))
    if models:
        time = max(slice.seconds(), context.budget.left())
        stand.settle(pace.affordable(models[0], time, _ONE_OF_ALL_SHARE * slice.seconds()))
    most = _BASELINE_SHARE * slice.seconds()
    left = baselines[2:] if context.fidelity == stand.quick else baselines
    cheap = [r for r in left if pace.seconds(r, context.fidelity) <= most]
    likely = _within(pace, models[:1], context.fidelity, _NEXT_SHARE * slice.seconds())
    # Together: where there are few folds, those of one alone leave workers without work.
    stand.judge([stand.solution(r) for r in [*likely, *cheap]], slice)


def _settle_large(stand: Stand, pace: Pace, models: Sequence[Recipe], slice: Slice) -> None:
    """Choose the fidelity of a large table by a rough guess, and judge there at once.

    Large trees cost nearly as much on few rows, so a pilot would pay twice for one answer.
    """
    seconds = _ONE_LARGE_SHARE * slice.seconds() * pace.at_once / pace.folds
    stand.settle(pace.sampled(pace.guessed_rows(seconds)))
    stand.judge([stand.solution(r) for r in [*models[:1], *_baselines(stand)[1:2]]], slice)


def _batches(
    stand: Stand, pace: Pace, models: Sequence[Recipe], slice: Slice
) -> Iterator[list[Recipe]]:
    """Candidates in batches, those left out that the slice has no time for, but never all.

    A batch is expected to take half of the time left at most, so that a slow one costs little; the
    next of the order is passed over only where it alone would take two thirds.
    """
    fidelity = stand.context.fidelity
    judged = {e.solution.digest for e in stand.context.ledger if e.fidelity == fidelity}
    queue = [recipe for recipe in models if stand.solution(recipe).digest not in judged]
    insurance = queue[:1] if queue[:1] == list(models[:1]) else []
    while queue and slice.allows():
        left = slice.seconds()
        batch = _within(pace, queue, fidelity, left / 2)[:BATCH]
        if queue[0] not in batch and pace.seconds(queue[0], fidelity) <= _NEXT_SHARE * left:
            batch = queue[:1]
        batch = batch or _within(pace, queue, fidelity, left)[:1] or insurance
        if not batch:
            return
        insurance = []
        queue = [recipe for recipe in queue if recipe not in batch]
        yield batch


def _within(
    pace: Pace, models: Sequence[Recipe], fidelity: Fidelity, seconds: float
) -> list[Recipe]:
    """Those that fit into the seconds one after the other; one too long does not stop the rest."""
    chosen = []
    for recipe in models:
        needed = pace.seconds(recipe, fidelity)
        if needed <= seconds:
            chosen.append(recipe)
            seconds -= needed
    return chosen


def _rung(pace: Pace) -> Fidelity:
    """One fold; on all its rows where they are not many more, as that is not judged again."""
    rows = pace.sampled(PILOT_ROWS) if pace.train_rows > 2 * PILOT_ROWS else Fidelity()
    return replace(rows, folds=1)


def _baselines(stand: Stand) -> list[Recipe]:
    recipes = stand.context.recipes
    return [recipes[name] for name in BASELINES if name in recipes]


def _portfolio(techniques: Sequence[Technique], facts: Facts) -> list[Recipe]:
    """Model recipes but the baselines, in the order in which they are best tried."""
    models = [t for t in techniques if t.recipe.role is Role.MODEL]
    models = [t for t in models if t.recipe.name not in BASELINES]
    models.sort(key=lambda t: (place(t.recipe.name, facts), -t.score, t.recipe.name))
    return [technique.recipe for technique in models]
