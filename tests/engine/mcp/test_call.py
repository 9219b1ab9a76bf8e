"""A command that a tool calls ends with its call, and says what went wrong."""

from __future__ import annotations

import asyncio
import sys
import time
from pathlib import Path
from typing import Any

import psutil
import pytest
from mcp.server.mcpserver.exceptions import ToolError

from mle_star.mcp import call as calling
from mle_star.mcp.call import Said, call, lines, started, value

STUB = """\
import os, subprocess, sys, time
if "hang" in sys.argv:
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    print(child.pid, flush=True)
    print("working", file=sys.stderr, flush=True)
    if "deaf" in sys.argv:
        import signal
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    time.sleep(600)
print(sys.stdin.read() or '{"a": 1}')
print("mle-star: half way", file=sys.stderr)
if "fail" in sys.argv:
    print("mle-star: it broke\\n  What to do: mend it", file=sys.stderr)
    sys.exit(3)
"""


@pytest.fixture(autouse=True)
def stub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A package in the engine's place that does what its words say."""
    program = tmp_path / "python"
    (tmp_path / "stub.py").write_text(STUB)
    script = f'#!/bin/sh\nshift 3\nexec {sys.executable} {tmp_path}/stub.py "$@"\n'
    program.write_text(script)
    program.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(program))


async def test_a_command_is_given_its_input_and_its_output_is_read() -> None:
    assert (await call("x", stdin="code")).out == b"code\n"
    assert await value("x") == {"a": 1}
    assert [one async for one in lines("x")] == [{"a": 1}]


async def test_a_failure_is_what_the_command_said_last() -> None:
    with pytest.raises(ToolError, match=r"^it broke\n  What to do: mend it$"):
        await call("fail")
    assert (await call("fail", good=(0, 3))).code == 3


async def test_progress_is_the_last_thing_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calling, "_BEAT", 0.05)
    told: list[Any] = []

    async def tell(*progress: Any) -> None:
        told.append(progress)
        if progress[2] == "working":
            raise EOFError

    with pytest.raises(EOFError):
        await call("hang", tell=tell, limit=9.0)

    assert told[-1][1:] == (9.0, "working")
    assert [one[0] for one in told] == sorted(one[0] for one in told)


@pytest.mark.parametrize("words", [["hang"], ["hang", "deaf"]])
async def test_a_cancelled_call_leaves_no_process(
    words: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calling, "_PATIENCE", 0.5)
    found: list[int] = []

    async def hang() -> None:
        async with started(words, "") as process:
            assert process.stdout is not None
            found.extend([process.pid, int(await process.stdout.readline())])
            await process.wait()

    task = asyncio.create_task(hang())
    while len(found) < 2:
        await asyncio.sleep(0.02)
    await asyncio.sleep(0.2)  # until it is deaf
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    _gone(found)


def test_what_is_said_by_the_command_line_itself_is_told_without_the_usage() -> None:
    talk = ["Usage: mle-star wait [OPTIONS]", "", "Error: No such option: --x"]

    assert Said(2, b"", talk).problem == "No such option: --x"
    assert Said(1, b"", []).problem == "it ended with status 1 and said nothing"


def _gone(pids: list[int]) -> None:
    last = time.monotonic() + 20
    while any(psutil.pid_exists(pid) and not _is_zombie(pid) for pid in pids):
        assert time.monotonic() < last
        time.sleep(0.05)


def _is_zombie(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True
