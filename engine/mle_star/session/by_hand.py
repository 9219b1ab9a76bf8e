"""What was done by hand with a stopped session, handed to the tasks that begin after it."""

from __future__ import annotations

from mle_star.errors import SandboxError
from mle_star.eventlog import BY_HAND
from mle_star.events import Event, IncumbentChanged, TaskStarted
from mle_star.judge.cage.cage import find_cage
from mle_star.phases.context import Context
from mle_star.session.handover import Handover
from mle_star.session.replay import evaluations_of
from mle_star.session.session import Session


def take_in(session: Session, task: str, found: Handover) -> None:
    """Let a task know what was judged by hand before it began, and begin with what was accepted.

    A task that had begun already goes on without it, as its log says.

    Parameters
    ----------
    session : Session
        Resumed, or not.
    task : str
        Id of the task that begins.
    found : Handover
        What was found on the way to it; changed.
    """
    done = _done_before(session, task)
    context = found.context
    if not done or context is None or found.best is None:
        return
    context.record(context.judge.adopt(evaluations_of(done, context.judge, session.blocks)))
    accepted = [event.digest for event in done if isinstance(event, IncumbentChanged)]
    edited = context.scored(accepted[-1]) if accepted else None
    if edited is None or edited.score is None or found.best.score is None:
        return
    if not found.best.score.better_than(edited.score):
        found.best, found.effects = edited, []


def guard(session: Session, context: Context, *, allow_unsandboxed: bool) -> None:
    """Let code that was written by hand run in the sandbox.

    Raises
    ------
    SandboxError
        If no sandbox holds on this machine, and running without one was not allowed.
    """
    try:
        context.cage = find_cage(allow_unsandboxed=allow_unsandboxed)
    except SandboxError as error:
        error.problem = f"code of this session was written by hand, and {error.problem}"
        raise
    session.pool.guard(context.cage)


def _done_before(session: Session, task: str) -> list[Event]:
    """Events by hand that were logged before a task began."""
    done: list[Event] = []
    for line in session.history.standing if session.history else ():
        if isinstance(line.event, TaskStarted) and line.event.task == task:
            return done
        if line.of == BY_HAND:
            done.append(line.event)
    return done
