"""Where a session stands by its log alone: its best solution, and what would be shipped."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mle_star.bundle.blocks import block_of
from mle_star.errors import UsageError
from mle_star.eventlog import BY_HAND, History
from mle_star.events import (
    EvaluationFinished,
    Event,
    Handwork,
    IncumbentChanged,
    SessionFinished,
    TaskFinished,
    TaskResolved,
)
from mle_star.session.ending import DONE
from mle_star.session.replay import blocks_of, solution_of
from mle_star.solution.solution import Ensemble, Solution
from mle_star.workflow.phase import Phase

JUDGE, EDIT, ENSEMBLE, VALIDATE, SHIP = "judge", "edit", "ensemble", "validate", "ship"
"""What is done by hand."""


@dataclass(frozen=True, slots=True)
class Choice:
    """What would be validated and shipped now.

    Parameters
    ----------
    ensemble : Ensemble
        Its code.
    folds : tuple of float
        Its score on every fold as the ensemble phase measured it; empty: not measured there.
    what : str
        Where it comes from, in words.
    """

    ensemble: Ensemble
    folds: tuple[float, ...]
    what: str


class Standing:
    """A session as its log leaves it.

    Parameters
    ----------
    history : History
        What the log says.

    Attributes
    ----------
    events : list of Event
        Those that stand.
    by_hand : list of Handwork
        What was done by hand, in order.
    """

    def __init__(self, history: History) -> None:
        lines = history.standing
        self.events: list[Event] = [line.event for line in lines]
        self.by_hand = [event for event in self.events if isinstance(event, Handwork)]
        self._by_hand = [line.event for line in lines if line.of == BY_HAND]
        self._blocks = blocks_of(self.events)
        self._judged = [
            event
            for event in self.events
            if isinstance(event, EvaluationFinished) and event.score is not None
        ]
        self._announced = [event for event in self.events if isinstance(event, IncumbentChanged)]

    @property
    def is_done(self) -> bool:
        """Whether the run came to its end."""
        return any(
            isinstance(event, SessionFinished) and event.summary.get("status") == DONE
            for event in self.events
        )

    @property
    def summary(self) -> Mapping[str, Any]:
        """What the run said of itself at its end; empty before."""
        ends = [event.summary for event in self.events if isinstance(event, SessionFinished)]
        return ends[-1] if ends else {}

    @property
    def best(self) -> EvaluationFinished:
        """The verdict on the best solution.

        Raises
        ------
        UsageError
            If nothing has a score yet.
        """
        best: IncumbentChanged | None = None
        for event in self._announced:
            if best is None or event in self._by_hand or not self._worse(event.score, best.score):
                best = event
        found = best and [
            one
            for one in self._judged
            if (one.digest, one.score) == (best.digest, best.score) and not one.cached
        ]
        if not found:
            raise UsageError(
                "the session has no judged solution yet", "let it go on with: mle-star resume"
            )
        return found[-1]

    def judged(self, asked: str | None) -> EvaluationFinished:
        """The verdict on a solution, on the folds and rows that the best was judged on.

        Parameters
        ----------
        asked : str or None
            The beginning of its digest; None: the best.

        Raises
        ------
        UsageError
            If there is none, or several begin so.
        """
        best = self.best
        if asked is None:
            return best
        alike = [one for one in self._judged if _fidelity(one) == _fidelity(best)]
        found = {one.digest: one for one in alike if one.digest.startswith(asked)}
        if len(found) != 1:
            what = f"{asked!r} begins {len(found)} solutions" if found else f"no solution {asked!r}"
            raise UsageError(
                f"{what} among those judged as the best was",
                "take a digest from the leaderboard: mle-star explain",
            )
        return next(iter(found.values()))

    def solution(self, judged: EvaluationFinished) -> Solution:
        """The code of a judged solution.

        Raises
        ------
        UsageError
            If the log does not hold it.
        """
        found = solution_of(judged, self._blocks)
        if found is None:
            raise UsageError(f"the code of {judged.digest} is not in the log", "choose another one")
        return found

    @property
    def choice(self) -> Choice:
        """What would be validated now.

        The last ensemble that was chosen by hand, or what the run itself shipped; the best
        solution alone, if it was edited since, or there is neither.
        """
        edited = False
        for event in reversed(self._by_hand):
            if isinstance(event, Handwork) and event.action == ENSEMBLE:
                found = self._ensemble(event.facts, "combined by hand")
                if found is not None:
                    return found
            if isinstance(event, IncumbentChanged):
                edited = True
                break
        shipped = None if edited else self._ensemble(self.summary, "as the run shipped it")
        best = self.best
        return shipped or Choice(Ensemble((self.solution(best),)), (), "the best solution")

    @property
    def looks(self) -> int:
        """How often the holdout rows were looked at."""
        by_run = sum(
            isinstance(event, TaskFinished) and event.phase == Phase.VALIDATION
            and event.status == DONE
            for event in self.events
        )  # fmt: skip
        return by_run + sum(event.action == VALIDATE for event in self.by_hand)

    def _ensemble(self, facts: Mapping[str, Any], what: str) -> Choice | None:
        """An ensemble that facts tell of; None where the log does not hold all its code."""
        members: list[Solution] = []
        for member in facts.get("members") or ():
            known = [one for one in self._judged if one.digest == member["digest"]]
            solution = solution_of(known[-1], self._blocks) if known else None
            if solution is None:
                return None
            members.append(solution)
        combine = facts.get("combine")
        if not members or (len(members) > 1) != bool(combine):
            return None
        block = block_of(combine) if combine else None
        return Choice(Ensemble(tuple(members), block), tuple(facts.get("folds") or ()), what)

    def _worse(self, score: float, other: float) -> bool:
        task = next((x.task for x in self.events if isinstance(x, TaskResolved)), {})
        return score < other if task.get("greater_is_better", True) else score > other


def _fidelity(judged: EvaluationFinished) -> tuple[int | None, int | None]:
    return judged.sample_rows, judged.sample_folds
