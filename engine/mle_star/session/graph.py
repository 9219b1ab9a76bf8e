"""Running a workflow: every task when those before it have ended, several at once."""

from __future__ import annotations

import contextvars
import queue
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from mle_star.budget import Clock
from mle_star.errors import MleStarError, StateError, UnavailableError
from mle_star.eventlog import TASK
from mle_star.events import Emit, Noted, TaskFinished, TaskStarted, WorkflowPlanned
from mle_star.session.handover import Handover, joined
from mle_star.workflow.phase import Phase
from mle_star.workflow.workflow import Workflow, WorkflowTask

DONE, FAILED, SKIPPED = "done", "failed", "skipped"

ESSENTIAL = (Phase.PROFILE, Phase.FOUNDATION)
"""Without these nothing can follow: their failure ends the run."""

_POLL = 0.2


class NotRun(Exception):  # noqa: N818 - an answer, not an error
    """Says why a task is not run: its condition does not hold, or what it needs is not there."""


@dataclass(frozen=True, slots=True)
class Work:
    """What running one task gave.

    Parameters
    ----------
    handover : Handover
        What it leaves to those after it.
    summary : str
        One sentence for a person.
    """

    handover: Handover
    summary: str


Run = Callable[[WorkflowTask, Sequence[Handover]], Work]
"""Does a task, given what those before it left; raises :class:`NotRun` to skip it."""


@dataclass(slots=True)
class Graph:
    """One run of a workflow.

    Parameters
    ----------
    workflow : Workflow
        Checked.
    run_task : callable
        See :data:`Run`.
    emit : callable
        Takes the events.
    clock : Clock
        Monotonic seconds.
    at_once : int
        Tasks that may run at the same time.
    """

    workflow: Workflow
    run_task: Run
    emit: Emit
    clock: Clock
    at_once: int
    handovers: dict[str, Handover] = field(default_factory=dict)
    failures: dict[str, MleStarError] = field(default_factory=dict)
    _ended: queue.SimpleQueue[tuple[WorkflowTask, BaseException | None]] = field(
        default_factory=queue.SimpleQueue
    )

    def run(self) -> dict[str, Handover]:
        """Run all tasks; gives back what each left, by its id.

        Raises
        ------
        MleStarError
            Of a task without which nothing can follow, or of any where the policy says so.
        """
        self.emit(WorkflowPlanned(self.workflow.name, [_plain(t) for t in self.workflow.tasks]))
        waiting, running = list(self.workflow.tasks), 0
        while waiting or running:
            ready = self._ready(waiting)[: self.at_once - running]
            for task in ready:
                waiting.remove(task)
            if len(ready) == 1 and not running:
                self._finish(ready[0], self._done(ready[0]))
                continue
            for task in ready:
                self._start(task)
                running += 1
            running -= self._collect()
        return self.handovers

    def _ready(self, waiting: list[WorkflowTask]) -> list[WorkflowTask]:
        """Those that can begin now, the profile first: others wait for what it finds."""
        ready = [t for t in waiting if all(d in self.handovers for d in t.depends)]
        return sorted(ready, key=lambda task: task.phase is not Phase.PROFILE)

    def _start(self, task: WorkflowTask) -> None:
        context = contextvars.copy_context()

        def work() -> None:
            self._ended.put((task, context.run(self._done, task)))

        threading.Thread(target=work, name=task.id, daemon=True).start()

    def _collect(self) -> int:
        """Wait for a task to end; the wait lets signals through."""
        while True:
            try:
                task, error = self._ended.get(timeout=_POLL)
            except queue.Empty:
                continue
            self._finish(task, error)
            return 1

    def _finish(self, task: WorkflowTask, error: BaseException | None) -> None:
        if error is None:
            return
        fails_all = (
            task.phase in ESSENTIAL
            or self.workflow.settings.failure_policy != "continue"
            or isinstance(error, StateError | UnavailableError)  # a full disk: can be resumed
        )
        if not isinstance(error, MleStarError) or fails_all:
            raise error
        self.failures[task.id] = error
        self.emit(Noted("warning", f"{task.id} failed: {error.problem}"))

    def _done(self, task: WorkflowTask) -> BaseException | None:
        """Run one task to its end; gives back what it failed with."""
        token = TASK.set(task.id)
        before = [self.handovers[name] for name in task.depends]
        began = self.clock()
        try:
            error = self._attempts(task, before, began)
        except BaseException as caught:  # a bug or a signal: raised where the tasks are waited for
            return caught
        finally:
            TASK.reset(token)
        return error

    def _attempts(
        self, task: WorkflowTask, before: list[Handover], began: float
    ) -> MleStarError | None:
        error: MleStarError | None = None
        for attempt in range(1, task.retries + 2):
            self.emit(TaskStarted(task.id, task.phase, list(task.agents), attempt, task.timeout))
            try:
                work = self.run_task(task, before)
            except NotRun as reason:
                self._end(task, SKIPPED, str(reason), began, before)
                return None
            except MleStarError as caught:
                error = caught
            else:
                self._end(task, DONE, work.summary, began, [work.handover])
                return None
        assert error is not None
        self._end(task, FAILED, error.problem, began, before)
        return error

    def _end(
        self, task: WorkflowTask, status: str, summary: str, began: float, left: list[Handover]
    ) -> None:
        self.emit(TaskFinished(task.id, task.phase, status, summary, self.clock() - began))
        self.handovers[task.id] = left[0] if len(left) == 1 else joined(left)


def _plain(task: WorkflowTask) -> dict[str, object]:
    return {
        "id": task.id,
        "phase": task.phase,
        "depends": list(task.depends),
        "agents": list(task.agents),
    }
