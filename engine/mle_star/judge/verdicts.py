"""The verdicts of a session: those of this process, and those given before a resumption."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

from mle_star.judge.evaluation import Evaluation, Fidelity

_Key = tuple[str, Fidelity]


class Verdicts:
    """What is known of solutions, by digest and fidelity."""

    def __init__(self) -> None:
        self._known: dict[_Key, Evaluation] = {}
        self._recorded: dict[_Key, deque[Evaluation]] = {}

    def branch(self) -> Verdicts:
        """A copy that learns for itself; what was given before a resumption is shared."""
        other = Verdicts()
        other._known, other._recorded = dict(self._known), self._recorded
        return other

    def get(self, digest: str, fidelity: Fidelity) -> Evaluation | None:
        """What this process knows."""
        return self._known.get((digest, fidelity))

    def put(self, evaluation: Evaluation) -> None:
        """Know a verdict, unless judging again may say something else."""
        if evaluation.is_final:
            self._known[_key(evaluation)] = evaluation

    def remember(self, evaluations: Iterable[Evaluation]) -> None:
        """Take verdicts given before a resumption, in the order given."""
        for evaluation in evaluations:
            self._recorded.setdefault(_key(evaluation), deque()).append(evaluation)

    def recall(self, digest: str, fidelity: Fidelity) -> Evaluation | None:
        """The next verdict given before for a solution; each is given back once."""
        recorded = self._recorded.get((digest, fidelity))
        return recorded.popleft() if recorded else None


def _key(evaluation: Evaluation) -> _Key:
    return evaluation.solution.digest, evaluation.fidelity
