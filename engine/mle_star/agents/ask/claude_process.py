"""One run of the client: its output line by line, within limits, and nothing left afterwards."""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import psutil

from mle_star.agents.ask.lifeline import Lifeline
from mle_star.judge.processes import descendants

GRACE = 1.0
"""Seconds between asking the client to end and killing it."""

_TICK = 0.25
_CHUNK = 1 << 16
_COMPLAINT = 4000  # bytes of standard error that are kept: the last ones


@dataclass(frozen=True, slots=True)
class Bounds:
    """What one run of the client may take.

    Parameters
    ----------
    seconds, idle_seconds : float
        Wall time, and wall time without output.
    until : float
        When `seconds` are over, by the monotonic clock; earlier runs may have taken some.
    line_bytes, all_bytes : int
        Of one line of output, and of all of it.
    """

    seconds: float
    idle_seconds: float
    until: float
    line_bytes: int
    all_bytes: int


class StoppedError(Exception):
    """A bound was reached; the message is the reason."""


class Client:
    """A running client with all that it starts; as a context manager it leaves nothing behind.

    Parameters
    ----------
    arguments : sequence of str
        Program and arguments.
    environment : mapping of str to str
        Of the client.
    folder : Path
        Private folder; holds the standard input, ``prompt.md``, and the working folder, ``work``.
    lifeline : Lifeline
        Ends the client, should this process be killed.

    Raises
    ------
    OSError
        If the program cannot be started.
    """

    def __init__(
        self,
        arguments: Sequence[str],
        environment: Mapping[str, str],
        folder: Path,
        lifeline: Lifeline,
    ) -> None:
        with (folder / "prompt.md").open("rb") as prompt:  # a pipe could fill up and block
            self._process = subprocess.Popen(  # noqa: S603 - the user's own client
                arguments,
                stdin=prompt,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                bufsize=0,
                cwd=folder / "work",
                env=environment,
                start_new_session=True,
            )
        self._lifeline = lifeline
        self._lock = threading.Lock()
        self._ended = False
        self._complaint = b""
        lifeline.hold(self._process.pid, folder)

    @property
    def complaint(self) -> str:
        """What the client said last on standard error."""
        return self._complaint.decode(errors="replace").strip()

    @property
    def status(self) -> int | None:
        """Exit status, once it has ended."""
        return self._process.returncode

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.end()
        for pipe in (self._process.stdout, self._process.stderr):
            if pipe is not None:
                pipe.close()

    def lines(self, bounds: Bounds) -> Iterator[bytes]:
        """Yield every line of its standard output, as it comes.

        Parameters
        ----------
        bounds : Bounds
            What it may take.

        Raises
        ------
        StoppedError
            At a bound; the client still runs then.
        """
        line, total = bytearray(), 0
        for chunk in self._chunks(bounds):
            total += len(chunk)
            if total > bounds.all_bytes:
                raise StoppedError(f"more output than {bounds.all_bytes} bytes")
            *whole, rest = chunk.split(b"\n")
            for end in whole:
                yield bytes(line + end)
                line.clear()
            line += rest
            if len(line) > bounds.line_bytes:
                raise StoppedError(f"one line of output longer than {bounds.line_bytes} bytes")
        if line:
            yield bytes(line)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(GRACE)

    def end(self) -> None:
        """End it and everything it started, from any thread."""
        with self._lock:
            if self._ended:
                return
            self._ended = True
            strays: list[psutil.Process] = []  # what it started may have left the group
            try:
                if self._process.poll() is None:
                    strays += descendants(self._process.pid)
                    self._signal_group(signal.SIGTERM)
                    with contextlib.suppress(subprocess.TimeoutExpired):
                        self._process.wait(GRACE)
            finally:  # a second Ctrl-C does not spare it
                self._kill(strays)

    def _kill(self, strays: list[psutil.Process]) -> None:
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGSTOP)  # it cannot start more meanwhile
            strays += descendants(self._process.pid)
        self._signal_group(signal.SIGKILL)
        for stray in strays:
            with contextlib.suppress(psutil.Error):
                stray.kill()
        self._process.wait()
        self._lifeline.release(self._process.pid)

    def _signal_group(self, number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, number)

    def _chunks(self, bounds: Bounds) -> Iterator[bytes]:
        now = time.monotonic()
        quiet, closed = now + bounds.idle_seconds, False
        with selectors.DefaultSelector() as selector:
            for pipe in (self._process.stdout, self._process.stderr):
                if pipe is not None:
                    selector.register(pipe, selectors.EVENT_READ)
            while selector.get_map():
                ready = selector.select(min(_TICK, max(0.0, min(bounds.until, quiet) - now)))
                now = time.monotonic()
                if now >= bounds.until:
                    raise StoppedError(f"no answer within {bounds.seconds:g} s")
                if ready:
                    quiet = now + (GRACE if closed else bounds.idle_seconds)
                elif closed or self._process.poll() is not None:
                    return  # only something that it started still holds the pipes
                elif now >= quiet:
                    raise StoppedError(f"no sign of life for {bounds.idle_seconds:g} s")
                for key, _ in ready:
                    chunk = os.read(key.fd, _CHUNK)
                    if not chunk:
                        selector.unregister(key.fileobj)
                    if key.fileobj is self._process.stderr:
                        self._complaint = (self._complaint + chunk)[-_COMPLAINT:]
                    elif chunk:
                        yield chunk
                    else:
                        closed = True
