"""What every method of the panel is given and gives back.

A method is a script of its own, run in its own environment:

    python -m benchmarks.methods.METHOD FOLDER OUTPUT --seconds S --jobs N

FOLDER holds ``train.csv``, ``test.csv`` (without the target) and ``meta.json``. The method writes
``predictions.csv`` (``prediction``, or one column a class) and ``facts.json`` into OUTPUT. It never
sees the labels it is scored by. Only numpy and pandas are used here: every environment has them.
"""

from __future__ import annotations

import argparse
import json
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

SINGLES = 30
"""Predictions of one row; the median counts."""

_MOSTLY = 0.95


@dataclass(frozen=True)
class Given:
    """One data set, and what may be spent on it."""

    folder: Path
    output: Path
    seconds: float
    jobs: int
    preset: str
    meta: dict[str, Any]

    @property
    def target(self) -> str:
        return str(self.meta["target"])

    @property
    def is_regression(self) -> bool:
        return bool(self.meta["task"] == "regression")

    @property
    def classes(self) -> list[str]:
        return [str(label) for label in self.meta.get("classes", [])]

    def train(self) -> tuple[pd.DataFrame, pd.Series[Any]]:
        """Features and target; classes as their numbers."""
        table = pd.read_csv(self.folder / "train.csv")
        y = table.pop(self.target)
        return plainly_typed(table), y if self.is_regression else y.astype(str).map(
            self.classes.index
        )

    def test(self) -> pd.DataFrame:
        return plainly_typed(pd.read_csv(self.folder / "test.csv"))


def given() -> Given:
    """Read the command line."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("output", type=Path)
    parser.add_argument("--seconds", type=float, required=True)
    parser.add_argument("--jobs", type=int, required=True)
    parser.add_argument("--preset", default="")
    options = parser.parse_args()
    meta = json.loads((options.folder / "meta.json").read_text())
    return Given(**vars(options), meta=meta)


def report(
    task: Given, predict: Callable[[pd.DataFrame], np.ndarray], test: pd.DataFrame, **facts: Any
) -> None:
    """Predict the test rows, time it, write what came of it.

    Parameters
    ----------
    task : Given
        The data set.
    predict : callable
        From a table to values of shape (n,), or probabilities of shape (n, classes).
    test : DataFrame
        Its features.
    **facts
        Further facts: ``size_bytes`` of the model, ``note``.
    """
    started = time.perf_counter()
    found = np.asarray(predict(test))
    batch = time.perf_counter() - started
    single = []
    for place in range(SINGLES):
        row = test.iloc[[place % len(test)]].reset_index(drop=True)
        started = time.perf_counter()
        predict(row)
        single.append(time.perf_counter() - started)
    columns = ["prediction"] if task.is_regression else task.classes
    frame = pd.DataFrame(found.reshape(len(test), -1), columns=columns)
    frame.to_csv(task.output / "predictions.csv", index=False)
    times = {"row_ms": 1000 * batch / len(test), "single_ms": 1000 * float(np.median(single))}
    (task.output / "facts.json").write_text(json.dumps(times | facts))


def size_of(folder: Path) -> int:
    """Bytes of all files below a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def plainly_typed(table: pd.DataFrame) -> pd.DataFrame:
    """Numbers and dates written as text become numbers, as any user of a library would do."""
    table = table.copy()
    for name in table.columns:
        if pd.api.types.is_numeric_dtype(table[name]):
            continue
        numbers = pd.to_numeric(table[name], errors="coerce")
        if numbers.notna().mean() > _MOSTLY:
            table[name] = numbers
            continue
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            dates = pd.to_datetime(table[name], errors="coerce", format="ISO8601", utc=True)
        if dates.notna().mean() > _MOSTLY:
            table[name] = (dates - pd.Timestamp("1970-01-01", tz="UTC")).dt.total_seconds()
    return table
