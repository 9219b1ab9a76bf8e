"""An agent that answers from a queue and remembers what it was asked: for tests and replay."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence

from mle_star.agents.base import Proposal, Question


class ScriptedAgent:
    """Hands out prepared answers, one a question, and nothing once they are used up.

    Parameters
    ----------
    answers : iterable of sequence of Proposal
        One sequence a question, in order.

    Attributes
    ----------
    questions : list of Question
        What it was asked, in order.
    """

    def __init__(self, answers: Iterable[Sequence[Proposal]]) -> None:
        self._answers = deque(list(answer) for answer in answers)
        self.questions: list[Question] = []

    def propose(self, question: Question) -> list[Proposal]:
        """Answer with the next in the queue; see :class:`~mle_star.agents.base.Agent`."""
        self.questions.append(question)
        answer = self._answers.popleft() if self._answers else []
        standing = question.solution.block(question.role)
        fitting = {
            proposal.block.source: proposal
            for proposal in reversed(answer)
            if proposal.block.role is question.role and proposal.block != standing
        }
        kept = [p for p in answer if fitting.get(p.block.source) is p]
        return kept[: question.how_many]

    def repair(
        self, _question: Question, _proposal: Proposal, _failure: str, _number: int
    ) -> Proposal | None:
        """Nothing is repaired."""
        return None
