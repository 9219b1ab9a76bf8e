"""AutoGluon's TabularPredictor with one of its presets."""

from __future__ import annotations

import numpy as np
import pandas as pd
from autogluon.tabular import TabularPredictor
from benchmarks.methods.common import Given, given, report, size_of

METRICS = {"roc_auc": "roc_auc", "log_loss": "log_loss", "rmse": "root_mean_squared_error"}


def main(task: Given) -> None:
    table, y = task.train()
    kind = "regression" if task.is_regression else task.meta["task"]
    predictor = TabularPredictor(
        label=task.target,
        problem_type=kind,
        eval_metric=METRICS[task.meta["metric"]],
        path=str(task.output / "model"),
        verbosity=1,
    ).fit(
        table.assign(**{task.target: y}),
        time_limit=task.seconds,
        presets=task.preset,
        num_cpus=task.jobs,
        num_gpus=0,
    )
    predictor.persist()

    def predict(rows: pd.DataFrame) -> np.ndarray:
        if task.is_regression:
            return np.asarray(predictor.predict(rows))
        found = predictor.predict_proba(rows)
        return np.asarray(found.reindex(columns=range(len(task.classes)), fill_value=0.0))

    report(task, predict, task.test(), size_bytes=size_of(task.output / "model"))


if __name__ == "__main__":
    main(given())
