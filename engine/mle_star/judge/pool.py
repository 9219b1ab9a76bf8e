"""A pool of warm worker processes, with limits that end a candidate's whole process tree."""

from __future__ import annotations

import math
import pickle
import threading
import time
from collections.abc import Callable, Iterable
from multiprocessing.connection import wait
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

from mle_star.errors import StateError
from mle_star.judge.handles import BUDGET_ENDED, Job, WorkerHandle, ZygoteHandle
from mle_star.judge.wire import LOAD, Reply
from mle_star.types import Columns

if TYPE_CHECKING:
    import pandas as pd

_POLL = 0.1
_LOOK_AHEAD = 32

Done = Callable[[Job, Reply], Iterable[Job]]
"""Called as each job ends, in the order of ending; gives back further jobs."""


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
    """

    def __init__(self, jobs: int, folder: Path, memory_mib: float | None = None) -> None:
        self.jobs = jobs
        self.folder = folder
        available = psutil.virtual_memory().available / 2**20
        self.memory_mib = memory_mib or 0.8 * available / jobs
        self._workers: list[WorkerHandle] = []
        self._zygote: ZygoteHandle | None = None
        self._table: Path | None = None
        self._lock = threading.Lock()

    def warm(self) -> None:
        """Begin importing the libraries in the background; returns at once."""
        if self._zygote is None:
            self._zygote = ZygoteHandle()

    def load(self, table: pd.DataFrame, columns: Columns) -> None:
        """Hand over the table (features only), in place of any other."""
        self._end_workers()
        self.folder.mkdir(parents=True, exist_ok=True)
        self._table = self.folder / "table.pickle"
        with self._table.open("wb") as file:
            pickle.dump((table, dict(columns), self.memory_mib), file, protocol=5)
        self.warm()
        assert self._zygote is not None
        self._zygote.tell(LOAD, self._table)

    def run(self, jobs: Iterable[Job], done: Done, deadline: float = math.inf) -> None:
        """Do jobs, and those that their ends give rise to, until none is left.

        Parameters
        ----------
        jobs : iterable of Job
            In order of importance.
        done : callable
            See :data:`Done`. Not called for cancelled jobs.
        deadline : float, default inf
            Reading of :func:`time.monotonic` at which whatever still runs is ended.
        """
        with self._lock:
            queue = list(jobs)
            try:
                while self._step(queue, done, deadline):
                    pass
            except BaseException:
                self._end_workers()  # interrupted: nobody waits for their replies any more
                raise

    def close(self) -> None:
        """End all workers and everything they started."""
        self._end_workers()
        if self._zygote is not None:
            self._zygote.close()
            self._zygote = None

    def _step(self, queue: list[Job], done: Done, deadline: float) -> bool:
        queue[:] = [job for job in queue if not job.cancelled]
        if time.monotonic() < deadline:
            self._dispatch(queue)
        else:
            self._give_up(queue, done)
        ended = [*self._replies(), *self._overdue(deadline)]
        if time.monotonic() < deadline and not any(reply.failure for _, reply in ended):
            self._dispatch(queue)  # before results are looked at: workers need not wait for that
        for job, reply in ended:
            queue += done(job, reply)
        return bool(queue) or any(worker.job for worker in self._workers)

    def _give_up(self, queue: list[Job], done: Done) -> None:
        waiting, queue[:] = list(queue), []
        for job in waiting:
            queue += done(job, Reply(job.order.number, failure=BUDGET_ENDED))

    def _dispatch(self, queue: list[Job]) -> None:
        while queue and len(self._workers) < min(self.jobs, self._busy() + len(queue)):
            self._workers.append(self._start())
        for worker in [w for w in self._workers if w.job is None]:
            if queue:
                job = queue.pop(self._choose(queue, worker))
                if not worker.begin(job):
                    queue.insert(0, job)
                    self._discard(worker)

    def _busy(self) -> int:
        return sum(worker.job is not None for worker in self._workers)

    def _choose(self, queue: list[Job], worker: WorkerHandle) -> int:
        """The first job whose fitted prefix the worker holds, else one that no other holds."""
        near = queue[:_LOOK_AHEAD]
        elsewhere = {key for w in self._workers if w is not worker for key in w.keys}
        own = [i for i, job in enumerate(near) if job.key in worker.keys]
        free = [i for i, job in enumerate(near) if job.key not in elsewhere]
        return (own or free or [0])[0]

    def _replies(self) -> list[tuple[Job, Reply]]:
        busy = {worker.connection: worker for worker in self._workers if worker.job}
        ended = []
        for ready in wait(list(busy), timeout=_POLL) if busy else []:
            worker = busy[ready]  # type: ignore[index]
            job, reply = worker.finish()
            ended.append((job, reply))
            if reply.retire:
                self._discard(worker)
        return ended

    def _overdue(self, deadline: float) -> list[tuple[Job, Reply]]:
        ended = []
        for worker in [w for w in self._workers if w.job]:
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
        if self._table is None:
            raise StateError("the pool has no table yet", "call load() first")
        assert self._zygote is not None
        try:
            return self._zygote.start_worker()
        except StateError:  # ended by the system, for memory perhaps: once more
            self._zygote = ZygoteHandle()
            self._zygote.tell(LOAD, self._table)
            return self._zygote.start_worker()

    def _discard(self, worker: WorkerHandle) -> None:
        self._workers.remove(worker)
        worker.end()
        known = {other.pid for other in self._workers}
        if self._zygote is not None:
            self._zygote.end_strays(known)

    def _end_workers(self) -> None:
        for worker in list(self._workers):
            self._discard(worker)
