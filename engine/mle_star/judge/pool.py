"""A pool of warm worker processes, with limits that end a candidate's whole process tree."""

from __future__ import annotations

import math
import pickle
import threading
import time
from collections.abc import Callable, Iterable
from contextvars import Context, copy_context
from dataclasses import dataclass
from multiprocessing.connection import wait
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

from mle_star.errors import SandboxError, StateError
from mle_star.judge.cage.cage import Cage
from mle_star.judge.cage.worker import CagedWorker
from mle_star.judge.handles import BUDGET_ENDED, Job, WorkerHandle, ZygoteHandle
from mle_star.judge.wire import Reply
from mle_star.types import Columns

if TYPE_CHECKING:
    import pandas as pd

_POLL = 0.1
_PATIENCE = 2.0
_LOOK_AHEAD = 32
_NO_CAGE = (
    "code that an agent wrote runs in a sandbox only, and this pool has none",
    "find one with find_cage() and give it to the pool with guard()",
)

Done = Callable[[Job, Reply], Iterable[Job]]
"""Called as each job ends, in the order of ending; gives back further jobs."""


@dataclass(slots=True)
class _Client:
    """One call of :meth:`Pool.run`: what it waits for."""

    queue: list[Job]
    done: Done
    deadline: float
    context: Context
    running: int = 0
    error: BaseException | None = None

    @property
    def over(self) -> bool:
        return self.error is not None or not (self.queue or self.running)

    def take(self, job: Job, reply: Reply) -> None:
        """Hand over a result, as if in the client's own thread."""
        try:
            self.queue += self.context.run(lambda: list(self.done(job, reply)))
        except Exception as error:  # raised again where the client waits
            self.error = error


class Pool:
    """Warm workers that hold the session's table.

    Parameters
    ----------
    jobs : int
        Number of worker processes.
    folder : Path
        The session's work folder.
    memory_mib : float or None, default None
        What one candidate may take; None: an even share of 80 % of the free memory.
    cage : Cage or None, default None
        Where solutions are fitted that an agent wrote; None: they are refused.
    """

    def __init__(
        self,
        jobs: int,
        folder: Path,
        memory_mib: float | None = None,
        cage: Cage | None = None,
    ) -> None:
        self.jobs = jobs
        self.folder = folder
        available = psutil.virtual_memory().available / 2**20
        self.memory_mib = memory_mib or 0.8 * available / jobs
        self._workers: list[WorkerHandle] = []
        self._zygote: ZygoteHandle | None = None
        self._cage = cage
        self._caged: ZygoteHandle | None = None
        self._table: Path | None = None
        self._width = 0
        self._lead = threading.Lock()
        self._clients: list[_Client] = []
        self._owners: dict[int, _Client] = {}
        self._closed = False

    def warm(self) -> None:
        """Begin importing the libraries in the background; returns at once."""
        if self._closed:
            raise KeyboardInterrupt
        self.folder.mkdir(parents=True, exist_ok=True)
        if self._zygote is None:
            self._zygote = ZygoteHandle(self.folder)
        if self._caged is None and self._cage is not None:
            self._caged = ZygoteHandle(self.folder, self._cage)

    def guard(self, cage: Cage) -> None:
        """Say where solutions are fitted that an agent wrote, and make ready for them.

        Parameters
        ----------
        cage : Cage
            What :func:`~mle_star.judge.cage.cage.find_cage` found.
        """
        with self._lead:
            self._cage = cage
            if self._caged is not None:
                self._caged.close()
                self._caged = None
            if self._zygote is not None:
                self.warm()
                self._load(self._caged)

    def load(self, table: pd.DataFrame, columns: Columns) -> None:
        """Hand over the table (features only), in place of any other."""
        self._end_workers()
        self.warm()
        self._table = self.folder / "table.pickle"
        with self._table.open("wb") as file:
            pickle.dump((table, dict(columns), self.memory_mib), file, protocol=5)
        self._width = sum(columns["widths"])
        self._load(self._zygote)
        self._load(self._caged)

    def run(self, jobs: Iterable[Job], done: Done, deadline: float = math.inf) -> None:
        """Do jobs, and those that their ends give rise to, until none is left.

        Several threads may do so at once: whichever comes first drives the workers for all of
        them, and they take turns in being served.

        Parameters
        ----------
        jobs : iterable of Job
            In order of importance.
        done : callable
            See :data:`Done`. Not called for cancelled jobs.
        deadline : float, default inf
            Reading of :func:`time.monotonic` at which whatever still runs is ended.

        Raises
        ------
        KeyboardInterrupt
            The pool was closed meanwhile: what is unfinished is neither done nor failed.
        SandboxError
            A solution was written by an agent, and there is no cage; nothing was run.
        """
        client = _Client(list(jobs), done, deadline, copy_context())
        if self._cage is None and any(job.foreign for job in client.queue):
            raise SandboxError(*_NO_CAGE)
        self._clients.append(client)
        try:
            while not client.over:
                with self._lead:
                    if not client.over:
                        self._step()
        except BaseException as error:
            if self._closed:  # in mid-step: whatever went wrong is that its workers are gone
                raise KeyboardInterrupt from error
            with self._lead:
                self._interrupt(error)
            raise
        finally:
            self._clients.remove(client)
        if client.error is not None:
            with self._lead:
                self._abandon(client)
            raise client.error

    def rest(self) -> None:
        """End the workers that have nothing to do: their memory is wanted elsewhere."""
        with self._lead:
            for worker in [w for w in self._workers if w.job is None]:
                self._discard(worker)

    def close(self) -> None:
        """End all workers and everything they started; threads that still wait are told so."""
        self._closed = True
        alone = self._lead.acquire(timeout=_PATIENCE)  # another thread may be in mid-step
        try:
            self._interrupt(KeyboardInterrupt())
            for zygote in filter(None, (self._zygote, self._caged)):
                zygote.close()
            self._zygote = self._caged = None
        finally:
            if alone:
                self._lead.release()

    def _abandon(self, client: _Client) -> None:
        for worker in [w for w in self._workers if w.job]:
            if self._owners.get(id(worker.job)) is client:
                del self._owners[id(worker.job)]
                self._discard(worker)

    def _interrupt(self, error: BaseException) -> None:
        """End all workers: nobody waits for their replies any more, all are told why."""
        self._end_workers()
        for client in self._clients:
            client.queue.clear()
            client.running = 0
            client.error = error
        self._owners.clear()

    def _step(self) -> None:
        now = time.monotonic()
        for client in list(self._clients):
            client.queue[:] = [job for job in client.queue if not job.cancelled]
            if now >= client.deadline:
                self._give_up(client)
        self._dispatch()
        ended = [*self._replies(), *self._overdue()]
        if not any(reply.failure for _, reply in ended):
            self._dispatch()  # before results are looked at: workers need not wait for that
        for job, reply in ended:
            client = self._owners.pop(id(job))
            client.running -= 1
            client.take(job, reply)

    def _give_up(self, client: _Client) -> None:
        waiting, client.queue[:] = list(client.queue), []
        for job in waiting:
            client.take(job, Reply(job.order.number, failure=BUDGET_ENDED))

    def _dispatch(self) -> None:
        now = time.monotonic()
        open_ones = [c for c in self._clients if c.error is None and now < c.deadline]
        while sum(worker.job is not None for worker in self._workers) < self.jobs:
            open_ones = [client for client in open_ones if client.queue]
            if not open_ones:
                return
            client = min(open_ones, key=lambda one: one.running)
            worker, job = self._match(client.queue)
            if not worker.begin(job):
                client.queue.insert(0, job)
                self._discard(worker)
                return
            self._owners[id(job)] = client
            client.running += 1

    def _match(self, queue: list[Job]) -> tuple[WorkerHandle, Job]:
        """A worker, and the job of a queue that it is to do."""
        if queue[0].foreign:
            worker = self._start_caged(queue[0])
            self._workers.append(worker)
            return worker, queue.pop(0)
        idle = next((w for w in self._workers if w.job is None), None)
        if idle is None:
            idle = self._start()
            self._workers.append(idle)
        return idle, queue.pop(self._choose(queue, idle))

    def _choose(self, queue: list[Job], worker: WorkerHandle) -> int:
        """The first job whose fitted prefix the worker holds, else one that no other holds."""
        near = queue[:_LOOK_AHEAD]
        elsewhere = {key for w in self._workers if w is not worker for key in w.keys}
        warm = [(i, job) for i, job in enumerate(near) if not job.foreign]
        own = [i for i, job in warm if job.key in worker.keys]
        free = [i for i, job in warm if job.key not in elsewhere]
        return (own or free or [0])[0]

    def _replies(self) -> list[tuple[Job, Reply]]:
        busy = {worker.connection: worker for worker in self._workers if worker.job}
        ended = []
        for ready in wait(list(busy), timeout=_POLL) if busy else []:
            worker = busy[ready]  # type: ignore[index]
            finished = worker.finish()
            if finished is None:
                continue
            ended.append(finished)
            if finished[1].retire:
                self._discard(worker)
        return ended

    def _overdue(self) -> list[tuple[Job, Reply]]:
        ended = []
        for worker in [w for w in self._workers if w.job]:
            deadline = self._owners[id(worker.job)].deadline
            reason = worker.overdue(self.memory_mib, deadline)
            if reason and worker.job:
                job = worker.job
                reply = Reply(
                    job.order.number,
                    failure=reason,
                    fit_seconds=time.monotonic() - worker.started,
                    peak_mib=worker.peak_mib,
                )
                ended.append((job, reply))
                self._discard(worker)
        return ended

    def _start(self) -> WorkerHandle:
        try:
            return self._server().start_worker()
        except StateError:  # ended by the system, for memory perhaps: once more
            return self._revived().start_worker()

    def _start_caged(self, job: Job) -> WorkerHandle:
        try:
            return CagedWorker(self._server(caged=True), job, self._width)
        except StateError:
            return CagedWorker(self._revived(caged=True), job, self._width)

    def _revived(self, *, caged: bool = False) -> ZygoteHandle:
        """The server of workers, a new one if it has ended."""
        zygote = self._server(caged=caged)
        if zygote.has_ended and not self._closed:
            zygote = ZygoteHandle(self.folder, self._cage if caged else None)
            self._zygote, self._caged = (self._zygote, zygote) if caged else (zygote, self._caged)
            self._load(zygote)
        return zygote

    def _server(self, *, caged: bool = False) -> ZygoteHandle:
        if self._table is None:
            raise StateError("the pool has no table yet", "call load() first")
        if caged and self._cage is None:
            raise SandboxError(*_NO_CAGE)
        found = self._caged if caged else self._zygote
        if found is None:
            raise KeyboardInterrupt
        return found

    def _load(self, zygote: ZygoteHandle | None) -> None:
        if zygote is not None and self._table is not None:
            zygote.load(self._table)

    def _discard(self, worker: WorkerHandle) -> None:
        self._workers.remove(worker)
        self._end(worker)

    def _end(self, worker: WorkerHandle) -> None:
        worker.end()
        server = self._caged if worker.caged else self._zygote
        if server is not None:
            server.end_strays({other.pid for other in self._workers})

    def _end_workers(self) -> None:
        while self._workers:
            self._end(self._workers.pop())
