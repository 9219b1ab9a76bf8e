"""The engine's end of a worker that answers one order in the cage, and is believed in nothing."""

from __future__ import annotations

import contextlib
import os
import socket
import struct
import time
from dataclasses import replace
from multiprocessing.connection import Connection
from pathlib import Path
from typing import BinaryIO

import psutil

from mle_star.errors import StateError
from mle_star.judge import processes
from mle_star.judge.cage.process import MOST_THREADS
from mle_star.judge.cage.tasks import join, task_group
from mle_star.judge.evaluation import DROPPED, NOT_JUDGED
from mle_star.judge.handles import CANCELLED, TIME_LIMIT, Job, WorkerHandle, ZygoteHandle
from mle_star.judge.wire import Order, Reply, decode

_HEADER = struct.Struct("!i")
_CREDENTIALS = struct.Struct("3i")
_HEADERS_BYTES = 2**16
_LONGEST_REASON = 400
_OURS = (NOT_JUDGED, DROPPED, TIME_LIMIT, CANCELLED)
"""How the failures begin that only the engine may find."""
_STALLED = 10.0
_READ = 2**20


class CagedWorker(WorkerHandle):
    """A worker that was forked for one job, and ends with it.

    Parameters
    ----------
    zygote : ZygoteHandle
        The caged server, which ran no foreign code itself.
    job : Job
        What it is for.
    width : int
        Columns of the predictions.

    Raises
    ------
    StateError
        If the server ended, or the file to save to cannot be made.
    """

    caged = True

    def __init__(self, zygote: ZygoteHandle, job: Job, width: int) -> None:
        self._target = job.order.save
        self._partial: Path | None = None
        self._received = bytearray()
        self._most = _HEADERS_BYTES + 8 * width * len(job.order.predict)
        with contextlib.ExitStack() as stack:
            outlet = stack.enter_context(self._outlet()) if self._target else None
            ours, theirs = socket.socketpair()
            stack.enter_context(theirs)
            try:
                super().__init__(*_started(zygote, ours, theirs, outlet))
            except BaseException:
                ours.close()
                self._forget()
                raise
        self._counted = contextlib.ExitStack()
        join(self._counted.enter_context(task_group(MOST_THREADS)), self.pid)

    def begin(self, job: Job) -> bool:
        """Send the order; whether the worker took it."""
        begun = super().begin(job)
        os.set_blocking(self.connection.fileno(), False)  # from here on it may say half of a thing
        return begun

    def finish(self) -> tuple[Job, Reply] | None:
        """Read what there is of the reply; None while more is to come."""
        assert self.job is not None
        try:
            content = os.read(self.connection.fileno(), _READ)
        except BlockingIOError:
            return None
        except OSError:
            content = b""
        self._received += content
        try:
            reply = self._reply(ended=not content)
        except ValueError as error:
            reply = Reply(self.job.order.number, failure=str(error))
        if reply is None:
            return None
        reply = self._measured(reply)
        job, self.job = self.job, None
        self._kill()  # before its file is looked at
        if self._partial is not None and not reply.failure:
            reply = self._placed(reply)
        return job, reply

    def overdue(self, memory_mib: float, deadline: float) -> str:
        """Why the candidate must be ended now, or nothing."""
        reason = super().overdue(memory_mib, deadline)
        with contextlib.suppress(psutil.Error):
            if not reason and self._process.num_threads() > MOST_THREADS:
                return f"more than {MOST_THREADS} threads"
        return reason

    def end(self) -> None:
        """Kill the process; what it saved and nobody took goes too."""
        self._kill()
        self._forget()

    def _sent(self, order: Order) -> Order:
        return replace(order, save=None)  # it has the file open already

    def _kill(self) -> None:
        if not self.connection.closed:
            super().end()
            self._counted.close()

    def _outlet(self) -> BinaryIO:
        assert self._target is not None
        self._partial = self._target.with_name(f".{self._target.name}.partial")
        try:
            self._partial.unlink(missing_ok=True)
            return self._partial.open("xb")
        except OSError as error:
            raise StateError(f"cannot write {self._partial}: {error}", "free the folder") from error

    def _reply(self, *, ended: bool) -> Reply | None:
        assert self.job is not None
        if len(self._received) >= _HEADER.size:
            size = _HEADER.unpack_from(self._received)[0]
            if not 0 <= size <= self._most:
                raise ValueError("not a worker's reply: its size")
            if len(self._received) >= _HEADER.size + size:
                reply = decode(bytes(self._received[_HEADER.size : _HEADER.size + size]))
                return replace(reply, number=self.job.order.number)
        if ended:
            raise ValueError("the worker process ended")
        return None

    def _measured(self, reply: Reply) -> Reply:
        """With what the engine measured in place of what the worker says it took."""
        seconds = time.monotonic() - self.started
        claimed = reply.predict_seconds
        predict_seconds = claimed if 0 <= claimed <= seconds else 0.0
        reason = "".join(c if c.isprintable() else " " for c in reply.failure[:_LONGEST_REASON])
        if reason.startswith(_OURS):
            reason = f"the candidate said: {reason}"
        return replace(
            reply,
            failure=reason,
            fit_seconds=seconds - predict_seconds,
            predict_seconds=predict_seconds,
            peak_mib=max(self.peak_mib, processes.peak_mib(self.pid) - self._base, 0.0),
            retire=True,
        )

    def _placed(self, reply: Reply) -> Reply:
        assert self._partial is not None
        assert self._target is not None
        if not self._partial.stat().st_size:
            return replace(reply, failure="nothing was saved", predictions=None)
        self._partial.replace(self._target)
        return reply

    def _forget(self) -> None:
        if self._partial is not None:
            self._partial.unlink(missing_ok=True)


def _started(
    zygote: ZygoteHandle, ours: socket.socket, theirs: socket.socket, outlet: BinaryIO | None
) -> tuple[int, Connection]:
    """Process id, as this process sees it, and connection."""
    translated = hasattr(socket, "SO_PASSCRED")
    if translated:
        ours.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
    pid = zygote.fork(theirs, outlet)
    ours.settimeout(_STALLED)
    try:
        word, notes, _, _ = ours.recvmsg(1, socket.CMSG_SPACE(_CREDENTIALS.size))
    except OSError:
        word, notes = b"", []
    if not word:
        raise StateError("a caged worker did not begin", "run mle-star doctor")
    if translated:  # it may live in a namespace where processes have other numbers
        ours.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 0)
        pid = _CREDENTIALS.unpack(notes[0][2])[0]
    ours.setblocking(True)
    ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, struct.pack("ll", int(_STALLED), 0))
    return pid, Connection(ours.detach())
