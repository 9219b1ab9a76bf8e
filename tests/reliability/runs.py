"""A small run that can be told to meet with a mishap, and what of its result can be compared."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
from tests.engine.cli.conftest import write_data

DRIVER = Path(__file__).with_name("driver.py")
EVALUATIONS = 8
PATIENCE = 120.0
"""Seconds that a run may take on a busy machine."""
GONE = 5.0
"""Seconds that worker processes have to end after their engine was killed."""

_LOOSE = (
    "notes",
    "seconds",
    "fit_seconds",
    "peak_mib",
    "time",
    "elapsed",
    "session",
    "folder",
    "settings",
    "performance",
    "resources",
    "model",
)
_LOOSE_GATES = ("latency", "memory")
_OPTIONS = (
    "--dataset", "shop.csv", "--target", "label", "--drop", "code,shop", "--time-column", "day",
    "--evaluations", str(EVALUATIONS), "--refinement-iterations", "1", "--jobs", "2",
    "--output", "out",
)  # fmt: skip

Plan = dict[str, Any]


@dataclass(frozen=True)
class Ended:
    """How a process ended.

    Parameters
    ----------
    code : int
        Exit status; negative: the signal that killed it.
    out, err : str
        What it said.
    seconds : float
        From its start, or from the signal it was sent.
    """

    code: int
    out: str
    err: str
    seconds: float


def prepare(folder: Path) -> Path:
    """A folder with the data in it."""
    folder.mkdir(parents=True, exist_ok=True)
    write_data(folder / "shop.csv")
    return folder


def begin(folder: Path, plan: Plan | None = None, *more: str) -> subprocess.Popen[str]:
    """Start the run in a folder."""
    return start(folder, plan, "run", *_OPTIONS, *(more or ["--quiet"]))


def resume(folder: Path, plan: Plan | None = None, *more: str) -> subprocess.Popen[str]:
    """Go on with the run in a folder."""
    return start(folder, plan, "resume", "out", *(more or ["--quiet"]))


def go_on(folder: Path, plan: Plan | None = None) -> subprocess.Popen[str]:
    """Go on with the run in a folder, or begin it where nothing was."""
    begun = (folder / "out" / "events.jsonl").exists()
    return resume(folder, plan) if begun else begin(folder, plan)


def start(folder: Path, plan: Plan | None, *words: str) -> subprocess.Popen[str]:
    """Start any command in a folder."""
    paths = [str(DRIVER.parents[2]), os.environ.get("PYTHONPATH", "")]
    own = {
        "MLE_STAR_HOME": str(folder / "home"),
        "PYTHONPATH": os.pathsep.join(filter(None, paths)),
    }
    return subprocess.Popen(
        [sys.executable, str(DRIVER), json.dumps(plan or {}), *words],
        cwd=folder,
        env={**os.environ, **own},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def finish(process: subprocess.Popen[str], timeout: float = PATIENCE) -> Ended:
    """Wait for a run to end."""
    began = time.monotonic()
    out, err = process.communicate(timeout=timeout)
    return Ended(process.returncode, out, err, time.monotonic() - began)


def left(folder: Path, seconds: float = 0.0) -> list[str]:
    """The processes of the runs in a folder that are still there after so many seconds."""
    last = time.monotonic() + seconds
    while (found := _of(folder)) and time.monotonic() < last:
        time.sleep(0.05)
    return found


def until(look: Callable[[], bool], seconds: float = PATIENCE) -> None:
    """Wait until something is so."""
    last = time.monotonic() + seconds
    while not look():
        assert time.monotonic() < last, f"waited {seconds} s"
        time.sleep(0.02)


def events(folder: Path) -> list[dict[str, Any]]:
    """The whole lines of the log."""
    path = folder / "out" / "events.jsonl"
    lines = path.read_bytes().splitlines(keepends=True) if path.exists() else []
    return [json.loads(line) for line in lines if line.endswith(b"\n")]


def kinds(folder: Path) -> Counter[str]:
    """How many events of each kind are in the log."""
    return Counter(event["type"] for event in events(folder))


def result(folder: Path) -> Any:
    """The result of the run in a folder, without what depends on the clock or the place."""
    return comparable(json.loads((folder / "out" / "result.json").read_text()))


def judged(folder: Path) -> list[str]:
    """Digests of the candidates whose judging was logged, in the order of the log."""
    return [
        f"{event['digest']}/{event['sample_rows']}/{event['sample_folds']}"
        for event in events(folder)
        if event["type"] == "evaluation_finished" and not event["cached"]
    ]


def halves(folder: Path) -> list[str]:
    """Files that are not whole: half written ones, and JSON that cannot be read."""
    found = []
    for path in sorted((folder / "out").rglob("*")):
        if ".partial" in path.name:
            found.append(str(path.relative_to(folder)))
        elif path.suffix == ".json":
            try:
                json.loads(path.read_text())
            except ValueError:
                found.append(str(path.relative_to(folder)))
    return found


def comparable(value: Any) -> Any:
    """A value without what depends on the clock or the place."""
    if isinstance(value, dict):
        if value.get("gate", "").startswith(_LOOSE_GATES):
            return value["gate"]
        if value.get("phase") == "validation":  # it counts the gates, those among them
            return value["phase"]
        return {k: comparable(v) for k, v in value.items() if k not in _LOOSE}
    return [comparable(entry) for entry in value] if isinstance(value, list) else value


def _of(folder: Path) -> list[str]:
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if process.status() != psutil.STATUS_ZOMBIE:
                home = process.environ().get("MLE_STAR_HOME")
                if home == str(folder / "home"):
                    found.append(f"{process.pid} {' '.join(process.cmdline())[:80]}")
    return found
