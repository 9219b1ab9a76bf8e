"""Runs in processes of their own, stopped and looked at while they go on."""

from __future__ import annotations

import contextlib
import io
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from unittest.mock import patch

from tests.engine.cli.conftest import Ran, write_data

from mle_star.cli.main import main
from mle_star.workflow.default import PHASES

PATIENCE = 90.0
"""Seconds after which a test gives a run up."""

COLUMNS = ("--drop", "code,shop", "--time-column", "day")
SMALL = ("--dataset", "shop.csv", "--target", "label", *COLUMNS)
"""A small task on the table of :func:`write_data`."""


class Place:
    """A folder with the table, and commands typed there.

    Parameters
    ----------
    folder : Path
        The folder.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        write_data(folder / "shop.csv")
        self.folder = folder
        self._children: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> Place:
        return self

    def __exit__(self, *_: object) -> None:
        for child in self._children:
            child.wait(PATIENCE)

    def workflow(self, name: str, *, leaving_out: Sequence[str]) -> None:
        """Write ``workflow.json``: the usual graph without some of its tasks."""
        tasks = [{"id": task} for task in PHASES if task not in leaving_out]
        (self.folder / "workflow.json").write_text(json.dumps({"name": name, "tasks": tasks}))

    def begin(self, *words: str, **more: Any) -> subprocess.Popen[str]:
        """Start a command; its output is kept."""
        return subprocess.Popen(
            [sys.executable, "-m", "mle_star", *words],
            cwd=self.folder,
            env={**os.environ, "MLE_STAR_HOME": str(self.folder / "home")},
            text=True,
            **{"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **more},
        )

    def ran(self, *words: str) -> Ran:
        """Run a command to its end."""
        return end(self.begin(*words))

    def called(self, *words: str) -> Ran:
        """Run a command in this process, which is faster."""
        out, err = io.StringIO(), io.StringIO()
        with (
            contextlib.chdir(self.folder),
            patch.dict(os.environ, {"MLE_STAR_HOME": str(self.folder / "home")}),
            patch("subprocess.Popen", self._started(subprocess.Popen)),
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(err),
        ):
            code = main(words)
        return Ran(code, out.getvalue(), err.getvalue())

    def _started(self, real: type[subprocess.Popen[bytes]]) -> Callable[..., Any]:
        """What is left behind by a command in this process is waited for in the end."""

        def start(*given: Any, **named: Any) -> subprocess.Popen[bytes]:
            self._children.append(real(*given, **named))
            return self._children[-1]

        return start

    def events(self, output: str) -> list[dict[str, Any]]:
        """What the log of a run says so far."""
        try:
            content = (self.folder / output / "events.jsonl").read_bytes()
        except OSError:
            return []
        whole, _, _ = content.rpartition(b"\n")
        return [json.loads(line) for line in whole.splitlines()]

    def until(self, output: str, true: Callable[[dict[str, Any]], bool]) -> None:
        """Wait for an event."""
        last = time.monotonic() + PATIENCE
        while not any(map(true, self.events(output))):
            assert time.monotonic() < last, self.events(output)[-3:]
            time.sleep(0.05)


def end(process: subprocess.Popen[str]) -> Ran:
    """Wait for the end of a command."""
    out, err = process.communicate(timeout=PATIENCE)
    return Ran(process.returncode, out, err)
