"""Refinement: propose, judge and keep better forms of the block with most to gain.

Algorithm 2 of MLE-STAR with the engine's own judgement: the block is chosen by
:func:`mle_star.phases.target.by_promise`; ``K`` proposals for it are judged one after another,
each against the step's start, each planned in sight of all plans and gains before it; and what is
kept must be better beyond noise, or no worse and simpler. Hyperparameters are not asked of the
agent but searched numerically, in batches of ``BATCH``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from optuna.trial import Trial

from mle_star.agents.base import Proposal, Question, Standing
from mle_star.agents.optimizer import NumericSearch, space_of, values_of
from mle_star.agents.trials import Record
from mle_star.budget import Slice
from mle_star.errors import EditError
from mle_star.eventlog import TASK
from mle_star.judge.evaluation import NOT_JUDGED, Evaluation
from mle_star.phases.context import Context
from mle_star.phases.effect import BlockEffect, PartEffect
from mle_star.phases.measured import measured_of
from mle_star.phases.merge import parts_of
from mle_star.phases.neutral import REMOVED, neutralised
from mle_star.phases.target import by_promise
from mle_star.phases.tries import NO_TIME, REPAIRS, Tried, Tries, is_broken
from mle_star.seeds import derive
from mle_star.solution.block import checked
from mle_star.solution.solution import Solution
from mle_star.types import Role

K = 4
"""Proposals judged in one step, as in the paper; what was judged before is free and on top."""

BATCH = 4
"""Hyperparameter trials asked for at once; fixed, so that results do not depend on the workers."""

TRIALS = 48
"""Hyperparameter trials in one step at most."""

PATIENCE = 4
"""Batches without a new best after which a numeric search ends early."""

REFUSALS = 4
"""Refused proposals after which a step ends."""

_AGENTS = {Role.CLEAN: "feature-engineer", Role.FEATURES: "feature-engineer"}


@dataclass(frozen=True, slots=True)
class Refined:
    """What came of one step.

    Parameters
    ----------
    best : Evaluation
        The best of the step's start and its tries.
    role : Role or None
        The block that was refined; None where no block had anything to try, or no time was left.
    proposals : list of Tried
        All of the step, refused ones included.
    """

    best: Evaluation
    role: Role | None
    proposals: list[Tried]


def run(
    context: Context,
    best: Evaluation,
    effects: Sequence[BlockEffect],
    slice: Slice,
    step: int,
    history: list[Tried],
    *,
    role: Role | None = None,
    proposals: int = K,
    parts: Sequence[PartEffect] = (),
) -> Refined:
    """Refine one block.

    Parameters
    ----------
    context : Context
        Every try goes into its ledger, rejected ones too: the ensemble may use them.
    best : Evaluation
        The step's start; with a score at the session's fidelity.
    effects : sequence of BlockEffect
        From the ablation of the same solution.
    slice : Slice
        What the step may spend.
    step : int
        Its number.
    history : list of Tried
        Of all steps so far; extended in place.
    role : Role or None, default None
        The block to refine; None: the one with most to gain.
    proposals : int, default K
        Of the agent, judged at most; what repairs one is no further one.
    parts : sequence of PartEffect, default ()
        Of ablations so far, to be told to the agent.

    Returns
    -------
    Refined
        See there.
    """
    before = len(history)
    roles = [role] if role else by_promise(best.solution, effects, history)
    for target in roles:
        tries = Tries(context, best, target, slice, step, history)
        if not tries.room():
            break
        _try_plain(context, best, tries, target, effects)
        if target is Role.HYPERPARAMETERS:
            _search(context, best, tries, step)
        else:
            measured = measured_of(context, best, effects, parts)
            _ask(context, best, tries, target, slice, step, history, measured, proposals)
        if tries.executed or tries.best is not best:
            return Refined(tries.best, target, history[before:])
    return Refined(best, None, history[before:])


def _ask(
    context: Context,
    start: Evaluation,
    tries: Tries,
    role: Role,
    slice: Slice,
    step: int,
    history: list[Tried],
    measured: tuple[str, ...],
    most: int,
) -> None:
    """Judge up to `most` of the agent's proposals, each planned in sight of all before."""
    refused = repaired = 0
    while (
        tries.executed - repaired < most
        and tries.total < TRIALS
        and refused < REFUSALS
        and tries.room()
    ):
        question = Question(
            agent=_AGENTS.get(role, "model-optimizer"),
            role=role,
            solution=start.solution,
            facts=context.facts,
            tried=_seen(history, role, step, chaining=context.chaining),
            seed=derive(context.seed, "refinement", step, tries.executed, refused),
            step=f"step {step}",
            label=f"step {step}, try {tries.total + refused + 1}",
            measured=measured,
            standing=_standing(context, history),
            seconds=slice.seconds(),
        )
        answer = context.agent.propose(question)
        if not answer:
            return
        before = tries.executed
        refused += not _tried(context, start, tries, question, answer[0])
        repaired += max(0, tries.executed - before - 1)


def _tried(
    context: Context, start: Evaluation, tries: Tries, question: Question, proposal: Proposal
) -> bool:
    """Judge a proposal, repaired where it fails; whether anything was judged at all.

    What fails and cannot be repaired leaves the last version that ran as it is.
    """
    judged = False
    for number in range(1, REPAIRS + 2):
        solution, reason = _applied(proposal, question.role, start.solution)
        if solution is None or (reason := tries.why_not(solution, _cost(context, proposal, start))):
            tries.refuse(proposal.plan, f"refused: {reason}", proposal.proposer)
            return judged
        [found] = tries.judge([(proposal.plan, solution)], proposal.proposer)
        judged = True
        if not is_broken(found) or number > REPAIRS:
            return judged
        repaired = context.agent.repair(question, proposal, found.failure, number)
        if repaired is None:
            return judged
        proposal = repaired
    return judged


def _standing(context: Context, history: Sequence[Tried]) -> dict[str, Standing]:
    """What each proposer's tries came to so far."""
    found: dict[str, Standing] = {}
    for tried in history:
        if tried.proposer:
            one = found.get(tried.proposer, Standing())
            known = context.scored(tried.digest)
            found[tried.proposer] = Standing(
                one.tries + 1,
                one.gained + max(0.0, tried.gain or 0.0),
                one.seconds + (known.seconds if known else 0.0),
            )
    return found


def _seen(
    history: Sequence[Tried], role: Role, step: int, *, chaining: bool
) -> tuple[tuple[str, float | None], ...]:
    """Every earlier plan for a role with its gain, but those that only lacked time then.

    Without chaining earlier steps hand on only what was accepted.
    """
    return tuple(
        (tried.plan, tried.gain)
        for tried in history
        if tried.role is role
        and (
            tried.step == step
            or tried.accepted
            or (chaining and not tried.reason.endswith(NO_TIME))
        )
    )


def _try_plain(
    context: Context,
    start: Evaluation,
    tries: Tries,
    role: Role,
    effects: Sequence[BlockEffect],
) -> None:
    """Try first what the ablation found no worse: the plain form. It comes from the cache."""
    effect = next((one for one in effects if one.role is role), None)
    if effect is None or effect.effect is None or effect.effect > 0:
        return
    solution, name = neutralised(start.solution, role, context.facts)
    plan = f"{name}: the ablation found nothing lost" if name != REMOVED else "remove the block"
    if not tries.why_not(solution):
        tries.judge([(plan, solution)])


def _applied(proposal: Proposal, role: Role, solution: Solution) -> tuple[Solution | None, str]:
    """The solution with a proposal in place, or None and why it is refused."""
    if proposal.refusal:
        return None, proposal.refusal
    if proposal.block.role is not role:
        return None, f"asked for the {role} block, got the {proposal.block.role} block"
    try:
        for block in (proposal.block, *proposal.companions):
            checked(block.role, block.source, block.recipe, foreign=block.foreign)
        return proposal.apply(solution, name=_named(solution, proposal)), ""
    except EditError as error:
        return None, str(error)


def _cost(context: Context, proposal: Proposal, start: Evaluation) -> float:
    """Of trying a proposal, in evaluations of the start, as far as recipes tell."""
    standing = start.solution.block(proposal.block.role)
    new = context.recipes.get(proposal.block.recipe)
    old = context.recipes.get(standing.recipe) if standing else None
    if new is None or old is None:
        return 1.0
    model = start.solution.block(Role.MODEL)
    fitted = context.recipes.get(model.recipe) if model else None
    rest = fitted.cost if fitted and proposal.block.role is not Role.MODEL else 0.0
    return max(1.0, (rest + new.cost) / max(rest + old.cost, 1e-3))


def _named(solution: Solution, proposal: Proposal) -> str:
    """The start's name with the change after it; only the last change is told."""
    what = proposal.block.recipe or f"new {proposal.block.role}"
    return what if proposal.block.role is Role.MODEL else f"{solution.base} + {what}"


def _search(context: Context, start: Evaluation, tries: Tries, step: int) -> None:
    """Search the hyperparameters in batches while the slice lasts and something is found."""
    space, current = space_of(start.solution, context.recipes), values_of(start.solution)
    if not space:
        return
    search = NumericSearch(
        space,
        current,
        greater_is_better=context.judge.metric.greater_is_better,
        seed=derive(context.seed, "refinement", step),
        record=_record(context, step),
    )
    for known in _relatives(context, start):
        if known.score is not None:
            search.know(values_of(known.solution), known.score.mean)
    stale, best, cost = 0, tries.best, _cost_of_a_part(context, start)
    while tries.executed < TRIALS and stale < PATIENCE and (room := tries.room(BATCH, cost)):
        asked = search.ask(room)
        if not _judge_batch(start.solution, current, tries, search, asked):
            return
        stale, best = (stale + 1, best) if tries.best is best else (0, tries.best)


def _cost_of_a_part(context: Context, start: Evaluation) -> float:
    """Of the dearest part of a merge, in evaluations of the whole; 1 where it has none."""
    parts = [context.scored(part.digest) for part in parts_of(context, start.solution)]
    seconds = [part.seconds for part in parts if part is not None]
    if not seconds or len(seconds) < len(parts) or start.seconds <= 0:
        return 1.0
    return min(1.0, max(seconds) / start.seconds)


def _record(context: Context, step: int) -> Record | None:
    if context.trials is None:
        return None
    name = f"{TASK.get()} step {step}".strip()
    return context.trials.study(name, greater_is_better=context.judge.metric.greater_is_better)


def _relatives(context: Context, start: Evaluation) -> list[Evaluation]:
    """Evaluations that differ from the start in nothing but hyperparameters, itself included.

    Without chaining itself alone.
    """
    if not context.chaining:
        return [start]
    rest = start.solution.without(Role.HYPERPARAMETERS).digest
    return [
        e for e in context.comparable() if e.solution.without(Role.HYPERPARAMETERS).digest == rest
    ]


def _judge_batch(
    start: Solution,
    current: Mapping[str, object],
    tries: Tries,
    search: NumericSearch,
    asked: list[tuple[Trial, dict[str, object]]],
) -> bool:
    """Judge a batch and tell the search; False when the budget ended."""
    proposals = []
    for _, values in asked:
        changed = {k: v for k, v in values.items() if current.get(k) != v}
        plan = ", ".join(f"{key}={value}" for key, value in changed.items())
        tuned = start.with_hyperparameters(values, change="tuned", origin="numeric search")
        proposals.append((plan, tuned))
    found = tries.judge(proposals)
    for (trial, _), evaluation in zip(asked, found, strict=True):
        search.tell(trial, evaluation.score.mean if evaluation.score else None)
    return not any(e.failure.startswith(NOT_JUDGED) for e in found)
