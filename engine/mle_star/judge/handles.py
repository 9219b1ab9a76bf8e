"""The engine's ends of the processes that work for it."""

from __future__ import annotations

import contextlib
import math
import pickle
import socket
import struct
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from typing import BinaryIO

import psutil

from mle_star.errors import StateError
from mle_star.judge import processes
from mle_star.judge.cage.cage import Cage
from mle_star.judge.cage.view import environment
from mle_star.judge.evaluation import NOT_JUDGED
from mle_star.judge.wire import ANSWER, FORK, LOAD, Order, Reply, affinity, decode

BUDGET_ENDED = f"{NOT_JUDGED}: the budget ended"
"""The failure of whatever the deadline cut off."""
TIME_LIMIT = "time limit"
"""The failure of a job that took longer than its own limit."""
_TREE_POLL = 0.5
_LONGEST_REPLY = 2**29
CANCELLED = "cancelled"
"""The failure of a job whose result nobody wants any more."""
_ENDING = 2.0
"""Seconds that a killed worker may take to end."""

_STALLED = 10
_WORTH_ENDING = 0.5


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

    @property
    def foreign(self) -> bool:
        """Whether an agent wrote what is to be fitted: only a caged worker may take it."""
        return self.order.solution.is_foreign


class ZygoteHandle:
    """The engine's end of :mod:`mle_star.judge.zygote`.

    Parameters
    ----------
    folder : Path
        Where its last words are kept while it lives.
    cage : Cage or None, default None
        Where its workers are to be locked up; None: they are not.
    """

    def __init__(self, folder: Path, cage: Cage | None = None) -> None:
        ours, theirs = socket.socketpair()
        self._log = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 - kept for the whole life
        with theirs:
            self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and code
                _command(theirs.fileno(), cage),
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=self._log,
                env=environment() if cage else processes.worker_environment(),
                cwd="/" if cage else None,
                start_new_session=True,
            )
        self._socket = ours
        self._cage = cage
        self._unanswered = 0

    def load(self, table: Path) -> None:
        """Have it read the table, without waiting."""
        with table.open("rb") as file:
            self._tell(LOAD, [file.fileno()])

    def fork(self, connection: socket.socket, outlet: BinaryIO | None = None) -> int:
        """Start a worker that holds the table.

        Parameters
        ----------
        connection : socket
            Its end of what it is told through.
        outlet : file or None, default None
            What it may save to.

        Returns
        -------
        int
            Its process id, as the server sees it.
        """
        passed = [connection.fileno(), *([outlet.fileno()] if outlet else [])]
        self._tell(FORK, passed)
        answer = b""
        while self._unanswered:
            with contextlib.suppress(OSError):
                answer = self._socket.recv(ANSWER.size, socket.MSG_WAITALL)
            if len(answer) != ANSWER.size:
                words = self._last_words()
                self.close()
                raise StateError(f"the worker server ended: {words}", "run again")
            self._unanswered -= 1
        return int(ANSWER.unpack(answer)[0])

    @property
    def has_ended(self) -> bool:
        """Whether it was closed, or ended by itself."""
        return self._process.poll() is not None

    def start_worker(self) -> WorkerHandle:
        """Start a worker that holds the table."""
        ours, theirs = socket.socketpair()
        with ours, theirs:
            pid = self.fork(theirs)
            for option in (socket.SO_RCVTIMEO, socket.SO_SNDTIMEO):  # half a message stalls nobody
                ours.setsockopt(socket.SOL_SOCKET, option, struct.pack("ll", _STALLED, 0))
            return WorkerHandle(pid, Connection(ours.detach()))

    def end_strays(self, known: set[int]) -> None:
        """End what dead workers left behind: it now hangs below the server itself."""
        if self._cage is not None and self._cage.confinement.seccomp:
            return  # they could start nothing
        below = processes.children(self._process.pid)
        if self._cage is not None and self._cage.bubblewrap:  # which has two processes of its own
            below = [
                each
                for init in below
                for server in processes.children(init.pid)
                for each in processes.children(server.pid)
            ]
        for child in below:
            if child.pid not in known:
                processes.end_tree(child.pid)
                processes.wait_until_ended(child, _ENDING)

    def close(self) -> None:
        """End the server; it takes its workers with it."""
        self._socket.close()
        try:
            self._process.wait(timeout=2)
        except subprocess.TimeoutExpired:
            processes.end_tree(self._process.pid)
            self._process.wait()
        self._log.close()

    def _tell(self, command: bytes, passed: list[int]) -> None:
        with contextlib.suppress(OSError):  # a server that ended is noticed by who waits for it
            socket.send_fds(self._socket, [command], passed)
        self._unanswered += 1

    def _last_words(self) -> str:
        self._log.seek(0)
        return self._log.read(65536).decode(errors="replace").strip()[-500:]


def _command(descriptor: int, cage: Cage | None) -> list[str]:
    lifeline = f"from mle_star.judge.hangup import end_with; end_with({descriptor})"
    start = "from mle_star.judge.zygote import main; main"
    if cage is None:
        code = f"import sys; sys.path[:] = {sys.path!r}; {lifeline}; {start}({descriptor})"
        return [sys.executable, "-c", code]
    code = (  # isolated before libraries start threads
        f"{lifeline}; "
        "from mle_star.judge.cage.confinement import Confinement; "
        f"cage = Confinement(**{asdict(cage.confinement)!r}); cage.isolate(); "
        f"{start}({descriptor}, cage)"
    )
    # Not ended with the thread that starts it: threads come and go, and it sees the socket close.
    return cage.command(code, with_parent=False)


class WorkerHandle:
    """The engine's end of one worker process.

    Parameters
    ----------
    pid : int
        The process, as this one sees it.
    connection : Connection
        What it is told through.

    Raises
    ------
    StateError
        If the process has ended already.
    """

    caged = False
    """Whether it was made for one job and ends with it."""

    def __init__(self, pid: int, connection: Connection) -> None:
        self.pid = pid
        self.connection = connection
        self.job: Job | None = None
        self.keys: set[str] = set()
        self.started = 0.0
        self.peak_mib = 0.0
        try:
            self._process = psutil.Process(pid)
        except psutil.NoSuchProcess as error:
            raise StateError("a worker ended before it began", "run again") from error
        self._children: list[psutil.Process] = []
        self._base = 0.0
        self._looked = 0.0

    def begin(self, job: Job) -> bool:
        """Send an order; whether the worker took it."""
        self.started = self._looked = time.monotonic()
        self.peak_mib, self._children = 0.0, []
        self._base = processes.tree_mib(self._process, [])
        try:
            self.connection.send_bytes(pickle.dumps(self._sent(job.order), protocol=5))
        except OSError:
            return False
        self.job = job
        return True

    def finish(self) -> tuple[Job, Reply] | None:
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
        if self.job.cancelled and now - self.started >= _WORTH_ENDING:
            return CANCELLED
        if not processes.is_alive(self._process):
            # It may have replied just before it ended: then the reply is read first.
            return "" if self.connection.poll() else "the worker process ended"
        if now - self._looked >= _TREE_POLL:
            self._children, self._looked = processes.descendants(self.pid), now
        used = processes.tree_mib(self._process, self._children) - self._base
        self.peak_mib = max(self.peak_mib, used)
        return f"memory limit of {memory_mib:.0f} MiB" if used > memory_mib else ""

    def end(self) -> None:
        """Kill the process and all below it; what it left is adopted by the server after that."""
        processes.end_tree(self.pid)
        processes.wait_until_ended(self._process, _ENDING)
        self.connection.close()

    def _sent(self, order: Order) -> Order:
        return order
