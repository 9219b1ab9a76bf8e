"""What a task of the workflow leaves to those after it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from mle_star.agents.technique import Technique
from mle_star.budget import Budget
from mle_star.judge.evaluation import Evaluation
from mle_star.phases.context import Context
from mle_star.phases.effect import BlockEffect, PartEffect
from mle_star.phases.tries import Tried

if TYPE_CHECKING:
    from mle_star.agents.language.answers import Finding
    from mle_star.phases.ensemble import EnsembleChoice
    from mle_star.phases.validation import Validation


@dataclass(slots=True)
class Handover:
    """Everything found on the way to a task.

    Parameters
    ----------
    context : Context or None
        The session's, with a ledger, a judge and a budget of the task's own.
    used : dict of str to int
        Evaluations counted by each task on the way.
    techniques : list of Technique
        What the search found.
    findings : list of Finding
        What was found on the web.
    baseline, best : Evaluation or None
        The best simple model, and the best of all.
    effects : list of BlockEffect
        Of the last ablation.
    parts : list of PartEffect
        Of all ablations.
    history : list of Tried
        Every proposal for the best so far.
    step : int
        Number of the last step.
    choice : EnsembleChoice or None
        What is to be validated.
    validated : Validation or None
        What is to be shipped.
    deployed : bool
        Whether it is.
    """

    context: Context | None = None
    used: dict[str, int] = field(default_factory=dict)
    techniques: list[Technique] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    baseline: Evaluation | None = None
    best: Evaluation | None = None
    effects: list[BlockEffect] = field(default_factory=list)
    parts: list[PartEffect] = field(default_factory=list)
    history: list[Tried] = field(default_factory=list)
    step: int = 0
    choice: EnsembleChoice | None = None
    validated: Validation | None = None
    deployed: bool = False


def joined(before: Sequence[Handover]) -> Handover:
    """What the tasks before left, as one: the best of all, and all that was judged.

    Parameters
    ----------
    before : sequence of Handover
        In the order of the workflow, which decides among equals. None of them is changed.
    """
    found = Handover()
    for one in before:
        found.used |= one.used
        found.techniques += [t for t in one.techniques if t not in found.techniques]
        found.findings += [f for f in one.findings if f not in found.findings]
        found.baseline = found.baseline or one.baseline
        found.best = _better(found.best, one.best)
        found.effects = found.effects or list(one.effects)
        found.parts += [part for part in one.parts if part not in found.parts]
        found.history += [tried for tried in one.history if tried not in found.history]
        found.step = max(found.step, one.step)
        found.choice = found.choice or one.choice
        found.validated = found.validated or one.validated
        found.deployed = found.deployed or one.deployed
        found.context = _merged(found.context, one.context)
    return found


def branched(context: Context, budget: Budget) -> Context:
    """A context for one task: what it adds to the ledger and spends is its own."""
    judge = context.judge.branch(budget)
    fresh = replace(context, judge=judge, budget=budget, ledger=[], _places={})
    fresh.record(context.ledger)
    return fresh


def _merged(one: Context | None, other: Context | None) -> Context | None:
    if one is None or other is None:
        return one or other
    if one is other:
        return one
    both = branched(one, one.budget)
    both.record(other.ledger)
    for evaluation in other.ledger:
        both.judge.verdicts.put(evaluation)
    return both


def _better(one: Evaluation | None, other: Evaluation | None) -> Evaluation | None:
    if one is None or other is None or one.score is None or other.score is None:
        return one or other
    return other if other.score.better_than(one.score) else one
