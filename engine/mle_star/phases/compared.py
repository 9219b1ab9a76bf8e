"""One way to combine candidates, as measured."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import stdev

from mle_star.events import EnsembleCompared
from mle_star.judge.evaluation import Comparison, Score
from mle_star.solution.solution import Ensemble

SLIGHT = 0.15
"""Share of the spread of the gains over folds that is next to nothing."""


@dataclass(frozen=True, slots=True)
class Compared:
    """One way to combine, as measured.

    Parameters
    ----------
    strategy : str
        Its name.
    ensemble : Ensemble or None
        What it would ship; None where it does not apply.
    members : tuple of str
        Names of the members' solutions.
    weights : tuple of float or None
        One a member.
    score : Score or None
        Nested: every fold scored with what was learnt on the others.
    gain : float or None
        Over the best single candidate, in the metric's units; positive is better.
    correlation : float or None
        Mean correlation of the members' errors, pair by pair.
    diversity : float or None
        Share of the members' squared error that combining takes away.
    convincing : bool
        See :func:`convincing`.
    reason : str
        The comparison in words.
    """

    strategy: str
    ensemble: Ensemble | None = None
    members: tuple[str, ...] = ()
    weights: tuple[float, ...] | None = None
    score: Score | None = None
    gain: float | None = None
    correlation: float | None = None
    diversity: float | None = None
    convincing: bool = False
    reason: str = ""


def convincing(better: Comparison, score: Score, single: Score) -> bool:
    """Better beyond noise, or by more than next to nothing in the mean and on half of the folds.

    No proof is asked for: that combining good models helps is what is expected of them, and their
    nested scores have paid for choosing them already. What counts is how much the gain differs
    from fold to fold: that some folds are harder for every model says nothing about it.
    """
    sign = 1.0 if score.greater_is_better else -1.0
    gains = [sign * (a - b) for a, b in zip(score.folds, single.folds, strict=True)]
    wins = sum(gain > 0 for gain in gains)
    return better.beyond_noise or (better.gain > SLIGHT * stdev(gains) and 2 * wins >= len(gains))


def verdict(better: Comparison) -> str:
    """A comparison with the best single, in words."""
    if better.gain <= 0:
        return f"no better than the best single ({better.gain:+.5g})"
    certainty = "beyond noise" if better.beyond_noise else "within noise"
    return f"{better.gain:+.5g} over the best single, {certainty} (p = {better.p_value:.2g})"


def event_of(one: Compared, *, chosen: bool) -> EnsembleCompared:
    """What is told of it."""
    return EnsembleCompared(
        strategy=one.strategy,
        members=list(one.members),
        weights=None if one.weights is None else list(one.weights),
        score=one.score.mean if one.score else None,
        spread=one.score.spread if one.score else None,
        chosen=chosen,
        reason=one.reason or ("the reference: what the others must beat"),
    )
