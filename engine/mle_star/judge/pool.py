"""A pool of warm worker processes, with limits that end a candidate's whole process tree."""

from __future__ import annotations

import contextlib
import math
import pickle
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

from mle_star.errors import StateError
from mle_star.judge import processes
from mle_star.judge.wire import ANSWER, FORK, LOAD, Order, Reply, affinity, decode
from mle_star.types import Columns

if TYPE_CHECKING:
    import pandas as pd

BUDGET_ENDED = "not judged: the budget ended"
"""The failure of whatever the deadline cut off."""
TIME_LIMIT = "time limit"
"""The failure of a job that took longer than its own limit."""
_POLL = 0.1
_TREE_POLL = 0.5
_LONGEST_REPLY = 2**31
_LOOK_AHEAD = 32


@dataclass(slots=True)
class Job:
    """An order waiting for a worker.

    Parameters
    ----------
    order : Order
        What to do.
    seconds : float
        Wall time it may take.
    cancelled : bool
        Set by the owner: not to be begun any more.
    """

    order: Order
    seconds: float = math.inf
    cancelled: bool = False
    key: str = field(init=False)

    def __post_init__(self) -> None:
        self.key = affinity(self.order)


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
        self._workers: list[_Worker] = []
        self._zygote: _Zygote | None = None
        self._table: Path | None = None
        self._lock = threading.Lock()

    def warm(self) -> None:
        """Begin importing the libraries in the background; returns at once."""
        if self._zygote is None:
            self._zygote = _Zygote()

    def load(self, table: pd.DataFrame, columns: Columns) -> None:
        """Hand over the table (features only); workers started from now on hold it."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self._table = self.folder / "table.pickle"
        with self._table.open("wb") as file:
            pickle.dump((table, dict(columns), self.memory_mib), file, protocol=5)
        self.warm()
        assert self._zygote is not None
        self._zygote.ask(LOAD, self._table)

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

    def _choose(self, queue: list[Job], worker: _Worker) -> int:
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

    def _start(self) -> _Worker:
        if self._table is None:
            raise StateError("the pool has no table yet", "call load() first")
        assert self._zygote is not None
        ours, theirs = socket.socketpair()
        with theirs:
            try:
                pid = self._zygote.ask(FORK, theirs)
            except StateError:  # ended by the system, for memory perhaps: once more
                self._zygote = _Zygote()
                self._zygote.ask(LOAD, self._table)
                pid = self._zygote.ask(FORK, theirs)
        return _Worker(pid, Connection(ours.detach()))

    def _discard(self, worker: _Worker) -> None:
        self._workers.remove(worker)
        worker.end()
        known = {other.pid for other in self._workers}
        if self._zygote is not None:
            self._zygote.end_strays(known)

    def _end_workers(self) -> None:
        for worker in list(self._workers):
            self._discard(worker)


class _Zygote:
    """The engine's end of :mod:`mle_star.judge.zygote`."""

    def __init__(self) -> None:
        ours, theirs = socket.socketpair()
        code = (
            f"import sys; sys.path[:] = {sys.path!r}; "
            f"from mle_star.judge.zygote import main; main({theirs.fileno()})"
        )
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 - kept for the whole life
        with theirs:
            self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and code
                [sys.executable, "-c", code],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=self._log,
                env=processes.worker_environment(),
                start_new_session=True,
            )
        self._socket = ours

    def ask(self, command: bytes, passed: Path | socket.socket) -> int:
        """Send a command with an open file or socket; waits for the answer."""
        with contextlib.ExitStack() as stack:
            file = stack.enter_context(passed.open("rb")) if isinstance(passed, Path) else passed
            try:
                socket.send_fds(self._socket, [command], [file.fileno()])
                answer = self._socket.recv(ANSWER.size, socket.MSG_WAITALL)
            except OSError:
                answer = b""
        if len(answer) != ANSWER.size:
            self.close()
            raise StateError(f"the worker server ended: {self._last_words()}", "run again")
        return int(ANSWER.unpack(answer)[0])

    def end_strays(self, known: set[int]) -> None:
        """End what dead workers left behind: it now hangs below the server itself."""
        for child in psutil.Process(self._process.pid).children():
            if child.pid not in known:
                processes.end_tree(child.pid)

    def close(self) -> None:
        """End the server; it takes its workers with it."""
        self._socket.close()
        try:
            self._process.wait(timeout=2)
        except subprocess.TimeoutExpired:
            processes.end_tree(self._process.pid)
            self._process.wait()

    def _last_words(self) -> str:
        if self._log.closed:
            return ""
        self._log.seek(0)
        return self._log.read(65536).decode(errors="replace").strip()[-500:]


class _Worker:
    """The engine's end of one worker process."""

    def __init__(self, pid: int, connection: Connection) -> None:
        self.pid = pid
        self.connection = connection
        self.job: Job | None = None
        self.keys: set[str] = set()
        self.started = 0.0
        self.peak_mib = 0.0
        self._process = psutil.Process(pid)
        self._children: list[psutil.Process] = []
        self._base = 0.0
        self._looked = 0.0

    def begin(self, job: Job) -> bool:
        """Send an order; whether the worker took it."""
        self.started = self._looked = time.monotonic()
        self.peak_mib, self._children = 0.0, []
        self._base = processes.tree_mib(self._process, [])
        try:
            self.connection.send_bytes(pickle.dumps(job.order, protocol=5))
        except OSError:
            return False
        self.job = job
        return True

    def finish(self) -> tuple[Job, Reply]:
        """Read the reply; a worker that died or talks nonsense is to be retired."""
        assert self.job is not None
        job, self.job = self.job, None
        number = job.order.number
        try:
            reply = decode(self.connection.recv_bytes(_LONGEST_REPLY))
            if reply.number != number:
                raise ValueError("a reply to another order")
        except (EOFError, OSError):
            return job, Reply(number, failure="the worker process ended", retire=True)
        except ValueError as error:
            return job, Reply(number, failure=str(error), retire=True)
        if not reply.failure:
            self.keys.add(job.key)
        return job, reply

    def overdue(self, memory_mib: float, deadline: float) -> str:
        """Why the candidate must be ended now, or nothing."""
        assert self.job is not None
        now = time.monotonic()
        if now >= deadline:
            return BUDGET_ENDED
        if now - self.started >= self.job.seconds:
            return TIME_LIMIT
        if not processes.is_alive(self._process):
            return "the worker process ended"
        if now - self._looked >= _TREE_POLL:
            self._children, self._looked = processes.descendants(self.pid), now
        used = processes.tree_mib(self._process, self._children) - self._base
        self.peak_mib = max(self.peak_mib, used)
        return f"memory limit of {memory_mib:.0f} MiB" if used > memory_mib else ""

    def end(self) -> None:
        """Kill the process and all below it."""
        processes.end_tree(self.pid)
        self.connection.close()
