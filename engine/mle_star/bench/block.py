"""A block put in place of another by hand: checked as an agent's is, judged as in refinement."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from typing import Any

from mle_star.agents.guard import why_not
from mle_star.bench.bench import Bench
from mle_star.bench.standing import EDIT, JUDGE
from mle_star.errors import EditError
from mle_star.events import Emit, EvaluationFinished, Event, IncumbentChanged, ProposalJudged
from mle_star.judge.evaluation import NOT_JUDGED, Evaluation
from mle_star.judge.stats import compare
from mle_star.phases.tries import Tries
from mle_star.solution.block import checked
from mle_star.solution.solution import Solution
from mle_star.types import Role

PROPOSER = "hand"
"""Who proposed it, see :attr:`mle_star.agents.base.Proposal.proposer`."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of a block.

    Parameters
    ----------
    role : str
        Of the block.
    judged : bool
        Whether the solution with it was judged.
    accepted : bool
        Whether it is better than what it came from by the rule of refinement.
    in_place : bool
        Whether it stands in the session's best solution now.
    reason : str
        Why, or why not.
    start, start_name : str
        Digest and name of the solution that it came from.
    start_score : float
        Its score.
    digest, name : str
        Of the solution with the block; empty if it was refused unjudged.
    score, spread : float or None
        Its score, mean over folds, and standard deviation.
    folds : list of float
        Its score on every fold.
    gain, low, high, p_value : float or None
        Over the start, paired over folds, with a 95 % interval; positive is better.
    seconds : float
        What judging it took, summed over folds.
    best, best_score
        Digest and score of the session's best solution now.
    """

    role: str
    judged: bool
    accepted: bool
    in_place: bool
    reason: str
    start: str
    start_name: str
    start_score: float
    best: str
    best_score: float
    digest: str = ""
    name: str = ""
    score: float | None = None
    spread: float | None = None
    folds: list[float] | None = None
    gain: float | None = None
    low: float | None = None
    high: float | None = None
    p_value: float | None = None
    seconds: float = 0.0


def edited(solution: Solution, role: Role, source: str, why: str) -> Solution:
    """A solution with exactly one block replaced, by code that is not ours.

    Parameters
    ----------
    solution : Solution
        Left as it is.
    role : Role
        Of the block.
    source : str
        Its new code.
    why : str
        What it is meant to do.

    Raises
    ------
    EditError
        If it does not parse, breaks the contract of its role or a rule for foreign code, or
        changes nothing.
    """
    if not source.strip():
        raise EditError("there is no code", "give the whole cell")
    block = checked(role, source, foreign=True)
    standing = solution.block(role)
    if standing is not None and standing.source == block.source:
        raise EditError("it is the block that stands there already")
    if reason := why_not(block):
        raise EditError(reason)
    return solution.with_block(
        block, name=f"{solution.base} + {role} by hand", origin=why or "by hand"
    )


def judge_block(
    bench: Bench,
    role: Role,
    source: str,
    *,
    why: str = "",
    start: str | None = None,
    keep: bool = False,
) -> Verdict:
    """Judge a block in place of another, paired over the folds with what it came from.

    Parameters
    ----------
    bench : Bench
        The session.
    role : Role
        Of the block.
    source : str
        Its code.
    why : str, default ""
        What it is meant to do; goes into the history.
    start : str or None, default None
        The beginning of the digest of the solution to change; None: the best.
    keep : bool, default False
        Whether it becomes the session's best solution if it is accepted.

    Raises
    ------
    MleStarError
        If the session cannot be used.
    """
    standing = bench.standing
    origin = standing.judged(start)
    plan = why or f"{role} by hand"
    try:
        solution = edited(standing.solution(origin), role, source, why)
    except EditError as error:
        bench.handbook(_refusal(bench.number, role, plan, f"refused: {error.problem}"))
        return _finish(bench, _refused(bench, role, origin, error.problem), keep=keep)
    evaluation, tried = _judged(bench, role, plan, origin, solution, keep=keep)
    if tried is None:
        return _refused(bench, role, origin, evaluation.failure)
    verdict = _verdict(bench, role, origin, evaluation, tried, keep=keep)
    return _finish(bench, verdict, keep=keep)


def _judged(
    bench: Bench,
    role: Role,
    plan: str,
    origin: EvaluationFinished,
    solution: Solution,
    *,
    keep: bool,
) -> tuple[Evaluation, ProposalJudged | None]:
    """The evaluation, and what refinement's rule says; None where it could not be judged."""
    said: list[ProposalJudged] = []
    context = replace(bench.context, emit=_hearing(bench.handbook, said, keep=keep))
    start = bench.evaluation(origin.digest)
    slice = context.budget.share(1.0)
    tries = Tries(context, start, role, slice, bench.number, [])
    tries.best = bench.evaluation(bench.standing.best.digest)
    [evaluation] = tries.judge([(plan, solution)], PROPOSER)
    if evaluation.failure.startswith(NOT_JUDGED):
        return evaluation, None
    return evaluation, said[-1]


def _hearing(emit: Emit, said: list[ProposalJudged], *, keep: bool) -> Callable[[Event], None]:
    """Listens for the verdict; what is only judged changes nothing and is logged so."""

    def hear(event: Event) -> None:
        if isinstance(event, ProposalJudged):
            said.append(event)
            if event.accepted and not keep:
                event = replace(event, accepted=False, reason=f"{event.reason}; only judged")
        if keep or not isinstance(event, IncumbentChanged):
            emit(event)

    return hear


def _verdict(
    bench: Bench,
    role: Role,
    origin: EvaluationFinished,
    evaluation: Evaluation,
    tried: ProposalJudged,
    *,
    keep: bool,
) -> Verdict:
    score = evaluation.score
    verdict = replace(
        _refused(bench, role, origin, tried.reason),
        judged=True,
        digest=evaluation.solution.digest,
        name=evaluation.solution.name,
        seconds=evaluation.seconds,
    )
    if score is None:
        return verdict
    against = compare(evaluation, bench.evaluation(origin.digest))
    in_place = keep and tried.accepted
    return replace(
        verdict,
        accepted=tried.accepted,
        in_place=in_place,
        score=score.mean,
        spread=score.spread,
        folds=list(score.folds),
        gain=against.gain,
        low=against.low,
        high=against.high,
        p_value=against.p_value,
        best=evaluation.solution.digest if in_place else verdict.best,
        best_score=score.mean if in_place else verdict.best_score,
    )


def _refused(bench: Bench, role: Role, origin: EvaluationFinished, reason: str) -> Verdict:
    best = bench.standing.best
    assert best.score is not None
    assert origin.score is not None
    start = origin.digest, origin.name, origin.score
    return Verdict(str(role), False, False, False, reason, *start, best.digest, best.score)


def _refusal(step: int, role: Role, plan: str, reason: str) -> ProposalJudged:
    return ProposalJudged(step, 0, role, plan, "", None, None, None, False, reason, PROPOSER)


def _finish(bench: Bench, verdict: Verdict, *, keep: bool) -> Verdict:
    told = _told(verdict)
    facts: dict[str, Any] = asdict(verdict)
    bench.done(EDIT if keep else JUDGE, told, facts)
    return verdict


def _told(verdict: Verdict) -> str:
    """A verdict in one sentence."""
    if verdict.in_place:
        word = "accepted"
    elif verdict.accepted:
        word = "would be accepted"
    else:
        word = "refused"
    gain = "" if verdict.gain is None else f", gain {verdict.gain:+.4g}"
    return f"{verdict.role} of {verdict.start_name}: {word}{gain}: {verdict.reason}"
