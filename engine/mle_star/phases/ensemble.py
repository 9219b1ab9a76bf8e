"""Ensemble: combine everything judged so far, each way scored on folds it did not learn from.

A strategy (:mod:`mle_star.judge.combine`) learns which candidates to take and with which weights
from the out-of-fold predictions of all folds but one and is scored on the one left out; choosing
the best single candidate is judged in the same way, so the winner's luck flatters nobody. On a
task ordered in time weights are learnt from later folds too: they are few constants, and with
three to five folds the past alone would leave too little. What is shipped learns from all folds.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np

from mle_star.budget import Slice
from mle_star.events import Noted
from mle_star.judge.combine import (
    STRATEGIES,
    Combination,
    Pool,
    Strategy,
    ambiguity,
    correlation,
    errors,
)
from mle_star.judge.evaluation import Evaluation, Score
from mle_star.judge.losses import loss_of
from mle_star.judge.metrics import ScoreError
from mle_star.judge.stats import compare_folds
from mle_star.phases import planned
from mle_star.phases.compared import Compared, convincing, event_of, verdict
from mle_star.phases.context import Context
from mle_star.phases.members import fit_cost
from mle_star.phases.merge import in_parts
from mle_star.phases.nested import CANDIDATES, parts
from mle_star.phases.stand import BASELINES, TREE, loss
from mle_star.recipes.catalogue import FORESTS
from mle_star.recipes.recipe import recipes_of
from mle_star.seeds import derive
from mle_star.solution.block import Block, checked
from mle_star.solution.solution import Ensemble
from mle_star.toolkit.ensemble import LinearStack, WeightedAverage
from mle_star.types import Role

FINALISTS = 3
MOST_FORESTS = 2
"""Forests of one kind in an ensemble at most."""

FITS_IN_ALL = 2.0
"""Fits on all rows that the closing time is for: one to validate, one to ship."""

WORTH = 0.05
"""Share of the score by which a model must be ahead to be shipped without the rows held back."""

SINGLE = "best single"


@dataclass(frozen=True, slots=True)
class EnsembleChoice:
    """What the phase found.

    Parameters
    ----------
    ensemble : Ensemble
        The choice; one solution alone where nothing beats it.
    score : Score
        Its score over folds, nested where it combines several.
    strategies : list of Compared
        All ways tried, the best single first.
    finalists : list of Ensemble
        Two or three to choose among on the selection rows (one where there is no other): the
        choice first, the best single always among them.
    """

    ensemble: Ensemble
    score: Score
    strategies: list[Compared]
    finalists: list[Ensemble]


def run(
    context: Context,
    best: Evaluation,
    slice: Slice,
    refit_seconds: float = math.inf,
    strategies: Collection[str] = tuple(STRATEGIES),
) -> EnsembleChoice:
    """Compare the ways to combine all judged candidates, and choose.

    Parameters
    ----------
    context : Context
        The session's; its ledger holds the candidates.
    best : Evaluation
        The best single solution; it has a score.
    slice : Slice
        Where its time ends before two folds have been scored, the best single is the choice.
    refit_seconds : float, default inf
        Seconds that refitting all members on all rows may take.
    strategies : collection of str, default tuple(STRATEGIES)
        The ways to compare; the best single always is one.

    Returns
    -------
    EnsembleChoice
        See there.
    """
    everything = _candidates(context, best)
    candidates = _in_time(context, everything, refit_seconds)
    best = candidates[0] if candidates else best
    single = Ensemble((best.solution,))
    if len(candidates) < 2:
        reason = _alone(candidates, everything)
        compared = [Compared(SINGLE, single, score=best.score, reason=reason)]
    else:
        wanted = {n: s for n, s in STRATEGIES.items() if n == SINGLE or n in strategies}
        compared = _compare(context, candidates, single, slice, refit_seconds, wanted)
    chosen = _choice(compared)
    for one in compared:
        context.emit(event_of(one, chosen=one is chosen))
    score = chosen.score or best.score
    if chosen.ensemble is None or score is None:
        raise ValueError("the ensemble phase needs a best solution that has a score")
    return EnsembleChoice(chosen.ensemble, score, compared, _finalists(compared, chosen))


def _candidates(context: Context, best: Evaluation) -> list[Evaluation]:
    """The best single first, then the others with out-of-fold predictions, best first.

    Without other merges: what they average stands there too, and costs less. And without what is
    worse than every baseline: it may look good on one of the folds, and spoil the others.
    """
    judged = context.comparable()
    worst = max((loss(e) for e in judged if e.solution.name in BASELINES), default=math.inf)
    others = [e for e in judged if loss(e) <= worst and not in_parts(context, e.solution)]
    usable = [e for e in [best, *others] if e.oof is not None]
    by_digest = {e.solution.digest: e for e in reversed(usable)}
    ranked = dict.fromkeys(e.solution.digest for e in usable)
    return _few_forests(context, [by_digest[digest] for digest in ranked])[:CANDIDATES]


def _few_forests(context: Context, ranked: list[Evaluation]) -> list[Evaluation]:
    """Without all but the best :data:`MOST_FORESTS` forests of each kind, alone or in a merge."""
    kept, seen = [], Counter[str]()
    for evaluation in ranked:
        kinds = {r.name for r in recipes_of(evaluation.solution, context.recipes).values()}
        if all(seen[kind] < MOST_FORESTS for kind in kinds.intersection(FORESTS)):
            seen.update(kinds)
            kept.append(evaluation)
    return kept


def _in_time(
    context: Context, candidates: list[Evaluation], refit_seconds: float
) -> list[Evaluation]:
    """Those that can be fitted again on all rows; all of them where that is none.

    One core fits a candidate. One that cannot be fitted again would be shipped without the rows
    held back, the latest of a task ordered in time: only where nothing else comes near it.
    """
    costs = _costs(context, candidates)
    within = [e for e, cost in zip(candidates, costs, strict=True) if cost <= refit_seconds]
    if not within or candidates[0] in within:
        return within or candidates
    once = [
        e
        for e, cost in zip(candidates, costs, strict=True)
        if refit_seconds < cost <= FITS_IN_ALL * refit_seconds and _far_ahead(e, within[0])
    ]
    name, lacking = (once or candidates)[0].solution.name, "there is no time to fit it on all rows"
    told = f"{name} is {'chosen, though' if once else 'not shipped:'} {lacking}"
    context.emit(Noted("info", told))
    return once[:1] or within


def _costs(context: Context, candidates: list[Evaluation]) -> list[float]:
    """Seconds that fitting each on all rows is expected to take, on one core."""
    return [fit_cost(context, e.solution, context.columns["rows"]) for e in candidates]


def _far_ahead(best: Evaluation, other: Evaluation) -> bool:
    """Whether the other is no substitute; a single tree never is."""
    if best.score is None or other.score is None:
        return False
    if other.solution.name == TREE:
        return True
    return best.score.gain_over(other.score) > WORTH * abs(best.score.mean)


def _alone(candidates: list[Evaluation], everything: list[Evaluation]) -> str:
    """Why there is nothing to combine."""
    if not candidates:
        return "no out-of-fold predictions to combine: not all folds were run"
    if len(candidates) < len(everything):
        return "there is no time to fit another candidate beside it on all rows"
    return "no second candidate to combine it with"


def _compare(
    context: Context,
    candidates: list[Evaluation],
    single: Ensemble,
    slice: Slice,
    refit_seconds: float,
    strategies: Mapping[str, Strategy],
) -> list[Compared]:
    pool = _pool(context, candidates, refit_seconds)
    nested = _nested(context, pool, slice, strategies)
    if nested is None:
        reason = "the time for comparing ensembles ended"
        return [Compared(SINGLE, single, score=candidates[0].score, reason=reason)]
    lesson = pool.learn(np.arange(len(pool.labels)), derive(context.seed, "ensemble", "all"))
    reference = nested[SINGLE]
    found = [
        Compared(SINGLE, single, (single.members[0].name,), (1.0,), reference, 0.0)
        if reference
        else Compared(SINGLE, single, score=candidates[0].score)
    ]
    for name, strategy in strategies.items():
        if name != SINGLE:
            learnt = strategy(lesson)
            found.append(_measured(name, learnt, nested[name], reference, pool, candidates))

    def measure(name: str, strategy: Strategy) -> Compared:
        scores = _nested(context, pool, slice, {name: strategy}) or {name: None}
        return _measured(name, strategy(lesson), scores[name], reference, pool, candidates)

    if context.team is not None and slice.seconds() > 0:
        found += planned.combinations(context.team, candidates, found, measure)
    return found


def _pool(context: Context, candidates: list[Evaluation], refit_seconds: float) -> Pool:
    judge, widths = context.judge, tuple(output.width for output in context.task.outputs)
    return Pool(
        predictions=np.stack([e.oof() for e in candidates if e.oof is not None]),
        labels=judge.labels(judge.oof_rows),
        widths=widths,
        loss=loss_of(judge.metric, widths),
        costs=np.array(_costs(context, candidates)),
        limit=refit_seconds,
        jobs=context.jobs,
    )


def _nested(
    context: Context, pool: Pool, slice: Slice, strategies: Mapping[str, Strategy]
) -> dict[str, Score | None] | None:
    """Score every strategy on each fold with what it learnt on the others.

    Where the time ends after two folds or more, those are compared; before that: None.
    """
    folds: dict[str, list[float | None]] = {name: [] for name in strategies}
    everything = np.arange(len(pool.labels))
    for number, held in enumerate(parts(context)):
        if slice.seconds() <= 0:
            if number < 2:
                return None
            break
        rows = np.setdiff1d(everything, held, assume_unique=True)
        lesson = pool.learn(rows, derive(context.seed, "ensemble", number))
        for name, strategy in strategies.items():
            folds[name].append(_scored(context, pool, strategy(lesson), held))
    share = len(held) / len(rows)
    return {name: _as_score(context, values, share) for name, values in folds.items()}


def _scored(
    context: Context, pool: Pool, learnt: Combination | None, held: np.ndarray
) -> float | None:
    if learnt is None:
        return None
    matrix = learnt.apply(pool.predictions[:, held])
    try:
        return float(context.judge.score(matrix, context.judge.oof_rows[held]))
    except ScoreError:
        return None


def _as_score(context: Context, values: list[float | None], share: float) -> Score | None:
    known = tuple(value for value in values if value is not None)
    metric = context.judge.metric
    if len(known) < len(values):
        return None
    return Score(metric.name, metric.greater_is_better, known, share)


def _measured(
    name: str,
    learnt: Combination | None,
    score: Score | None,
    single: Score | None,
    pool: Pool,
    candidates: list[Evaluation],
) -> Compared:
    if learnt is None or score is None or single is None:
        return Compared(name, reason="does not fit this task or these candidates")
    if learnt.combiner is None:
        return Compared(name, score=score, reason="comes down to a single candidate")
    solutions = tuple(candidates[member].solution for member in learnt.members)
    weights = learnt.weights()
    wrong = errors(pool.predictions[list(learnt.members)], pool.labels, pool.widths)
    apart = ~np.eye(len(wrong), dtype=bool)
    together = float(correlation(wrong)[apart].mean())
    diversity = ambiguity(wrong, np.asarray(weights) / sum(weights))
    better = compare_folds(score.folds, single.folds, score.greater_is_better, score.test_share)
    return Compared(
        name,
        Ensemble(solutions, combine_block(learnt.combiner)),
        tuple(solution.name for solution in solutions),
        weights,
        score,
        better.gain,
        together,
        diversity,
        convincing(better, score, single),
        f"{verdict(better)}; errors correlate {together:.3f}, diversity {diversity:.1%}",
    )


def combine_block(combiner: WeightedAverage | LinearStack) -> Block:
    """Write the combine cell, its constants as literals."""
    kind = type(combiner).__name__
    given = "".join(f"        {key}={value!r},\n" for key, value in vars(combiner).items())
    source = (
        f"from mle_star.toolkit.ensemble import {kind}\n\n\n"
        f'def combine():\n    """Combine the members\' predictions; learnt out of fold."""\n'
        f"    return {kind}(\n{given}    )"
    )
    return checked(Role.COMBINE, source)


def _choice(compared: list[Compared]) -> Compared:
    convincing = [one for one in compared if one.convincing and one.ensemble is not None]
    return max(convincing, key=lambda one: one.gain or 0.0, default=compared[0])


def _finalists(compared: list[Compared], chosen: Compared) -> list[Ensemble]:
    """The choice, then ensembles that gain anything, best first; the best single always."""
    hopeful = [c for c in compared[1:] if c.ensemble and (c.gain or 0.0) > 0 and c is not chosen]
    hopeful.sort(key=lambda one: -(one.gain or 0.0))
    if chosen is compared[0]:
        ranked = [chosen, *hopeful[: FINALISTS - 1]]
    else:
        ranked = [chosen, *hopeful[: FINALISTS - 2], compared[0]]
    return [one.ensemble for one in ranked if one.ensemble is not None]
