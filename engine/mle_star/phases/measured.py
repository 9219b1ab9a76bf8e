"""What the engine measured so far, in lines for those who propose."""

from __future__ import annotations

from collections.abc import Sequence

from mle_star.judge.evaluation import Evaluation
from mle_star.phases.context import Context
from mle_star.phases.effect import BlockEffect, PartEffect

_BEST = 3


def measured_of(
    context: Context,
    start: Evaluation,
    effects: Sequence[BlockEffect] = (),
    parts: Sequence[PartEffect] = (),
) -> tuple[str, ...]:
    """Scores and effects, one fact a line; no seconds, so that a repeat says the same.

    Parameters
    ----------
    context : Context
        Its ledger holds the candidates.
    start : Evaluation
        What is being improved.
    effects : sequence of BlockEffect, default ()
        Of its blocks.
    parts : sequence of PartEffect, default ()
        Of parts of blocks.
    """
    better = "higher" if context.judge.metric.greater_is_better else "lower"
    lines = [f"metric {context.judge.metric.name}, {better} is better"]
    if start.score is not None:
        lines.append(f"{start.solution.name}: {_score(start)}, the solution below")
    ranked = [e for e in context.comparable() if e.solution.digest != start.solution.digest]
    lines += [f"{e.solution.name}: {_score(e)}" for e in ranked[:_BEST]]
    lines += [_effect(f"the {one.role} block", one) for one in effects]
    lines += [_effect(f"{one.part} (in the {one.role} block)", one) for one in parts]
    return tuple(lines)


def _score(evaluation: Evaluation) -> str:
    score = evaluation.score
    assert score is not None
    return f"{score.mean:.6g} ± {score.spread:.2g} over {len(score.folds)} folds"


def _effect(what: str, one: BlockEffect | PartEffect) -> str:
    if one.effect is None:
        return f"ablation of {what}: not measured, {one.failure}"
    if one.low is None or one.high is None:
        return f"ablation of {what}: loses {one.effect:.4g}"
    return (
        f"ablation of {what}: loses {one.effect:.4g}, 95 % interval {one.low:.4g} to {one.high:.4g}"
    )
