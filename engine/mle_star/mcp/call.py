"""Calling a command of the engine in a process of its own, as it is typed.

So no tool waits for another, nothing but the protocol reaches this process's standard output, and
what a command started ends with it. A call ends when it is cancelled, when its limit is reached,
or, by its lifeline, when this process dies.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson
from mcp.server.mcpserver.exceptions import ToolError

Tell = Callable[[float, float | None, str], Awaitable[None]]
"""Takes progress: seconds so far, seconds at most, and what is done now."""

LIFELINE = "MLE_STAR_LIFELINE"
_BEAT = 2.0
"""Seconds between two reports of progress at most."""
_PATIENCE = 8.0
_LINE = 2**26
"""Bytes of the longest line that a command may print."""
_OURS = "mle-star: "


@dataclass
class Said:
    """What a command said.

    Parameters
    ----------
    code : int
        Its exit status.
    out : bytes
        Standard output.
    talk : list of str
        Lines of standard error.
    """

    code: int = 0
    out: bytes = b""
    talk: list[str] = field(default_factory=list)

    @property
    def problem(self) -> str:
        """What went wrong and what to do, as the command says it."""
        starts = [n for n, line in enumerate(self.talk) if line.startswith((_OURS, "Error: "))]
        lines = self.talk[starts[-1] :] if starts else self.talk[-10:]
        text = "\n".join(lines).removeprefix(_OURS).removeprefix("Error: ").strip()
        return text or f"it ended with status {self.code} and said nothing"


async def call(
    *words: str,
    stdin: str = "",
    tell: Tell | None = None,
    limit: float | None = None,
    good: Collection[int] = (0,),
) -> Said:
    """Run a command to its end.

    Parameters
    ----------
    *words : str
        The command and its arguments.
    stdin : str, default ""
        Given to it.
    tell : callable or None, default None
        See :data:`Tell`; told what the command says, and that it is alive.
    limit : float or None, default None
        Seconds that are told as the most it may take; the command keeps to it itself.
    good : collection of int, default (0,)
        Exit statuses that are no failure.

    Raises
    ------
    ToolError
        With what the command said, if it failed.
    """
    async with started(words, stdin) as process:
        said = Said()
        assert process.stdout is not None
        assert process.stderr is not None
        reading = asyncio.gather(process.stdout.read(), _heard(process.stderr, said.talk))
        began = time.monotonic()
        try:
            while not reading.done():
                await asyncio.wait([reading], timeout=_BEAT)
                if tell is not None:
                    await tell(
                        time.monotonic() - began, limit, said.talk[-1] if said.talk else words[0]
                    )
        finally:
            reading.cancel()
        said.out, _ = reading.result()
        said.code = await process.wait()
    if said.code not in good:
        raise ToolError(said.problem)
    return said


async def value(*words: str, **how: Any) -> Any:
    """What a command prints as JSON; see :func:`call`."""
    said = await call(*words, **how)
    try:
        return orjson.loads(said.out)
    except orjson.JSONDecodeError as error:
        raise ToolError(f"{' '.join(words[:2])} printed no JSON: {said.problem}") from error


async def lines(*words: str) -> AsyncIterator[Any]:
    """The objects that a command prints, one a line, as they come.

    Raises
    ------
    ToolError
        With what the command said, if it failed.
    """
    async with started(words, "") as process:
        said = Said()
        assert process.stdout is not None
        assert process.stderr is not None
        hearing = asyncio.ensure_future(_heard(process.stderr, said.talk))
        try:
            async for line in process.stdout:
                yield orjson.loads(line)
            await hearing
        finally:
            hearing.cancel()
        said.code = await process.wait()
        if said.code:
            raise ToolError(said.problem)


@contextlib.asynccontextmanager
async def started(words: Sequence[str], stdin: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """A command that is ended, with all that it started, when the block is left."""
    reader, writer = os.pipe()
    try:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-P", "-m", "mle_star", *words),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env={**os.environ, LIFELINE: str(reader)},
            pass_fds=(reader,),
            start_new_session=True,
            limit=_LINE,
        )
        os.close(reader)
        reader = -1
        try:
            assert process.stdin is not None
            with contextlib.suppress(ConnectionError):
                process.stdin.write(stdin.encode())
                await process.stdin.drain()
                process.stdin.close()
            yield process
        finally:
            if process.returncode is None:
                await asyncio.shield(_end(process))
    finally:
        os.close(writer)
        if reader >= 0:
            os.close(reader)


async def _end(process: asyncio.subprocess.Process) -> None:
    """Ask it to stop; end its whole group if it does not."""
    with contextlib.suppress(ProcessLookupError):
        process.terminate()
    last = time.monotonic() + _PATIENCE
    while process.returncode is None and time.monotonic() < last:  # its pipes may outlive it
        await asyncio.sleep(0.05)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    await process.wait()
    for stream in filter(None, (process.stdout, process.stderr)):
        with contextlib.suppress(TimeoutError):  # their ends close what is open here
            await asyncio.wait_for(stream.read(), _PATIENCE)


async def _heard(stream: asyncio.StreamReader, talk: list[str]) -> None:
    async for line in stream:
        talk.append(line.decode(errors="replace").rstrip())
