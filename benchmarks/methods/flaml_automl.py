"""FLAML's AutoML, as its documentation uses it."""

from __future__ import annotations

import pickle

import numpy as np
import pandas as pd
from benchmarks.methods.common import Given, given, report
from flaml import AutoML


def main(task: Given) -> None:
    table, y = task.train()
    test = task.test()
    for name in table.columns:
        if not pd.api.types.is_numeric_dtype(table[name]):
            kind = pd.CategoricalDtype(sorted(table[name].dropna().astype(str).unique()))
            table[name], test[name] = (
                part[name].astype(str).where(part[name].notna()).astype(kind)
                for part in (table, test)
            )
    model = AutoML()
    model.fit(
        table,
        y,
        task="regression" if task.is_regression else "classification",
        metric=task.meta["metric"],
        time_budget=task.seconds,
        n_jobs=task.jobs,
        seed=0,
        verbose=0,
    )

    def predict(rows: pd.DataFrame) -> np.ndarray:
        return np.asarray(model.predict(rows) if task.is_regression else model.predict_proba(rows))

    report(task, predict, test, size_bytes=len(pickle.dumps(model.model)))


if __name__ == "__main__":
    main(given())
