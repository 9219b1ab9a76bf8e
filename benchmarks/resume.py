"""What the length of the log adds to resuming a run.

A run on a small table is killed during refinement. Its log is then made as long as that of a run
of four hours (500 steps, 6,000 candidates), and both are resumed: the difference until the first
new event is what the log costs.

python benchmarks/resume.py
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import platform
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from mle_star.eventlog import EventLog, Logged, read_log
from mle_star.events import (
    BlockSeen,
    EvaluationFinished,
    EvaluationStarted,
    ProposalJudged,
    StepFinished,
)
from mle_star.session.replay import blocks_of
from mle_star.solution.block import Block
from mle_star.solution.solution import Solution
from mle_star.types import Role

TASK = "targeted_refinement"


def main() -> None:
    options = _options()
    print(f"{date.today()}, {platform.machine()}, {os.cpu_count()} cores")
    with tempfile.TemporaryDirectory() as scratch:
        short, long = Path(scratch) / "short", Path(scratch) / "long"
        _killed_run(short)
        shutil.copytree(short, long)
        _lengthen(long / "out" / "events.jsonl", options.steps, options.candidates)
        size = (long / "out" / "events.jsonl").stat().st_size
        began = time.perf_counter()
        history = read_log(long / "out" / "events.jsonl")
        print(
            f"{len(history.standing):,} events, {size / 2**20:.1f} MiB; "
            f"read in {time.perf_counter() - began:.2f} s"
        )
        pairs = [(_first_news(short), _first_news(long)) for _ in range(options.repeats)]
        for one, other in pairs:
            print(f"first new event after {one:.2f} s (short), {other:.2f} s (long)")
        print(f"the log added {min(o for _, o in pairs) - min(s for s, _ in pairs):.2f} s")


def _killed_run(folder: Path) -> None:
    folder.mkdir()
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(2, 400))
    label = np.where(a + b**2 + 0.5 * rng.normal(size=400) > 1, "yes", "no")
    pd.DataFrame({"a": a, "b": b, "label": label}).to_csv(folder / "d.csv", index=False)
    words = ["run", "--dataset", "d.csv", "--target", "label", "--output", "out", "--quiet"]
    process = _start(folder, [*words, "--evaluations", "100000"])
    log = folder / "out" / "events.jsonl"
    while not (log.exists() and b'"step_finished"' in log.read_bytes()):
        time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    process.wait()
    time.sleep(1)  # its workers notice


def _lengthen(path: Path, steps: int, candidates: int) -> None:
    """Repeat the last step, with other hyperparameters in each candidate."""
    history = read_log(path)
    lines = list(history.standing)
    last = max(i for i, line in enumerate(lines) if isinstance(line.event, StepFinished))
    step, blocks = lines[last].event, blocks_of(line.event for line in lines)
    assert isinstance(step, StepFinished)
    model = next(
        line.event
        for line in lines[last::-1]
        if isinstance(line.event, EvaluationFinished)
        and line.event.score is not None
        and "hyperparameters" in line.event.blocks
        and line.event.sample_folds is None
    )
    assert isinstance(model, EvaluationFinished)
    made = list(_steps(step, model, blocks, steps, candidates))
    with contextlib.closing(EventLog(path, time.time)) as log:
        for line in [*lines[: last + 1], *made]:
            log(line.event, line.elapsed, line.of)


def _steps(
    last: StepFinished,
    model: EvaluationFinished,
    blocks: dict[str, Block],
    steps: int,
    candidates: int,
) -> Iterator[Logged]:
    elapsed, used = 20.0, last.used
    pause = 4 * 3600 / (steps * candidates)
    for number in range(last.step + 1, last.step + 1 + steps):
        for attempt in range(1, candidates + 1):
            used += 1
            elapsed += pause
            for event in _candidate(model, blocks, number, attempt):
                yield Logged(event, TASK, elapsed, 0.0)
        yield Logged(replace(last, step=number, used=used), TASK, elapsed, 0.0)


def _candidate(
    model: EvaluationFinished, blocks: dict[str, Block], step: int, attempt: int
) -> list[Any]:
    source = blocks[model.blocks["hyperparameters"]].source
    block = Block(Role.HYPERPARAMETERS, f"{source}\n# {step} {attempt}", "")
    found = {
        role: block if role == "hyperparameters" else blocks[d] for role, d in model.blocks.items()
    }
    digest = Solution(tuple(found.values())).digest
    worse = None if model.score is None else model.score * 0.9
    finished = replace(
        model,
        digest=digest,
        blocks={role: one.digest for role, one in found.items()},
        score=worse,
        folds=[fold * 0.9 for fold in model.folds],
        cached=False,
    )
    return [
        BlockSeen(block.digest, block.role, block.recipe, block.source),
        EvaluationStarted(digest, model.name, model.rows, len(model.folds)),
        finished,
        ProposalJudged(
            step, attempt, Role.HYPERPARAMETERS, f"x={step}.{attempt}", digest, worse, -0.1, 0.5,
            False, "no better",
        ),
    ]  # fmt: skip


def _first_news(folder: Path) -> float:
    """Seconds from the start of `resume` to its first new event."""
    work = folder.with_name(f"{folder.name}-copy")
    shutil.copytree(folder, work)
    began = time.perf_counter()
    process = _start(work, ["resume", "out", "--quiet", "--output-format", "stream-json"])
    assert process.stdout is not None
    for line in process.stdout:
        if json.loads(line)["type"] not in ("session_resumed", "noted"):
            break
    seconds = time.perf_counter() - began
    process.send_signal(signal.SIGKILL)
    process.wait()
    time.sleep(1)
    shutil.rmtree(work, ignore_errors=True)
    return seconds


def _start(folder: Path, words: list[str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "mle_star", *words],
        cwd=folder,
        env={**os.environ, "MLE_STAR_HOME": str(folder / "home")},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="What a long log adds to resuming")
    parser.add_argument("--steps", type=int, default=500)
    parser.add_argument("--candidates", type=int, default=12, help="a step")
    parser.add_argument("--repeats", type=int, default=3)
    return parser.parse_args()


if __name__ == "__main__":
    main()
