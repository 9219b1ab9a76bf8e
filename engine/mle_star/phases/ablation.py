"""Ablation: what each block of a solution is worth, by judging it with the block in plain form.

The effect of a block is the score lost with its neutral form in its place, paired over the same
folds. How much it matters is told by noise first and by size second (:func:`_impact`).
"""

from __future__ import annotations

from collections.abc import Sequence

from mle_star.agents.language.analyst import Part
from mle_star.budget import Slice
from mle_star.events import AblationMeasured, PartMeasured
from mle_star.judge.evaluation import NOT_JUDGED, Evaluation
from mle_star.judge.stats import compare
from mle_star.phases.context import Context
from mle_star.phases.effect import HIGH, LOW, MEDIUM, ORDER, BlockEffect, PartEffect
from mle_star.phases.merge import judge_parts
from mle_star.phases.neutral import neutralised
from mle_star.solution.solution import Solution
from mle_star.types import Role

LARGE = 0.01
"""Share of the score's own size from which an effect beyond noise is large."""


def run(context: Context, best: Evaluation, slice: Slice, step: int) -> list[BlockEffect]:
    """Measure the effect of every block of a solution.

    Parameters
    ----------
    context : Context
        The variants go into its ledger, the effects out as events.
    best : Evaluation
        Of the solution; with a score at the session's fidelity.
    slice : Slice
        What may be spent; blocks for which there is no time go unmeasured, and are said to.
    step : int
        Number of the outer step, for the events.

    Returns
    -------
    list of BlockEffect
        Most effect first; those not measured last.
    """
    roles = [role for role in ORDER if best.solution.block(role) is not None]
    variants = [(role, *neutralised(best.solution, role, context.facts)) for role in roles]
    changed = [solution for _, solution, _ in variants if solution.digest != best.solution.digest]
    by_digest = _judged(context, changed, best, slice)
    effects = [
        _effect(best, role, solution, name, by_digest.get(solution.digest))
        for role, solution, name in variants
    ]
    effects.sort(key=lambda one: -one.effect if one.effect is not None else float("inf"))
    for one in effects:
        context.emit(_event(step, one))
    return effects


def run_parts(
    context: Context, best: Evaluation, parts: Sequence[Part], slice: Slice, step: int
) -> list[PartEffect]:
    """Measure the effect of parts of blocks.

    Parameters
    ----------
    context, best, slice, step
        See :func:`run`.
    parts : sequence of Part
        Solutions with a part taken away.

    Returns
    -------
    list of PartEffect
        In the order of the parts.
    """
    found = _judged(context, [part.solution for part in parts], best, slice)
    effects = [_part_effect(best, part, found.get(part.solution.digest)) for part in parts]
    for one in effects:
        context.emit(
            PartMeasured(
                step, one.role, one.part, one.effect, one.low, one.high, one.p_value, one.failure
            )
        )
    return effects


def _part_effect(best: Evaluation, part: Part, variant: Evaluation | None) -> PartEffect:
    if variant is None or variant.score is None:
        failure = variant.failure if variant else f"{NOT_JUDGED}: no time left"
        return PartEffect(part.role, part.what, None, None, None, None, failure)
    lost = compare(best, variant)
    return PartEffect(part.role, part.what, lost.gain, lost.low, lost.high, lost.p_value)


def _judged(
    context: Context, solutions: list[Solution], best: Evaluation, slice: Slice
) -> dict[str, Evaluation]:
    """Judge as many as there is time for, at the cost of the whole solution; none is cut short."""
    known = {e.solution.digest for e in context.ledger if e.fidelity == context.fidelity}
    fresh = [solution.digest for solution in solutions if solution.digest not in known]
    if slice.evaluations() is None:
        cost = max(best.seconds / max(1, context.jobs), 1e-3)
        fresh = fresh[int(min(len(fresh), slice.seconds() // cost)) :]
        solutions = [solution for solution in solutions if solution.digest not in fresh]
    judge_parts(context, solutions, slice)
    found = context.judge.evaluate(solutions, slice=slice, fidelity=context.fidelity)
    context.record(e for e in found if not e.failure.startswith(NOT_JUDGED))
    return {evaluation.solution.digest: evaluation for evaluation in found}


def _effect(
    best: Evaluation, role: Role, solution: Solution, neutral: str, variant: Evaluation | None
) -> BlockEffect:
    if solution.digest == best.solution.digest:
        return BlockEffect(role, 0.0, 0.0, 0.0, 1.0, LOW, "itself")
    if variant is None:
        return BlockEffect(
            role, None, None, None, None, LOW, neutral, f"{NOT_JUDGED}: no time left"
        )
    if variant.score is None:
        prefix = "" if variant.failure.startswith(NOT_JUDGED) else "cannot be removed: "
        return BlockEffect(role, None, None, None, None, LOW, neutral, prefix + variant.failure)
    lost = compare(best, variant)
    beyond = lost.beyond_noise or compare(variant, best).beyond_noise
    impact = _impact(lost.gain, beyond, abs(best.score.mean) if best.score else 0.0)
    return BlockEffect(role, lost.gain, lost.low, lost.high, lost.p_value, impact, neutral)


def _impact(effect: float, beyond_noise: bool, size: float) -> str:
    """Noise first, size second; a block that hurts matters as much as one that helps."""
    if not beyond_noise:
        return LOW
    return HIGH if abs(effect) >= LARGE * size else MEDIUM


def _event(step: int, one: BlockEffect) -> AblationMeasured:
    return AblationMeasured(
        step=step,
        role=one.role,
        neutral=one.neutral,
        effect=one.effect,
        low=one.low,
        high=one.high,
        p_value=one.p_value,
        impact=one.impact,
        failure=one.failure,
    )
