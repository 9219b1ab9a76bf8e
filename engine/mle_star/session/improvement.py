"""Ablation and refinement in turns, then whatever else the time that is left is good for.

After every step stands an event that says all the next one needs to know, so that a resumed run
passes over the steps that were finished (:meth:`Improvement.restore`) and goes on with the next.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from mle_star.agents.language import analyst
from mle_star.budget import Slice
from mle_star.events import (
    AblationMeasured,
    Event,
    IncumbentChanged,
    PartMeasured,
    ProposalJudged,
    StepFinished,
)
from mle_star.judge.evaluation import Evaluation
from mle_star.phases import ablation, refinement
from mle_star.phases.context import Context
from mle_star.phases.effect import BlockEffect, PartEffect
from mle_star.phases.measured import measured_of
from mle_star.phases.refinement import K
from mle_star.phases.stand import TREE, kind_of, near
from mle_star.phases.target import by_promise
from mle_star.phases.tries import Tried
from mle_star.session.phase import PhaseOf
from mle_star.session.restored import effect_of, part_of, tried_of
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

SLOW = 3.0
"""Times the seconds of a quicker kind of model, from which on the best one is slow."""

_MOST = 0.5  # of a step for its ablation, of what is left for a step of a slow best

Chooser = Callable[[Sequence[BlockEffect], int], Role | None]
"""Shown the ablation of a step, says which block to refine; None: the one with most to gain."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a refinement task is to do.

    Parameters
    ----------
    steps : int
        Steps of ablation and refinement at most.
    ablate : bool, default True
        Whether each step begins with an ablation.
    role : Role or None, default None
        The one block to refine; None: the one with most to gain, step by step.
    proposals : int, default K
        Of the agent, judged at most a step.
    choose : callable or None, default None
        A person's choice of the block.
    """

    steps: int
    ablate: bool = True
    role: Role | None = None
    proposals: int = K
    choose: Chooser | None = None


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
    plan : Plan
        What to do.
    effects : list of BlockEffect
        Of the last ablation; those of a first one that was done already, if it was.
    history : list of Tried
        Every proposal for the best solution tried on the way.
    step : int, default 0
        Number of the last step.
    parts : list of PartEffect
        Of all ablations, those before it included.
    """

    context: Context
    phase: PhaseOf
    best: Evaluation
    plan: Plan
    effects: list[BlockEffect] = field(default_factory=list)
    history: list[Tried] = field(default_factory=list)
    step: int = 0
    parts: list[PartEffect] = field(default_factory=list)
    _done: int = 0
    _fruitless: int = 0
    _turn: list[str] = field(default_factory=list)
    _spent: set[str] = field(default_factory=set)
    _ablated: str = ""
    _histories: dict[str, list[Tried]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.effects:
            self._ablated = self.best.solution.digest

    def run(self, part: Slice) -> Evaluation:
        """Ablate and refine, step by step; then search on while the slice lasts."""
        while self._done < self.plan.steps and self._fruitless < PATIENCE:
            slow = self._is_slow(self.best, part)
            if not part.allows(self._seconds(self.best)) or (slow and self._fruitless):
                break
            fraction = 1 / (self.plan.steps - self._done)
            self._advance(self._share_of_step(part, fraction, self.best))
        if self.plan.role is None and self.plan.choose is None:
            self._search_on(part)
        return self.best

    def ablate(self, part: Slice) -> None:
        """Measure what each block of the best is worth; the first step begins with the result."""
        self.step += 1
        self._ablate(self._share_of_step(part, 1 / max(1, self.plan.steps), self.best))

    def restore(self, events: Sequence[Event]) -> None:
        """Stand where these events of finished steps lead to.

        Parameters
        ----------
        events : sequence of Event
            From the beginning of the task to its last finished step. Their evaluations stand in
            the ledger already.
        """
        tried: dict[int, list[Tried]] = {}
        measured: dict[int, list[BlockEffect]] = {}
        for event in events:
            if isinstance(event, ProposalJudged):
                tried.setdefault(event.step, []).append(tried_of(event))
            elif isinstance(event, AblationMeasured):
                measured.setdefault(event.step, []).append(effect_of(event))
            elif isinstance(event, PartMeasured):
                self.parts.append(part_of(event))
            elif isinstance(event, StepFinished):
                self._stand(event, tried.pop(event.step, []), measured.pop(event.step, None))

    def _stand(
        self, event: StepFinished, tried: list[Tried], effects: list[BlockEffect] | None
    ) -> None:
        state = event.state
        self.step, self._done, self._fruitless = event.step, state["done"], state["fruitless"]
        self._turn, self._spent = list(state["turn"]), set(state["spent"])
        self._history(state["history"]).extend(tried)
        if effects is not None:
            self.effects, self._ablated = effects, event.start
        self.best = self.context.scored(event.best) or self.best
        self.context.budget.used = event.used

    def _advance(self, part: Slice) -> None:
        before = self.best
        if self._done or not self.effects:
            self.step += 1
            if self.plan.ablate:
                self._ablate(part)
        chosen = self._choice()
        self.best, refined = self._refine(self.best, self.effects, part, self.history, chosen)
        self._done += 1
        self._fruitless = 0 if self.best is not before else self._fruitless + 1
        self._finish(before, refined, "")

    def _ablate(self, part: Slice) -> None:
        share = self._share(part, ABLATION, self.best, BLOCKS, most=_MOST)
        with self.phase("ablation", share) as said:
            self.effects = ablation.run(self.context, self.best, share, self.step)
            if self.context.team is not None:
                self._ablate_parts(share)
            said.append(_told(self.effects))
        self._ablated = self.best.solution.digest

    def _ablate_parts(self, share: Slice) -> None:
        """Measure the parts that the ablation-analyst would take away."""
        team = self.context.team
        assert team is not None
        measured = measured_of(self.context, self.best, self.effects, self.parts)
        proposed = analyst.propose(team, self.best.solution, measured, self.step)
        self.parts += ablation.run_parts(self.context, self.best, proposed, share, self.step)

    def _choice(self) -> Role | None:
        """The block to refine: a person's choice, the task's, an agent's, or None: the rule's."""
        plan, editor = self.plan, self.context.editor
        if plan.choose is not None:
            return plan.choose(self.effects, self.step)
        if plan.role is not None or editor is None:
            return plan.role
        roles = by_promise(self.best.solution, self.effects, self.history)
        measured = measured_of(self.context, self.best, self.effects, self.parts)
        return editor.choose(self.best.solution, roles, measured, self.step)

    def _search_on(self, part: Slice) -> None:
        """Search the kinds of model that did best, in turns, until nothing is left to try.

        Progress is flat here. A best solution not ablated yet is, before it is refined.
        """
        while (start := self._next_start(part)) is not None:
            own = start.solution.digest == self.best.solution.digest
            key = "" if own else kind_of(start)
            self.step += 1
            share = self._share_of_step(part, 1 / ALTERNATIVES, start)
            if own and self.plan.ablate and self._ablated != start.solution.digest:
                self._ablate(share)  # progress is flat, and what is known is of another solution
            effects = self.effects if own else []
            found, role = self._refine(start, effects, share, self._history(key))
            if role is None:
                self._spent.add(start.solution.digest)
            score, standing = found.score, self.best.score
            # of the best, what is as good and simpler stands too: else it would come for ever
            if own or (score and standing and score.better_than(standing)):
                self.best = found
            self._finish(start, role, key)

    def _next_start(self, part: Slice) -> Evaluation | None:
        """Whose turn it is: each of the alternatives that is not spent, then again."""
        for _ in range(2):
            while self._turn:
                start = self.context.scored(self._turn.pop(0))
                if start is not None and part.allows(self._seconds(start)):
                    return start
            open_ones = [e for e in self._alternatives() if e.solution.digest not in self._spent]
            self._turn = [e.solution.digest for e in open_ones]
        return None

    def _finish(self, start: Evaluation, role: Role | None, history: str) -> None:
        state = {
            "done": self._done,
            "fruitless": self._fruitless,
            "turn": list(self._turn),
            "spent": sorted(self._spent),
            "history": history,
        }
        digests = start.solution.digest, self.best.solution.digest
        used = self.context.budget.used
        self.context.emit(StepFinished(self.step, *digests, str(role or ""), used, state))

    def _history(self, key: str) -> list[Tried]:
        return self._histories.setdefault(key, []) if key else self.history

    def _share_of_step(self, part: Slice, fraction: float, start: Evaluation) -> Slice:
        """What a step may spend; a slow start leaves some of it to the quicker kinds."""
        most = _MOST if self._is_slow(start, part) else 1.0
        return self._share(part, fraction, start, STEP, most=most)

    def _is_slow(self, start: Evaluation, part: Slice) -> bool:
        """Whether a step would take most of the time, and a kind as good is far quicker."""
        if part.until is not None or STEP * self._seconds(start) < part.seconds() / 2:
            return False
        return any(SLOW * other.seconds <= start.seconds for other in self._alternatives())

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
        role: Role | None = None,
    ) -> tuple[Evaluation, Role | None]:
        context = replace(self.context, emit=self._tell)
        with self.phase("refinement", part) as said:
            refined = refinement.run(
                context,
                start,
                effects,
                part,
                self.step,
                history,
                role=role,
                proposals=self.plan.proposals,
                parts=self.parts if effects else (),
            )
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

    def _alternatives(self) -> list[Evaluation]:
        """The best, then that of other kinds of model not far behind; a single tree is none."""
        found = {kind_of(self.best): self.best}
        judged = [e for e in self.context.comparable() if kind_of(e) != TREE]
        for evaluation in near(judged, self.best):
            found.setdefault(kind_of(evaluation), evaluation)
        return list(found.values())[:ALTERNATIVES]


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
