"""What the tasks of a workflow do, from the data to refinement; the rest is in ``closing``."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Any

from mle_star.agents.knowledge import load_knowledge
from mle_star.budget import Slice
from mle_star.data.prepare import prepare
from mle_star.data.reference import FILE, reference_of
from mle_star.errors import BudgetError
from mle_star.events import StepFinished
from mle_star.judge.evaluation import Evaluation
from mle_star.phases import foundation, search
from mle_star.session.facts import score_facts
from mle_star.session.handover import Handover
from mle_star.session.insurance import Insurance
from mle_star.session.opening import open_session, request_of
from mle_star.session.replay import evaluations_of
from mle_star.session.session import Session
from mle_star.session.shares import (
    FOUNDATION,
    LAST_CHANCE,
    costs_of,
    improvement,
    limited,
)
from mle_star.session.warm import begin, tell_missed
from mle_star.types import Role
from mle_star.workflow.phase import Phase
from mle_star.workflow.workflow import WorkflowTask

if TYPE_CHECKING:
    from mle_star.phases.context import Context
    from mle_star.session.improvement import Improvement

Doing = Callable[[Session, WorkflowTask, Handover], str]
"""Does a task: changes the handover and gives back a sentence on what came of it."""

_LATER = ("mle_star.session.closing", "mle_star.session.improvement")
"""Imported by a thread while the first candidates are judged: the first score comes sooner."""


def profile(session: Session, task: WorkflowTask, found: Handover) -> str:
    """Read the data, decide the task, divide the rows."""
    try:
        prepared = session.prepared = prepare(request_of(session.settings))
        session.read_test()
        found.context = open_session(session, prepared)
        reference_of(prepared).save(session.folder.root / FILE)
        session.warm = begin(session, prepared, found.context)
    except BaseException as error:
        session.opened.set_exception(error)
        raise
    session.opened.set_result(found.context)
    threading.Thread(target=_import_ahead, name="imports", daemon=True).start()
    rows, columns = prepared.table.shape
    issues = len(prepared.profile.issues)
    counted = [(rows, "row"), (columns, "column"), (issues, "quality issue")]
    return ", ".join(f"{number:,} {what}{'' if number == 1 else 's'}" for number, what in counted)


def find(session: Session, task: WorkflowTask, found: Handover) -> str:
    """Search for techniques; the library is read while the data is."""
    recipes, knowledge = session.recipes, load_knowledge()
    context = found.context or session.opened.result()
    rounds = task.parameters.get("search_iterations", session.settings.search_iterations)
    with session.phase("search", None) as said:
        found.techniques = search.run(context, rounds, knowledge)
        sources = {source for technique in found.techniques for source in technique.sources}
        said.append(f"{len(found.techniques)} techniques, {len(sources)} sources")
        if context.team is not None:
            from mle_star.session.web import search_web

            found.findings = search_web(session, context, rounds)
            said[0] += f", {len(found.findings)} found on the web"
    return f"{said[0]}, from {len(recipes)} recipes and {len(knowledge)} entries of knowledge"


def found_on(session: Session, task: WorkflowTask, found: Handover) -> str:
    """Judge baselines and candidates, merge the best; package an early model."""
    context, budget = _context(found), _context(found).budget
    insurance = Insurance(session, context)
    context.emit = insurance
    budget.reserve = costs_of(context).reserve
    refined = any(t.phase in (Phase.ABLATION, Phase.REFINEMENT) for t in session.workflow.tasks)
    last = limited(task, budget.share(1.0))
    part = limited(task, budget.share(FOUNDATION)) if refined else last
    options = {
        key: task.parameters[key] for key in ("max_candidates", "merge") if key in task.parameters
    }
    if session.settings.small:
        options["merge"] = False
    own = list(session.warm.solutions) if session.warm else []
    own += session.person.candidates(context) if session.person else []
    with session.phase("foundation", part) as said:
        if context.team is not None:
            from mle_star.session import web

            own += web.written(context, found.findings)
            options["repair"] = partial(web.debugged, context)
        try:
            done = foundation.run(context, found.techniques, part, last, own=own, **options)
        except BudgetError:  # hardly any time: all of it for one candidate, then
            if budget.counts_evaluations:
                raise
            last = budget.share(LAST_CHANCE)
            done = foundation.run(context, found.techniques, last, last, own=own)
        if session.warm:
            tell_missed(session.warm, context)
        said.append(f"{len(context.ledger)} judged, best {done.best.solution.name}")
    insurance.renew(done.best)
    context.emit = session.journal
    found.baseline, found.best = done.baseline, done.best
    if done.baseline.score:
        session.summary["baseline"] = score_facts(done.baseline.score, done.baseline.solution.name)
    return said[0]


def ablate(session: Session, task: WorkflowTask, found: Handover) -> str:
    """Measure what each block of the best is worth."""
    stage = _improvement(session, task, found)
    if stage.plan.steps == 0:
        return "no steps of refinement were asked for"
    stage.ablate(limited(task, _share(session, task, found)))
    found.effects, found.parts, found.step = stage.effects, stage.parts, stage.step
    measured = [effect for effect in stage.effects if effect.effect is not None]
    return f"{len(measured)} of {len(stage.effects)} blocks measured"


def refine(session: Session, task: WorkflowTask, found: Handover) -> str:
    """Refine the best, step by step; a resumed run passes over the steps it finished."""
    stage = _improvement(session, task, found)
    start = stage.best
    part = limited(task, _share(session, task, found))
    context = stage.context
    passed = session.journal.skip(StepFinished)
    if passed:
        if context.team is not None:
            context.team.restore(passed)
        context.record(context.judge.adopt(evaluations_of(passed, context.judge, session.blocks)))
        stage.restore(passed)
    found.best = _with_further(session, task, found, stage.run(part))
    found.effects, found.parts = stage.effects, stage.parts
    found.history, found.step = stage.history, stage.step
    if not (found.best.score and start.score) or found.best is start:
        return "nothing better was found"
    gain = found.best.score.gain_over(start.score)
    return f"{found.best.solution.name}, gained {gain:.4g} in {stage.step} steps"


def _with_further(
    session: Session, task: WorkflowTask, found: Handover, best: Evaluation
) -> Evaluation:
    """The best, further models judged where the last refinement leaves time for any."""
    context, budget = _context(found), _context(found).budget
    limited_to = any("max_candidates" in t.parameters for t in session.workflow.tasks)
    last = not any(t.phase is Phase.REFINEMENT for t in session.after(task))
    if budget.counts_evaluations or session.settings.small or limited_to or not last:
        return best
    budget.reserve = costs_of(context).reserve
    part = limited(task, budget.share(1.0))
    return foundation.further(context, found.techniques, best, part)


def _context(found: Handover) -> Context:
    assert found.context is not None
    return found.context


def _share(session: Session, task: WorkflowTask, found: Handover) -> Slice:
    """An even part of what is for refinement, for this task and those that come after it."""
    budget = _context(found).budget
    budget.reserve = costs_of(_context(found)).reserve
    after = sum(t.phase is Phase.REFINEMENT for t in session.after(task))
    return improvement(budget).part(1 / max(1, after + (task.phase is Phase.REFINEMENT)))


def _improvement(session: Session, task: WorkflowTask, found: Handover) -> Improvement:
    from mle_star.phases.refinement import K
    from mle_star.session.improvement import Improvement, Plan

    given: Mapping[str, Any] = task.parameters
    context, person = _context(found), session.person
    role = given.get("target_component")
    plan = Plan(
        steps=given.get("refinement_iterations", session.settings.refinement_iterations),
        ablate=any(t.phase is Phase.ABLATION for t in session.workflow.tasks),
        role=Role(role) if role else None,
        proposals=given.get("proposals", K),
        choose=person.block if person and role is None else None,
    )
    assert found.best is not None
    history = list(found.history) if context.chaining else []
    return Improvement(
        context,
        session.phase,
        found.best,
        plan,
        effects=list(found.effects),
        history=history,
        step=found.step,
        parts=list(found.parts),
    )


def _import_ahead() -> None:
    for name in _LATER:
        import_module(name)
