"""A program that stands for the client and behaves as a test says."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil

HANG = 30.0
"""Seconds after which a test gives up waiting; nothing is measured."""

_PRELUDE = """\
import json, os, signal, subprocess, sys, time

HERE = os.path.dirname(os.path.abspath(__file__))
if sys.argv[1:] == ["--version"]:
    print("9.9.9 (fake)")
    sys.exit()

def say(**message):
    print(json.dumps(message), flush=True)

def result(**message):
    whole = {"type": "result", "subtype": "success", "is_error": False, "num_turns": 1}
    usage = {"m": {"inputTokens": 10, "cacheReadInputTokens": 5, "outputTokens": 3}}
    say(**{**whole, "total_cost_usd": 0.25, "modelUsage": usage, **message})

def answer(**value):
    result(structured_output=value)

def error(**message):
    result(**{"is_error": True, "total_cost_usd": 0, "modelUsage": {}, **message})

def note(name, value):
    with open(os.path.join(HERE, name), "a") as file:
        file.write(json.dumps(value) + "\\n")

def linger(*, leave=False):
    \"\"\"Start a process that ignores SIGTERM, in a group of its own if it is to leave.\"\"\"
    code = "import signal, time; signal.signal(15, signal.SIG_IGN); print(1, flush=True); "
    child = subprocess.Popen(
        [sys.executable, "-ISc", code + "time.sleep(600)"],
        start_new_session=leave, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
    )
    child.stdout.readline()
    note("pids", child.pid)

note("calls", sys.argv[1:])
CALL = len(open(os.path.join(HERE, "calls")).readlines())
"""


class FakeClient:
    """The program, and what it noted.

    Parameters
    ----------
    folder : Path
        Where it is written.
    body : str
        What it does, in Python.
    """

    def __init__(self, folder: Path, body: str) -> None:
        self.folder = folder
        self.program = folder / "claude"
        self.program.write_text(f"#!{sys.executable} -IS\n{_PRELUDE}\n{body}\n")
        self.program.chmod(0o755)

    def noted(self, name: str) -> list[str]:
        """Lines of what it noted under a name."""
        path = self.folder / name
        return path.read_text().splitlines() if path.exists() else []


def is_running(pid: int) -> bool:
    """Whether a process lives; one that was killed may be a zombie for a while."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def wait_for(condition: Callable[[], bool]) -> None:
    """Wait until a condition holds."""
    until = time.monotonic() + HANG
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.02)
