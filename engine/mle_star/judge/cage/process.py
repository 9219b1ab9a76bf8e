"""The host's side of one caged process: started, watched, ended; nothing it says is believed."""

from __future__ import annotations

import contextlib
import os
import selectors
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from mle_star.files import folder_mib
from mle_star.judge import processes
from mle_star.judge.cage.tasks import join, task_group

MOST_THREADS = 128
"""A process with more is ended."""
_LONGEST_ANSWER = 64 * 2**20
_MOST_WORDS = 2**20
_KEPT_WORDS = 2**14
_LONGEST_LINE = 200
_POLL = 0.05
_LOOK = 0.25
_LIBRARIES_MIB = 128
"""Pages of libraries' files that count as resident memory but are nobody's own."""


class CageError(Exception):
    """What ran in the cage failed or had to be ended; the message is the reason."""


@dataclass(slots=True)
class CagedProcess:
    """One process, from its start to its end.

    Parameters
    ----------
    seconds, memory_mib : float
        Its limits.
    writes : Path or None
        The folder that it may write; what lies there is limited like memory.
    answer : bytearray
        What it wrote to its pipe.
    words : bytearray
        The end of what it wrote to standard error.
    """

    seconds: float
    memory_mib: float
    writes: Path | None
    answer: bytearray = field(default_factory=bytearray)
    words: bytearray = field(default_factory=bytearray)
    _said: int = 0

    def run(
        self, command: Callable[[int], list[str]], request: bytes, environment: dict[str, str]
    ) -> int:
        """Run a command to its end.

        Parameters
        ----------
        command : callable
            Gives the command for the number of the descriptor that it is to answer to.
        request : bytes
            Its standard input.
        environment : dict
            All of it.

        Returns
        -------
        int
            Exit status, negative for a signal.

        Raises
        ------
        CageError
            If a limit was reached.
        """
        answers, theirs = os.pipe()
        errors, said = os.pipe()
        with selectors.DefaultSelector() as pipes:
            pipes.register(answers, selectors.EVENT_READ, self._take_answer)
            pipes.register(errors, selectors.EVENT_READ, self._take_words)
            try:
                try:
                    process = _start(command(theirs), request, environment, theirs, said)
                finally:
                    os.close(theirs)
                    os.close(said)
                with task_group(MOST_THREADS) as group, _ended(process):
                    join(group, process.pid)
                    join(group, *(each.pid for each in processes.descendants(process.pid)))
                    return self._watch(process, pipes)
            finally:
                for key in list(pipes.get_map().values()):
                    os.close(key.fd)

    @property
    def last_line(self) -> str:
        """The last thing it said, after a colon; empty if it said nothing."""
        line = self.words.decode(errors="replace").strip().rpartition("\n")[2][-_LONGEST_LINE:]
        return f": {''.join(c if c.isprintable() else ' ' for c in line)}" if line else ""

    def _watch(self, process: subprocess.Popen[bytes], pipes: selectors.BaseSelector) -> int:
        started = looked = time.monotonic()
        while (status := process.poll()) is None:
            if pipes.get_map():
                self._read(pipes, _POLL)
            else:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(_POLL)
            now = time.monotonic()
            if now - started >= self.seconds:
                raise CageError(f"time limit of {self.seconds:.4g} s")
            if now - looked >= _LOOK:
                self._look(process.pid)
                looked = time.monotonic()
        while self._read(pipes, 0):  # what was written before it ended
            pass
        return status

    def _read(self, pipes: selectors.BaseSelector, timeout: float) -> bool:
        """Read what is there; whether there may be more."""
        ready = pipes.select(timeout)
        for key, _ in ready:
            content = os.read(key.fd, 2**16)
            if not key.data(content):
                pipes.unregister(key.fd)
                os.close(key.fd)
        return bool(ready)

    def _take_answer(self, content: bytes) -> bool:
        self.answer += content
        if len(self.answer) > _LONGEST_ANSWER:
            raise CageError(f"an answer of more than {_LONGEST_ANSWER // 2**20} MiB")
        return bool(content)

    def _take_words(self, content: bytes) -> bool:
        self._said += len(content)
        self.words += content
        del self.words[:-_KEPT_WORDS]
        return bool(content) and self._said <= _MOST_WORDS  # then nobody listens any more

    def _look(self, pid: int) -> None:
        for each in processes.tree(pid):
            try:
                used, threads = each.memory_info().rss / 2**20, each.num_threads()
            except psutil.Error:
                continue
            if used > 1.1 * self.memory_mib + _LIBRARIES_MIB:
                raise CageError(f"memory limit of {self.memory_mib:.0f} MiB")
            if threads > MOST_THREADS:
                raise CageError(f"more than {MOST_THREADS} threads")
        if self.writes and folder_mib(self.writes) > self.memory_mib:
            raise CageError(f"wrote more than {self.memory_mib:.0f} MiB")


def _start(
    command: list[str], request: bytes, environment: dict[str, str], answers: int, errors: int
) -> subprocess.Popen[bytes]:
    with tempfile.TemporaryFile() as file:
        file.write(request)
        file.seek(0)
        return subprocess.Popen(  # noqa: S603 - our own launcher
            command,
            pass_fds=[answers],
            stdin=file,
            stdout=subprocess.DEVNULL,
            stderr=errors,
            env=environment,
            cwd="/",
            start_new_session=True,
        )


@contextlib.contextmanager
def _ended(process: subprocess.Popen[bytes]) -> Iterator[None]:
    try:
        yield
    finally:
        if process.poll() is None:
            processes.end_tree(process.pid)
            process.wait()
