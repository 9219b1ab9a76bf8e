"""mle-star, through its command line, on the file as a user has it."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pandas as pd
from benchmarks.methods.common import Given, given, report, size_of

from mle_star.bundle.bundle import load


def main(task: Given) -> None:
    run = task.output / "run"
    words = ["--dataset", task.folder / "train.csv", "--target", task.target, "--output", run]
    words += ["--metric", task.meta["metric"]]
    limits = ["--time-budget", task.seconds, "--jobs", task.jobs, "--memory", "none", "--quiet"]
    command = [sys.executable, "-m", "mle_star", "run", *words, *limits, *task.preset.split()]
    done = subprocess.run([str(word) for word in command], check=False)
    if done.returncode not in (0, 4):
        raise SystemExit(done.returncode)
    bundle = load(run)
    raw = pd.read_csv(task.folder / "test.csv")
    wanted = ["prediction"] if task.is_regression else [f"probability_{c}" for c in task.classes]

    def predict(table: pd.DataFrame) -> np.ndarray:
        return bundle.predict(table)[wanted].to_numpy()

    report(task, predict, raw, size_bytes=size_of(run / "model"), note=f"exit {done.returncode}")


if __name__ == "__main__":
    main(given())
