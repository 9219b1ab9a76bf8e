"""A small run that can be told to meet with a mishap, and what of its result can be compared."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.engine.cli.conftest import write_data

DRIVER = Path(__file__).with_name("driver.py")
EVALUATIONS = 8
_LOOSE = ("notes", "seconds", "fit_seconds", "peak_mib", "time", "elapsed", "session", "folder", "settings")
_LOOSE_GATES = ("latency", "memory")
_OPTIONS = (
    "--dataset", "shop.csv", "--target", "label", "--drop", "code,shop", "--time-column", "day",
    "--evaluations", str(EVALUATIONS), "--refinement-iterations", "1", "--jobs", "2",
    "--output", "out", "--quiet",
)  # fmt: skip


def prepare(folder: Path) -> Path:
    """A folder with the data in it."""
    folder.mkdir(parents=True, exist_ok=True)
    write_data(folder / "shop.csv")
    return folder


def begin(folder: Path, plan: dict[str, Any] | None = None, *more: str) -> subprocess.Popen[str]:
    """Start the run in a folder."""
    return _start(folder, plan or {}, "run", *_OPTIONS, *more)


def resume(folder: Path, plan: dict[str, Any] | None = None) -> subprocess.Popen[str]:
    """Go on with the run in a folder."""
    return _start(folder, plan or {}, "resume", "out", "--quiet")


def finish(process: subprocess.Popen[str], timeout: float = 120) -> tuple[int, str]:
    """Wait for a run; its exit status and what it said."""
    _, err = process.communicate(timeout=timeout)
    return process.returncode, err


def result(folder: Path) -> Any:
    """The result of the run in a folder, without what depends on the clock or the place."""
    return comparable(json.loads((folder / "out" / "result.json").read_text()))


def judged(folder: Path) -> list[str]:
    """Digests of the candidates whose judging was logged, in the order of the log."""
    lines = (folder / "out" / "events.jsonl").read_bytes().splitlines()
    events = [json.loads(line) for line in lines if line.endswith(b"}")]
    return [
        f"{event['digest']}/{event['sample_rows']}/{event['sample_folds']}"
        for event in events
        if event["type"] == "evaluation_finished" and not event["cached"]
    ]


def comparable(value: Any) -> Any:
    """A value without what depends on the clock or the place."""
    if isinstance(value, dict):
        if value.get("gate", "").startswith(_LOOSE_GATES):
            return value["gate"]
        return {k: comparable(v) for k, v in value.items() if k not in _LOOSE}
    return [comparable(entry) for entry in value] if isinstance(value, list) else value


def _start(folder: Path, plan: dict[str, Any], *words: str) -> subprocess.Popen[str]:
    root = DRIVER.parents[2]
    return subprocess.Popen(
        [sys.executable, str(DRIVER), json.dumps(plan), *words],
        cwd=folder,
        env={**os.environ, "MLE_STAR_HOME": str(folder / "home"), "PYTHONPATH": str(root)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
