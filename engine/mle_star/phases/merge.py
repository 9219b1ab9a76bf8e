"""Merging candidates into the best one, in order of score, until a merge does not help."""

from __future__ import annotations

from collections.abc import Sequence

from mle_star.agents.merging import is_merge, is_plain, merge, split
from mle_star.budget import Slice
from mle_star.errors import EditError
from mle_star.events import MergeTried
from mle_star.judge.evaluation import NOT_JUDGED, Evaluation
from mle_star.judge.stats import compare
from mle_star.phases.context import Context
from mle_star.solution.solution import Solution

_CLOSE = 0.25
"""A candidate further behind the best than this share of its score only drags an average down."""

_SHARE = 0.3
"""Share of the time left that a merge may take: an ensemble of its parts costs nothing."""

_CAUTION = 1.3
"""Factor on the seconds of the parts, which one after the other make those of the merge."""


def merge_in_order(
    context: Context, ranked: Sequence[Evaluation], slice: Slice
) -> Evaluation | None:
    """Algorithm 1 of MLE-STAR: merge the next best candidate while merging helps.

    A merge helps when its gain over the best so far is beyond noise. One that cannot be made or
    judged, or not in time, is passed over; the first that is judged and does not help ends it.
    Where the parts see the same features, the folds of the merge are those of its parts, averaged.

    Parameters
    ----------
    context : Context
        Merges are judged at its fidelity, recorded in its ledger and emitted as events.
    ranked : sequence of Evaluation
        Candidates with scores at that fidelity, best first; the first is what is merged into.
    slice : Slice
        What merging may spend.

    Returns
    -------
    Evaluation or None
        Of the last merge that helped; None if none did.
    """
    best, parts = ranked[0], [ranked[0]]
    for added in _close(ranked):
        joined = [*parts, added]
        seconds = sum(part.seconds for part in joined) / max(1, context.jobs)
        follows = _follows(joined)
        if follows:
            seconds = 0.0
        if _CAUTION * seconds > _SHARE * slice.seconds() or not slice.allows(_CAUTION * seconds):
            continue
        merged, why_not = _judged(context, joined, follows, slice)
        if merged is None:
            _tell(context, best, added, None, why_not)
            continue
        if not _helps(context, best, added, merged):
            break
        best, parts = merged, [*parts, added]
    return best if len(parts) > 1 else None


def parts_of(context: Context, solution: Solution) -> list[Solution]:
    """The parts of a merge, changed or not, whose average it is; see :func:`split`."""
    return split(solution, [evaluation.solution for evaluation in context.ledger])


def in_parts(context: Context, solution: Solution) -> bool:
    """Whether a solution is a merge whose parts, or those it was made of, were judged too."""
    if is_merge(solution):
        return True
    parts = parts_of(context, solution)
    return bool(parts) and all(context.scored(part.digest) for part in parts)


def judge_parts(context: Context, solutions: Sequence[Solution], slice: Slice) -> None:
    """Judge merges by their parts: one part is changed, and the others are known already.

    Their folds are the averages of those of the parts, which go into the ledger: the ensemble
    takes them in place of the merges.

    Parameters
    ----------
    context : Context
        Parts are judged at its fidelity.
    solutions : sequence of Solution
        What is judged already, no merge, or no plain average of its parts, is passed over.
    slice : Slice
        What judging may spend.
    """
    new = [whole for whole in solutions if context.scored(whole.digest) is None]
    merges = [(whole, parts) for whole in new if (parts := parts_of(context, whole))]
    every = {part.digest: part for _, parts in merges for part in parts}
    fresh = [part for digest, part in every.items() if context.scored(digest) is None]
    if fresh:
        found = context.judge.evaluate(fresh, slice=slice, fidelity=context.fidelity)
        context.record(e for e in found if not e.failure.startswith(NOT_JUDGED))
    for whole, parts in merges:
        context.judge.presume(whole, parts, context.fidelity)


def _close(ranked: Sequence[Evaluation]) -> list[Evaluation]:
    """The candidates after the best that are not far behind it."""
    best = ranked[0].score
    assert best is not None
    limit = _CLOSE * abs(best.mean)
    return [e for e in ranked[1:] if e.score and best.gain_over(e.score) <= limit]


def _follows(parts: Sequence[Evaluation]) -> bool:
    """Whether the average's predictions follow from those of its parts, nothing being fitted.

    They see the same features, and each of them is plain.
    """
    solutions = [part.solution for part in parts]
    same = all(s.prefix_digest == solutions[0].prefix_digest for s in solutions)
    return same and all(is_plain(solution) for solution in solutions)


def _judged(
    context: Context, parts: Sequence[Evaluation], follows: bool, slice: Slice
) -> tuple[Evaluation | None, str]:
    """The evaluation of a merge, or None and the reason why there is none."""
    try:
        solution = merge([part.solution for part in parts])
    except EditError as error:
        return None, str(error)
    if follows:
        context.judge.presume(solution, [part.solution for part in parts], context.fidelity)
    found = context.judge.evaluate([solution], slice=slice, fidelity=context.fidelity)
    [evaluation] = context.record(found)
    return (None, evaluation.failure) if evaluation.score is None else (evaluation, "")


def _helps(context: Context, best: Evaluation, added: Evaluation, merged: Evaluation) -> bool:
    found = compare(merged, best)
    helps = found.gain > 0 and found.beyond_noise
    within = "better beyond noise" if helps else "no better" if found.gain <= 0 else "within noise"
    _tell(context, best, added, merged, f"{within} (p = {found.p_value:.2g})", helps)
    return helps


def _tell(
    context: Context,
    best: Evaluation,
    added: Evaluation,
    merged: Evaluation | None,
    reason: str,
    accepted: bool = False,
) -> None:
    score = merged.score if merged else None
    gain = score.gain_over(best.score) if score and best.score else None
    context.emit(
        MergeTried(
            base=best.solution.name,
            added=added.solution.name,
            score=score.mean if score else None,
            gain=gain,
            accepted=accepted,
            reason=reason,
        )
    )
