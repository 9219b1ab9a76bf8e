"""Defaults of LightGBM and HistGradientBoosting: text as codes, categories where they are taken."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pandas as pd
from benchmarks.methods.common import Given, given, report
from lightgbm import LGBMClassifier, LGBMRegressor
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.preprocessing import OrdinalEncoder

_MOST_CATEGORIES = 255


def main(task: Given) -> None:
    table, y = task.train()
    text = [c for c in table.columns if not pd.api.types.is_numeric_dtype(table[c])]
    encoder = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=np.nan)
    names = {c: f"c{i}" for i, c in enumerate(table.columns)}
    if text:
        encoder.fit(table[text].astype(object))

    def coded(rows: pd.DataFrame) -> pd.DataFrame:
        rows = rows.copy()
        if text:
            rows[text] = encoder.transform(rows[text].astype(object))
        return rows.rename(columns=names)

    train = coded(table)
    categories = [names[c] for c in text if train[names[c]].max() < _MOST_CATEGORIES]
    model = _fitted(task, train, y, categories)

    def predict(rows: pd.DataFrame) -> np.ndarray:
        rows = coded(rows)
        return np.asarray(model.predict(rows) if task.is_regression else model.predict_proba(rows))

    report(task, predict, task.test(), size_bytes=len(pickle.dumps(model)))


def _fitted(task: Given, table: pd.DataFrame, y: Any, categories: list[str]) -> Any:
    if task.preset == "hist":
        kind = (
            HistGradientBoostingRegressor if task.is_regression else HistGradientBoostingClassifier
        )
        return kind(categorical_features=categories, random_state=0).fit(table, y)
    light = LGBMRegressor if task.is_regression else LGBMClassifier
    model = light(random_state=0, verbose=-1, n_jobs=task.jobs)
    return model.fit(table, y, categorical_feature=categories or "auto")


if __name__ == "__main__":
    main(given())
