"""A session on the bench: claimed as its run would claim it, with what it judged before.

:func:`claimed` takes the folder and reads the log, which is quick; :meth:`Bench.open` reads the
data and stands the judge up again, with the same folds, metric, seed and limits as in the run.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mle_star.bench.handbook import Handbook
from mle_star.bench.standing import Standing
from mle_star.budget import Budget
from mle_star.errors import StateError
from mle_star.eventlog import BY_HAND, TASK, EventLog, History, read_log
from mle_star.events import Emit, Handwork
from mle_star.session.clock import SessionClock
from mle_star.session.folder import Folder
from mle_star.session.identity import Identity, digest_of, identity_of
from mle_star.session.lock import NAME as LOCK
from mle_star.session.lock import Lock
from mle_star.session.lookup import EVENTS
from mle_star.session.notes import NOTED, Notes
from mle_star.session.settings import Settings
from mle_star_memory.location import memory_path
from mle_star_memory.opening import open_store

if TYPE_CHECKING:
    from mle_star.judge.evaluation import Evaluation
    from mle_star.phases.context import Context
    from mle_star.session.session import Session

_UNLIMITED = 1_000_000
"""Evaluations: by hand nothing is left out for want of budget."""

_FOLDS = "folds"
"""Folder of what was judged, in the work folder; kept, so that the next look is quick."""


@dataclass
class Bench:
    """A claimed session.

    Parameters
    ----------
    folder : Folder
        Claimed by this process.
    history : History
        Its log before anything was done.
    identity : Identity
        Who it is.
    settings : Settings
        The options that it was begun with.
    handbook : Handbook
        Takes what is done.
    allow_unsandboxed : bool
        Whether code may be run where no sandbox holds.

    Attributes
    ----------
    standing : Standing
        The session before anything was done.
    """

    folder: Folder
    history: History
    identity: Identity
    settings: Settings
    handbook: Handbook
    allow_unsandboxed: bool
    standing: Standing = field(init=False)
    _stack: contextlib.ExitStack = field(default_factory=contextlib.ExitStack)

    def __post_init__(self) -> None:
        self.standing = Standing(self.history)

    @property
    def number(self) -> int:
        """Number of what is done now, from 1 in each session."""
        return len(self.standing.by_hand) + 1

    def done(self, action: str, outcome: str, facts: dict[str, Any]) -> None:
        """Log that something was done, and what came of it."""
        self.handbook(Handwork(self.number, action, outcome, facts))

    @cached_property
    def session(self) -> Session:
        """The session with its data read and its judge standing; its workers are ended at the end.

        Raises
        ------
        StateError
            If the data file is not what it was.
        MleStarError
            If the data cannot be used, or no sandbox holds for code that was written by hand.
        """
        from mle_star.judge.pool import Pool
        from mle_star.session.plan import reread
        from mle_star.session.runner import budget_of
        from mle_star.session.session import Session

        self._see_data()
        self.folder.work.mkdir(exist_ok=True)
        pool = self._stack.enter_context(
            contextlib.closing(Pool(self.settings.jobs, self.folder.work))
        )
        pool.warm()
        return Session(
            replace(self.settings, agents="", interactive=False, test=None),
            reread(self.folder.workflow),
            self.folder,
            pool,
            budget_of(self.settings, SessionClock(time.monotonic, time.monotonic())),
            self.handbook,
            self.identity.created,
            self.history,
        )

    @cached_property
    def context(self) -> Context:
        """What phases are handed, with all that was judged in its ledger."""
        from mle_star.data.prepare import prepare
        from mle_star.judge.evaluation import Fidelity
        from mle_star.session.by_hand import guard
        from mle_star.session.handover import branched
        from mle_star.session.opening import open_session, request_of
        from mle_star.session.replay import evaluations_of

        session, best = self.session, self.standing.best
        session.prepared = prepare(request_of(session.settings))
        opened = open_session(session, session.prepared)
        context = branched(opened, Budget(session.budget.clock, evaluations=_UNLIMITED))
        guard(session, context, allow_unsandboxed=self.allow_unsandboxed)
        judge = context.judge
        context.fidelity = Fidelity(best.sample_rows, best.sample_folds)
        context.folder = self._own_folder()
        context.record(judge.adopt(evaluations_of(session.logged, judge, session.blocks)))
        return context

    def evaluation(self, digest: str) -> Evaluation:
        """The verdict on a solution, as the judge takes it.

        Raises
        ------
        StateError
            If the log tells of it no more.
        """
        found = self.context.scored(digest)
        if found is None:
            raise StateError(f"the verdict on {digest} cannot be read back", "choose another one")
        return found

    def _see_data(self) -> None:
        dataset = self.settings.dataset
        if digest_of(dataset) != self.identity.data:
            raise StateError(
                f"{dataset} is not what it was when the run began",
                "put the file back as it was, or start a new run",
            )

    def _own_folder(self) -> Path:
        folder = self.folder.work / "by_hand"
        self._stack.callback(shutil.rmtree, folder, ignore_errors=True)
        folder.mkdir(exist_ok=True)
        return folder

    def _leave(self) -> None:
        """End the workers, remember what was done, and leave what the next look can use."""
        self._stack.close()
        with contextlib.suppress(OSError):  # remembering is never worth what was done
            self._remember()
        if self.standing.is_done:
            for path in self.folder.work.glob("*"):
                if path.name != _FOLDS:
                    shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
            (self.folder.root / LOCK).unlink(missing_ok=True)

    def _remember(self) -> None:
        path = memory_path(self.settings.memory)
        noted = [event for event in self.handbook.logged if type(event) in NOTED]
        if path is None or not path.exists() or not noted:
            return
        notes = Notes(self.identity.session)
        for event in noted:
            notes.take(event, BY_HAND, time.time())
        with open_store(path) as store:
            notes.put(store)


@contextlib.contextmanager
def claimed(root: Path, tell: Emit, *, allow_unsandboxed: bool = False) -> Iterator[Bench]:
    """Claim a session that nobody runs.

    Parameters
    ----------
    root : Path
        Its folder.
    tell : callable
        Told every event.
    allow_unsandboxed : bool, default False
        Whether code may be run where no sandbox holds.

    Raises
    ------
    UsageError
        If the session is running.
    StateError
        If its log cannot be read or written, or it was begun by another version.
    """
    identity, settings = identity_of(read_log(root / EVENTS), root)
    with contextlib.suppress(OSError):  # where relative paths mean the same as in the run
        os.chdir(identity.cwd)
    folder = Folder(root, Lock(root))
    with contextlib.closing(folder.lock):
        history = read_log(folder.events)
        with contextlib.closing(EventLog(folder.events, time.time, history)) as log:
            handbook = Handbook(log, history, tell)
            bench = Bench(folder, history, identity, settings, handbook, allow_unsandboxed)
            token = TASK.set(BY_HAND)
            try:
                yield bench
            finally:
                TASK.reset(token)
                bench._leave()
