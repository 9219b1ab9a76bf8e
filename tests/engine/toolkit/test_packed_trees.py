"""Histogram boosters are saved as a few arrays and come back the same, whatever they predict."""

from __future__ import annotations

import io
import pickle
import zipfile
from typing import Any

import numpy as np
import pytest
import skops.io
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

from mle_star.toolkit.early_stopping import EarlyStopped
from mle_star.toolkit.packed_trees import packed

CLASSES = 6


def _table(classes: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(300, 4))
    X[::5, 0] = np.nan
    X[:, 3] = rng.integers(0, 9, 300)
    y = X[:, 1] + np.isin(X[:, 3], (1, 4, 8)) + 0.1 * rng.normal(size=300)
    return X, np.digitize(y, np.quantile(y, np.linspace(0, 1, classes + 1)[1:-1])) if classes else y


def _fitted(classes: int, rounds: int) -> tuple[EarlyStopped, np.ndarray]:
    X, y = _table(classes)
    kind = HistGradientBoostingClassifier if classes else HistGradientBoostingRegressor
    booster = kind(max_iter=rounds, max_leaf_nodes=6, categorical_features=[3])
    return EarlyStopped(booster).fit(X, y), X


def _predicted(model: Any, X: np.ndarray) -> np.ndarray:
    return np.asarray(model.predict_proba(X) if hasattr(model, "classes_") else model.predict(X))


@pytest.mark.parametrize("classes", [0, 2, CLASSES])
def test_it_predicts_the_same_bit_for_bit(classes: int) -> None:
    model, X = _fitted(classes, 12)
    before = _predicted(model, X)

    data = skops.io.dumps(model)
    loaded = skops.io.loads(data, trusted=skops.io.get_untrusted_types(data=data))

    for again in (loaded, pickle.loads(pickle.dumps(model))):
        assert np.array_equal(_predicted(again, X), before)
    assert np.array_equal(_predicted(model, X), before), "saving leaves the model as it is"


def test_more_trees_are_no_more_entries() -> None:
    entries = []
    for rounds in (2, 40):
        data = skops.io.dumps(_fitted(CLASSES, rounds)[0])
        entries.append(len(zipfile.ZipFile(io.BytesIO(data)).namelist()))

    assert entries[0] == entries[1]


def test_other_models_are_left_as_they_are() -> None:
    model = object()

    assert packed(model) is model
