"""Trying changes of one solution, each against the same start, and keeping the best of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mle_star.budget import Slice
from mle_star.events import IncumbentChanged, ProposalJudged
from mle_star.judge.evaluation import NOT_JUDGED, Comparison, Evaluation
from mle_star.judge.stats import compare
from mle_star.phases.context import Context
from mle_star.phases.merge import judge_parts
from mle_star.solution.solution import Solution
from mle_star.types import Role

MARGIN = 1.3
"""A try may take this much longer than its start; one that is cut short is lost."""

REPAIRS = 2
"""Times that an agent may repair something of its own that failed when it was run."""

LIMITS = ("time limit", "memory limit")
"""How the failures begin of what took too much, whatever its code says."""

NO_TIME = "takes longer than there is time for"
"""Says nothing against a proposal: a later step may have the time."""


@dataclass(frozen=True, slots=True)
class Tried:
    """One proposal and what came of it.

    Parameters
    ----------
    step, attempt : int
        Outer step, and number within it from 1; 0 for one that was refused unjudged.
    role : Role
        The block it is about.
    plan : str
        What it does, in words.
    digest : str
        Of the solution judged; empty if it was refused.
    score, gain, p_value : float or None
        The gain is over the step's start; positive is better. None: it has no score.
    accepted : bool
        Whether it became the best of its step when it was judged.
    reason : str
        Why, or why not.
    proposer : str, default ""
        Who proposed it, see :attr:`mle_star.agents.base.Proposal.proposer`.
    """

    step: int
    attempt: int
    role: Role
    plan: str
    digest: str
    score: float | None
    gain: float | None
    p_value: float | None
    accepted: bool
    reason: str
    proposer: str = ""


def is_broken(evaluation: Evaluation) -> bool:
    """Whether a candidate's code raised: nothing to do with time or memory."""
    failure = evaluation.failure
    return evaluation.is_final and bool(failure) and not failure.startswith(LIMITS)


class Tries:
    """The tries of one step.

    Parameters
    ----------
    context : Context
        The session's.
    start : Evaluation
        What every try is held against; tries do not accumulate within a step.
    role : Role
        The block that is refined.
    slice : Slice
        What may be spent.
    step : int
        Number of the outer step.
    history : list of Tried
        Shared over steps; every try is appended.

    Attributes
    ----------
    best : Evaluation
        The best so far; the start while nothing was accepted.
    executed : int
        Tries that were judged; what was judged before comes from the cache and is not counted.
    total : int
        All tries, those from the cache included.
    """

    def __init__(
        self,
        context: Context,
        start: Evaluation,
        role: Role,
        slice: Slice,
        step: int,
        history: list[Tried],
    ) -> None:
        self._context, self._start, self._slice = context, start, slice
        self._role, self._step, self._history = role, step, history
        self._seen = {start.solution.digest}
        self.best, self.executed, self.total = start, 0, 0

    def room(self, most: int = 1, cost: float = 1.0) -> int:
        """How many more tries fit into the slice; `most` at most.

        Parameters
        ----------
        most : int, default 1
            How many are wanted.
        cost : float, default 1.0
            Of one try, in evaluations of the start.
        """
        allowed = self._slice.evaluations()
        if allowed is None:
            seconds = MARGIN * cost * self._start.seconds / max(1, self._context.jobs)
            allowed = int(min(most, self._slice.seconds() // max(seconds, 1e-3)))
        return min(most, allowed)

    def why_not(self, solution: Solution, cost: float = 1.0) -> str:
        """Why a solution is not to be judged, empty if it is; `cost` as in :meth:`room`."""
        if solution.digest == self._start.solution.digest:
            return "changes nothing"
        if solution.digest in self._seen:
            return "was tried in this step already"
        known = self._context.scored(solution.digest)
        return "" if known or self.room(cost=cost) else NO_TIME

    def refuse(self, plan: str, reason: str, proposer: str = "") -> None:
        """Note a proposal that is not judged; the planner sees it too."""
        missing = None, None, None
        self._note(Tried(self._step, 0, self._role, plan, "", *missing, False, reason, proposer))

    def judge(
        self, proposals: Sequence[tuple[str, Solution]], proposer: str = ""
    ) -> list[Evaluation]:
        """Judge (plan, solution) pairs together; what the budget does not allow is left out.

        Returns
        -------
        list of Evaluation
            In the order given; those not judged for want of budget have that as their failure.
        """
        self._seen |= {solution.digest for _, solution in proposals}
        solutions = [solution for _, solution in proposals]
        judge_parts(self._context, solutions, self._slice)
        found = self._context.judge.evaluate(
            solutions,
            slice=self._slice,
            fidelity=self._context.fidelity,
            incumbent=self._start,
        )
        judged = [e for e in found if not e.failure.startswith(NOT_JUDGED)]
        self._context.record(judged)
        for (plan, _), evaluation in zip(proposals, found, strict=True):
            if evaluation in judged:
                self._take(plan, evaluation, proposer)
        return found

    def _take(self, plan: str, evaluation: Evaluation, proposer: str) -> None:
        self.executed += not evaluation.cached
        self.total += 1
        score, start = evaluation.score, self._start
        against = compare(evaluation, start) if score else None
        accepted, reason = self._verdict(evaluation, against)
        self._note(
            Tried(
                self._step,
                self.total,
                self._role,
                plan,
                evaluation.solution.digest,
                score.mean if score else None,
                against.gain if against else None,
                against.p_value if against else None,
                accepted,
                reason,
                proposer,
            )
        )
        if accepted:
            self.best = evaluation
            self._announce(evaluation)

    def _verdict(self, evaluation: Evaluation, against: Comparison | None) -> tuple[bool, str]:
        """Better than the start beyond noise, or no worse and simpler; and the best of the step."""
        if against is None or evaluation.score is None or self.best.score is None:
            return False, evaluation.failure
        simpler = size(evaluation.solution) < size(self._start.solution)
        better = against.gain > 0 and against.beyond_noise
        if not better and not (simpler and against.gain >= 0):
            return False, "no better" if against.gain <= 0 else "within noise, and no simpler"
        reason = "better beyond noise" if better else "as good and simpler"
        lead = evaluation.score.gain_over(self.best.score)
        ahead = lead > 0 or (lead == 0 and size(evaluation.solution) < size(self.best.solution))
        return ahead, reason if ahead else f"{reason}, but an earlier try gained as much or more"

    def _note(self, tried: Tried) -> None:
        self._history.append(tried)
        self._context.emit(
            ProposalJudged(
                step=tried.step,
                attempt=tried.attempt,
                role=tried.role,
                plan=tried.plan,
                digest=tried.digest,
                score=tried.score,
                gain=tried.gain,
                p_value=tried.p_value,
                accepted=tried.accepted,
                reason=tried.reason,
                proposer=tried.proposer,
            )
        )

    def _announce(self, evaluation: Evaluation) -> None:
        assert evaluation.score is not None
        self._context.emit(
            IncumbentChanged(
                digest=evaluation.solution.digest,
                name=evaluation.solution.name,
                score=evaluation.score.mean,
                spread=evaluation.score.spread,
                gain_over_baseline=None,
            )
        )


def size(solution: Solution) -> tuple[int, int]:
    """How long a solution is, blocks first, then characters; the smaller the simpler.

    The literals of hyperparameters are not counted: one value is as simple as another.
    """
    code = [block for block in solution.blocks if block.role is not Role.HYPERPARAMETERS]
    return len(solution.blocks), sum(len(block.source) for block in code)
