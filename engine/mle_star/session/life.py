"""The life cycle of a session: what is called before, during and after it and its tasks.

Hooks of the user and the project are called by :mod:`mle_star.lifecycle`; what is built in is done
here with what the session knows. Nothing in here can change a score: hooks are told plain values
and answer with an exit status.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from mle_star.errors import UsageError
from mle_star.events import Event, HookFinished, Noted
from mle_star.files import folder_mib
from mle_star.hooks import POST, PRE
from mle_star.lifecycle import environment, resources
from mle_star.lifecycle.caller import Caller, who_blocked
from mle_star.lifecycle.during import During
from mle_star.lifecycle.hook import BLOCKED, Hook
from mle_star.lifecycle.monitor import STALL_SECONDS, Monitor
from mle_star.lifecycle.resources import Resources
from mle_star.lifecycle.told import about, gates_of
from mle_star.session.ending import DONE, INTERRUPTED, TIMEOUT
from mle_star.session.graph import NotRun
from mle_star.session.made import digests
from mle_star.session.past import newest
from mle_star.workflow.phase import Phase

if TYPE_CHECKING:
    from mle_star.data.prepare import Prepared
    from mle_star.session.handover import Handover
    from mle_star.session.identity import Identity
    from mle_star.session.session import Session
    from mle_star.session.settings import Settings
    from mle_star.workflow.workflow import WorkflowTask

_LOOK = STALL_SECONDS / 8
_PAST = 50
"""Newest records of resources that are looked at."""
_NO_GATES = "its gates were not measured"


@dataclass
class Life:
    """One session's life cycle.

    Parameters
    ----------
    session : Session
        What it is about.
    identity : Identity
        Who it is.
    """

    session: Session
    identity: Identity
    refusals: list[str] = field(default_factory=list)
    _over: threading.Event = field(default_factory=threading.Event)
    _ending: bool = False

    def __post_init__(self) -> None:
        session = self.session
        journal = session.journal
        done = {
            (e.hook, e.event, e.task): who_blocked(e.hook, e.said) if e.status == BLOCKED else ""
            for e in session.logged
            if isinstance(e, HookFinished)
        }
        self.caller = Caller(session.hooks, journal, done, self._over.is_set)
        self.monitor = Monitor(session.budget.clock)
        self.during = During(self.caller, self._facts, self._stop)
        journal.readers.append(self.monitor)
        if self.during.is_needed:
            journal.fresh.append(self.during)
        threading.Thread(target=self._watch, name="stalls", daemon=True).start()

    def before(self, task: WorkflowTask) -> None:
        """Call the hooks before a task of the workflow.

        Parameters
        ----------
        task : WorkflowTask
            About to begin.

        Raises
        ------
        UsageError
            If a hook blocks a task without which there is no run.
        NotRun
            If it blocks another one.
        """
        blocked = self.caller.call(PRE, self._facts, task.id, task.phase)
        if not blocked:
            return
        if task.phase in (Phase.PROFILE, Phase.FOUNDATION):
            raise refusal(blocked)
        self.session.journal(Noted("warning", f"{task.id} is not done: {blocked}"))
        raise NotRun(blocked)

    def after(self, task: WorkflowTask, found: Handover, summary: str) -> None:
        """Do what is to be done after a task of the workflow.

        Parameters
        ----------
        task : WorkflowTask
            Done.
        found : Handover
            What it leaves.
        summary : str
            What came of it.
        """
        if task.phase is Phase.PROFILE:
            self._estimate(found)

        def told() -> Mapping[str, Any]:
            return {**self._facts(), "status": DONE, "summary": {"said": summary}}

        self._refuse(self.caller.call(POST, told, task.id, task.phase))

    def ended(self, status: str, code: int) -> None:
        """Sum the session up, and call the hooks after it; one that can be resumed has not ended.

        Parameters
        ----------
        status : str
            See :mod:`mle_star.session.ending`.
        code : int
            Exit status.
        """
        session, self._ending = self.session, True
        session.summary["performance"] = self.monitor.facts()
        self._compare(status)
        if status == INTERRUPTED:
            self.close()
            return
        if status != TIMEOUT:
            self.during.drain()
            self._refuse(self.caller.call(POST, lambda: self._result(status, code)))
        self.close()
        if session.folder.has_model:
            session.summary["model"] = self._model()

    def close(self) -> None:
        """Call nothing any more, and end what is under way."""
        self._over.set()
        self.during.close()

    def _facts(self) -> dict[str, Any]:
        """What every hook is told."""
        settings, prepared = self.session.settings, self.session.prepared
        told = {
            **about(settings.plain(), self.identity.session, self.identity.cwd),
            "folder": str(self.session.folder.root.resolve()),
            "elapsed": self.session.budget.clock(),
            "progress": self.monitor.facts(),
        }
        if prepared is not None:
            rows, columns = prepared.table.shape
            told["data"] = {"rows": rows, "columns": columns}
        if "resources" in self.session.summary:
            told["estimate"] = self.session.summary["resources"]["expected"]
        return told

    def _result(self, status: str, code: int) -> dict[str, Any]:
        session = self.session
        found = {"status": status, "exit_code": code, "summary": session.summary}
        found["gates"] = gates_of(self.monitor.gates)
        if session.folder.has_model:
            found["model"] = self._model()
        return {**self._facts(), **found}

    def _refuse(self, blocked: str) -> None:
        if blocked:
            self.refusals.append(blocked)
            message = f"the model will not be promoted: {blocked}"
            self.session.journal(Noted("warning", message))

    def _stop(self, blocked: str) -> None:
        """Stop the run as Ctrl-C does; at its end there is nothing to stop."""
        if self._ending:
            self._refuse(blocked)
            return
        if "stopped" in self.session.summary:  # a second Ctrl-C would not wait for the end
            return
        self.session.summary["stopped"] = blocked
        self.session.journal(Noted("warning", f"the run stops: {blocked}"))
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)

    def _watch(self) -> None:
        while not self._over.wait(_LOOK):
            if said := self.monitor.stall():
                self.session.journal(Noted("warning", said))

    def _estimate(self, found: Handover) -> None:
        """Say what the run will take, and what there is too little of for it."""
        session, context, prepared = self.session, found.context, self.session.prepared
        assert context is not None
        assert prepared is not None
        folds = len(context.judge.splits.folds)
        estimated = session.journal.once(
            "resources", lambda: estimate_of(session.settings, prepared, folds).plain()
        )
        session.summary["resources"] = estimated
        expected, root = estimated["expected"], session.folder.root
        needed = session.settings.jobs * expected["memory_mib"], expected["disk_mib"]
        for said in session.journal.once("lacks", lambda: environment.lacks(root, *needed)):
            session.journal(Noted("warning", said))

    def _compare(self, status: str) -> None:
        """Hold what the run took against what was expected of it."""
        session = self.session
        estimated = session.summary.get("resources")
        if estimated is None:
            return
        whole = status == DONE and session.budget.counts_evaluations
        took = Resources(
            self.monitor.fit_seconds,
            self.monitor.peak_mib,
            folder_mib(session.folder.root),
            session.budget.clock() if whole else None,
        )
        recorded = session.summary["resources"] = resources.record(estimated, took)
        if status == DONE and (said := resources.told(recorded)):
            session.journal(Noted("info", said))

    def _model(self) -> dict[str, Any]:
        """What the registry of versions keeps of the model."""
        refusals = [*self.monitor.failed_gates, *self.refusals]
        if not self.monitor.gates:
            refusals.insert(0, _NO_GATES)
        return {**digests(self.session.folder.model), "refusals": refusals}


def permitted(hooks: Sequence[Hook], settings: Settings, session: str, project: str) -> list[Event]:
    """Call the hooks before a run, while nothing of it is made yet.

    Parameters
    ----------
    hooks : sequence of Hook
        Of the run.
    settings : Settings
        Its options.
    session : str
        The id that it will have.
    project : str
        The folder that it is started in.

    Returns
    -------
    list of Event
        What came of them, for the log.

    Raises
    ------
    UsageError
        If one of them blocks.
    """
    heard: list[Event] = []
    caller = Caller(hooks, heard.append)
    blocked = caller.call(PRE, lambda: about(settings.plain(), session, project))
    if blocked:
        raise refusal(blocked)
    return heard


def refusal(blocked: str) -> UsageError:
    """The error of a run that a hook refuses.

    Parameters
    ----------
    blocked : str
        Which hook, and why.
    """
    return UsageError(
        f"the run is refused by {blocked}", "do what it asks for, or run with --no-hooks"
    )


def estimate_of(settings: Settings, prepared: Prepared, folds: int) -> resources.Estimate:
    """What a run will take, from its data and from earlier runs in its memory.

    Parameters
    ----------
    settings : Settings
        Its options.
    prepared : Prepared
        Its data.
    folds : int
        Of an evaluation.
    """
    from mle_star.recipes.recipe import Facts

    return resources.estimate(
        Facts(**prepared.facts),
        float(prepared.table.memory_usage(deep=True).sum()) / 2**20,
        folds,
        settings.jobs,
        settings.seconds,
        settings.evaluations,
        lambda: [record.content for record in newest(settings.memory, resources.KIND, _PAST)],
    )
