"""Small typed tables of awkward shapes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

WORDS = ("good", "bad", "fine", "poor", "great", "awful", "soft", "rough")


def make_table(
    kind: str,
    rows: int = 240,
    *,
    numeric: int = 3,
    categorical: int = 2,
    text: int = 0,
    date: int = 0,
    classes: int = 3,
    outputs: int = 1,
    seed: int = 0,
) -> tuple[pd.DataFrame, np.ndarray, dict[str, Any]]:
    """A table that tells something of its labels, the labels and ``columns``."""
    rng = np.random.default_rng(seed)
    hidden = rng.normal(size=rows)
    table: dict[str, Any] = {}
    for i in range(numeric):
        values = hidden + rng.normal(size=rows) * (i + 1)
        table[f"n{i}"] = np.where(rng.random(rows) < 0.1, np.nan, values)
    for i in range(categorical):
        codes = np.digitize(hidden + rng.normal(size=rows), np.linspace(-2, 2, 4 + 60 * i))
        strings = pd.Series([f"v{code}" for code in codes], dtype="str")
        table[f"c{i}"] = strings.where(rng.random(rows) > 0.1)
    for i in range(text):
        picks = rng.integers(0, 4, size=(rows, 6)) * 2 + (hidden < 0)[:, None]
        strings = pd.Series([" ".join(WORDS[j] for j in row) for row in picks], dtype="str")
        table[f"t{i}"] = strings.where(rng.random(rows) > 0.05)
    for i in range(date):
        days = pd.to_timedelta(rng.integers(0, 900, size=rows) * 7.3, unit="h")
        stamps = pd.Series(pd.Timestamp("2020-01-01") + days)
        table[f"d{i}"] = stamps.where(rng.random(rows) > 0.05)
    X = pd.DataFrame(table)
    labels, widths = _labels(kind, hidden, classes, outputs, rng)
    names = {
        "numeric": [n for n in X.columns if n[0] == "n"],
        "categorical": [n for n in X.columns if n[0] == "c"],
        "text": [n for n in X.columns if n[0] == "t"],
        "date": [n for n in X.columns if n[0] == "d"],
        "high_cardinality": [n for n in X.columns if n[0] == "c" and X[n].nunique() > 50],
    }
    facts = {"kind": kind, "n_classes": 0 if kind == "regression" else widths[0]}
    shape = {"n_outputs": outputs, "widths": widths, "rows": rows, "ordered_in_time": False}
    return X, labels, {**names, **facts, **shape}


def _labels(
    kind: str, hidden: np.ndarray, classes: int, outputs: int, rng: np.random.Generator
) -> tuple[np.ndarray, list[int]]:
    columns = []
    for _ in range(outputs):
        noisy = hidden + 0.3 * rng.normal(size=len(hidden))
        if kind == "regression":
            columns.append(np.exp(noisy))
            continue
        k = 2 if kind == "binary" else classes
        edges = np.quantile(noisy, np.linspace(0, 1, k + 1)[1:-1])
        columns.append(np.digitize(noisy, edges))
    labels = np.column_stack(columns)
    width = 1 if kind == "regression" else 2 if kind == "binary" else classes
    return (labels[:, 0] if outputs == 1 else labels), [width] * outputs
