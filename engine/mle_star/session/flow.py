"""Doing a session's tasks in the order of its workflow, and what came of it all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mle_star import heap
from mle_star.errors import BudgetError, MleStarError
from mle_star.events import Noted
from mle_star.session import tasks
from mle_star.session.by_hand import take_in
from mle_star.session.facts import lookup
from mle_star.session.graph import Graph, NotRun, Work
from mle_star.session.handover import Handover, branched, joined
from mle_star.session.session import Session
from mle_star.session.tasks import Doing
from mle_star.workflow.phase import Phase
from mle_star.workflow.workflow import WorkflowTask

_NEEDED = {
    Phase.FOUNDATION: ("context",),
    Phase.ABLATION: ("best",),
    Phase.REFINEMENT: ("best",),
    Phase.ENSEMBLE: ("best",),
    Phase.VALIDATION: ("best",),
    Phase.DEPLOYMENT: ("validated",),
}
"""What a phase cannot do without."""


@dataclass(slots=True)
class Flow:
    """One session from its data to its bundle.

    Parameters
    ----------
    session : Session
        What all its tasks share.
    """

    session: Session

    def run(self) -> bool:
        """Run all tasks; gives back whether a model is deployed and all its gates were met.

        Raises
        ------
        MleStarError
            Of a task without which there is no result.
        """
        session = self.session
        at_once = min(
            session.settings.max_agents,
            session.workflow.settings.max_concurrency or session.settings.max_agents,
        )
        graph = Graph(session.workflow, self._do, session.journal, session.budget.clock, at_once)
        found = joined(list(graph.run().values()))
        _raise_last(graph, session)
        if session.test is not None and session.folder.has_model and found.context is not None:
            from mle_star.session.closing import predict

            predict(session, found.context)
        gates = found.validated.passed if found.validated else False
        return found.deployed and gates and not graph.failures

    def _do(self, task: WorkflowTask, before: Sequence[Handover]) -> Work:
        """Do one task with a handover, a ledger and a budget of its own."""
        session, found = self.session, joined(before)
        lacking = [name for name in _NEEDED.get(task.phase, ()) if getattr(found, name) is None]
        if lacking:
            raise NotRun(f"there is nothing to work on: no {lacking[0]} was handed over")
        self._hold(task, found)
        if found.context is not None:
            used = sum(found.used.values())
            budget = session.budget_for(used, session.sharers(task))
            found.context = branched(found.context, budget)
            found.context.seed = session.seed_for(task)
            take_in(session, task.id, found)
        if session.life is not None:
            session.life.before(task)
        summary = _doing(task.phase)(session, task, found)
        heap.trim()
        if found.context is not None:
            found.used[task.id] = found.context.budget.used - sum(found.used.values())
        if session.life is not None:
            session.life.after(task, found, summary)
        return Work(found, summary)

    def _hold(self, task: WorkflowTask, found: Handover) -> None:
        """See whether the task's condition holds; a resumed run keeps to what was seen."""
        if task.condition is None:
            return
        condition = task.condition

        def look() -> list[object]:
            verdict = condition.evaluate(lookup(self.session, found))
            return [verdict.holds, verdict.explained]

        holds, explained = self.session.journal.once(f"condition of {task.id}", look)
        if not holds:
            raise NotRun(f"its condition does not hold: {explained}")


def _doing(phase: Phase) -> Doing:
    if phase in (Phase.ENSEMBLE, Phase.VALIDATION, Phase.DEPLOYMENT):
        from mle_star.session import closing

        return {
            Phase.ENSEMBLE: closing.combine,
            Phase.VALIDATION: closing.validate,
            Phase.DEPLOYMENT: closing.deploy,
        }[phase]
    return {
        Phase.PROFILE: tasks.profile,
        Phase.SEARCH: tasks.find,
        Phase.FOUNDATION: tasks.found_on,
        Phase.ABLATION: tasks.ablate,
        Phase.REFINEMENT: tasks.refine,
    }[phase]


def _raise_last(graph: Graph, session: Session) -> None:
    """The failure of validation or deployment is the run's, unless an early model stands."""
    last: list[MleStarError] = [
        graph.failures[task.id]
        for task in session.workflow.tasks
        if task.id in graph.failures and task.phase in (Phase.VALIDATION, Phase.DEPLOYMENT)
    ]
    if last and isinstance(last[0], BudgetError) and session.folder.has_model:
        session.journal(Noted("warning", f"an early model is shipped: {last[0].problem}"))
        return
    if last:
        raise last[0]
    deployed = any(task.phase is Phase.DEPLOYMENT for task in session.workflow.tasks)
    if not deployed and session.insured is not None:
        session.journal(Noted("warning", "the workflow deploys nothing: an early model is left"))
