"""Ablation and refinement in turns, then whatever else the time that is left is good for."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from mle_star.budget import Slice
from mle_star.events import Event, IncumbentChanged
from mle_star.judge.evaluation import Evaluation
from mle_star.phases import ablation, refinement
from mle_star.phases.context import Context
from mle_star.phases.effect import BlockEffect
from mle_star.phases.tries import Tried
from mle_star.session.phase import PhaseOf
from mle_star.session.shares import ABLATION
from mle_star.types import Role

PATIENCE = 2
"""Steps without a gain after which the time left goes to other candidates as well."""

ALTERNATIVES = 3
"""Kinds of model that are searched further when the steps are done."""

STEP = 10
"""Evaluations that a step should have time for, if there is any."""

BLOCKS = 5
"""Evaluations that an ablation should have time for."""

_MOST_ABLATION = 0.5
_MOST_ROUNDS = 1000


@dataclass(slots=True)
class Improvement:
    """The best solution, made better step by step.

    Parameters
    ----------
    context : Context
        The session's.
    phase : callable
        See :data:`~mle_star.session.phase.PhaseOf`.
    best : Evaluation
        The best so far.
    effects : list of BlockEffect
        Of the last ablation.
    history : list of Tried
        Every proposal tried on the way.
    """

    context: Context
    phase: PhaseOf
    best: Evaluation
    effects: list[BlockEffect] = field(default_factory=list)
    history: list[Tried] = field(default_factory=list)
    _step: int = 0

    def run(self, steps: int, part: Slice) -> Evaluation:
        """Ablate and refine, at most `steps` times; then search on while the slice lasts."""
        fruitless = 0
        for left in range(steps, 0, -1):
            if not part.allows(self._seconds(self.best)) or fruitless == PATIENCE:
                break
            before = self.best
            self._advance(self._share(part, 1 / left, self.best, STEP))
            fruitless = 0 if self.best is not before else fruitless + 1
        self._search_on(part)
        return self.best

    def _advance(self, part: Slice) -> None:
        self._step += 1
        share = self._share(part, ABLATION, self.best, BLOCKS, most=_MOST_ABLATION)
        with self.phase("ablation", share) as said:
            self.effects = ablation.run(self.context, self.best, share, self._step)
            said.append(_told(self.effects))
        self.best = self._refine(self.best, self.effects, part, self.history)[0]

    def _search_on(self, part: Slice) -> None:
        """Search the kinds of model that did best, in turns, until nothing is left to try."""
        histories: dict[str, list[Tried]] = {}
        spent: set[str] = set()
        for _ in range(_MOST_ROUNDS):
            turn = [e for e in self._alternatives() if e.solution.digest not in spent]
            turn = [e for e in turn if part.allows(self._seconds(e))]
            if not turn:
                return
            for start in turn:
                own = start.solution.digest == self.best.solution.digest
                history = self.history if own else histories.setdefault(_kind(start), [])
                self._step += 1
                share = self._share(part, 1 / ALTERNATIVES, start, STEP)
                effects = self.effects if own else []
                found, role = self._refine(start, effects, share, history)
                if role is None:
                    spent.add(start.solution.digest)
                self._take(found)

    def _share(
        self,
        part: Slice,
        fraction: float,
        start: Evaluation,
        wanted: int,
        *,
        most: float = 1.0,
    ) -> Slice:
        """A fraction of what is left, or enough for the wanted evaluations, up to the most."""
        left = part.seconds()
        if part.until is not None or left <= 0:
            return part.part(fraction)
        return part.part(min(most, max(fraction, wanted * self._seconds(start) / left)))

    def _seconds(self, evaluation: Evaluation) -> float:
        """Wall seconds that judging something like it takes."""
        return evaluation.seconds / self.context.jobs

    def _refine(
        self,
        start: Evaluation,
        effects: list[BlockEffect],
        part: Slice,
        history: list[Tried],
    ) -> tuple[Evaluation, Role | None]:
        context = replace(self.context, emit=self._tell)
        with self.phase("refinement", part) as said:
            refined = refinement.run(context, start, effects, part, self._step, history)
            said.append(_outcome(start, refined))
        return refined.best, refined.role

    def _tell(self, event: Event) -> None:
        """Pass an event on; one of a new best only if no better one stands already."""
        standing = self.best.score
        if isinstance(event, IncumbentChanged) and standing is not None:
            challenger = replace(standing, folds=(event.score,))
            if not challenger.better_than(standing):
                return
        self.context.emit(event)

    def _take(self, found: Evaluation) -> None:
        if found.score and self.best.score and found.score.better_than(self.best.score):
            self.best = found

    def _alternatives(self) -> list[Evaluation]:
        """The best, then the best of other kinds of model."""
        found = {_kind(self.best): self.best}
        for evaluation in self.context.comparable():
            found.setdefault(_kind(evaluation), evaluation)
        return list(found.values())[:ALTERNATIVES]


def _kind(evaluation: Evaluation) -> str:
    block = evaluation.solution.block(Role.MODEL)
    return (block.recipe or block.digest) if block else ""


def _told(effects: list[BlockEffect]) -> str:
    measured = [effect for effect in effects if effect.effect is not None]
    if not measured:
        return "no block could be measured"
    top = measured[0]
    return f"{len(measured)} blocks measured; {top.role} matters most ({top.impact})"


def _outcome(start: Evaluation, refined: refinement.Refined) -> str:
    if refined.role is None:
        return "nothing left to try"
    count = len(refined.proposals)
    tried = f"{refined.role} of {start.solution.name}: {count} tried"
    if refined.best is start or not (refined.best.score and start.score):
        return f"{tried}, none better"
    return f"{tried}, gained {refined.best.score.gain_over(start.score):.4g}"
