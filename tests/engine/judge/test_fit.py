"""Fitting on given rows: what reaches a worker, what comes back, what is saved."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import joblib
import numpy as np
import pandas as pd
from tests.engine.judge.conftest import Opened, Problem, logistic, planted

from mle_star.judge.evaluation import FitRequest, Fold, Splits
from mle_star.solution.solution import parse
from mle_star.types import Kind, Output, Task


def test_no_label_of_a_scored_row_is_in_the_workers_hands(problem: Problem, opened: Opened) -> None:
    """Every label is made unique, and the worker's whole memory of arrays is searched for them."""
    rows = problem.splits.folds[0]
    task = Task((Output("y", "y", Kind.REGRESSION),), "rmse")
    labels = 1e6 + np.arange(300.0)[:, None]
    columns = {**problem.columns, "kind": "regression", "widths": [1], "n_classes": 0}
    problem.labels, problem.task, problem.columns = labels, task, columns
    judge = opened()
    spy = parse(
        "# %% role: model\n"
        "import gc\nimport numpy as np\nfrom sklearn.base import BaseEstimator\n"
        "class Spy(BaseEstimator):\n"
        "    def fit(self, X, y):\n"
        "        return self\n"
        "    def predict(self, X):\n"
        "        seen = set()\n"
        "        for thing in gc.get_objects():\n"
        "            for value in (vars(thing).values() if hasattr(thing, '__dict__') else ()):\n"
        "                if isinstance(value, np.ndarray) and value.dtype == float:\n"
        "                    seen |= set(value[value >= 1e6].ravel().tolist())\n"
        "        return np.array([max(seen, default=0)] + [len(seen)] * (len(X) - 1))\n"
        "def model(columns, hyperparameters):\n"
        "    return Spy()\n"
    )
    [found] = judge.fit([FitRequest(spy, rows.train, rows.score)])
    assert found.failure == ""
    assert found.predictions is not None
    assert found.predictions[1, 0] <= len(rows.train)
    assert found.predictions[0, 0] - 1e6 not in rows.score


def test_fit_trains_on_other_labels_if_told_to(problem: Problem, opened: Opened) -> None:
    fold = problem.splits.folds[0]
    shuffled = np.random.default_rng(0).permutation(problem.labels[fold.train])
    judge = opened()
    true, false = judge.fit(
        [
            FitRequest(logistic(), fold.train, fold.score),
            FitRequest(logistic(), fold.train, fold.score, labels=shuffled),
        ]
    )
    assert true.predictions is not None
    assert false.predictions is not None
    assert judge.score(true.predictions, fold.score) > 0.75
    assert judge.score(false.predictions, fold.score) < 0.7
    assert np.array_equal(judge.labels(fold.score), problem.labels[fold.score])


def test_fit_saves_a_pipeline_that_predicts_the_same(
    problem: Problem, opened: Opened, tmp_path: Path
) -> None:
    fold, path = problem.splits.folds[0], tmp_path / "model.joblib"
    request = FitRequest(logistic(), fold.train, fold.score, save=path)
    judge = opened()
    judge.fit([replace(request, save=None)])
    [found] = judge.fit([request])  # from the prefix that the first one left
    loaded = joblib.load(path)
    assert [name for name, _ in loaded.steps] == ["clean", "features", "estimator"]
    assert found.predictions is not None
    rows = problem.table.iloc[fold.score]
    assert np.allclose(loaded.predict_proba(rows), found.predictions, atol=1e-12)
    assert list(tmp_path.glob(".*")) == []


def test_fit_without_rows_to_predict_only_fits(problem: Problem, opened: Opened) -> None:
    none = np.array([], dtype=int)
    [found] = opened().fit([FitRequest(logistic(), problem.splits.search, none)])
    assert found.failure == ""
    assert found.predictions is not None
    assert found.predictions.shape == (0, 2)


def test_fit_ends_at_its_deadline_or_at_the_candidates_limit(
    problem: Problem, opened: Opened
) -> None:
    judge = opened(candidate_seconds=0.5)
    rows = problem.splits.holdout
    slow = FitRequest(planted("time.sleep(30)"), problem.splits.search, rows)
    assert judge.fit([slow])[0].failure == "time limit of 0.5 s"
    deadline = time.monotonic() + 0.3
    assert judge.fit([slow], deadline=deadline)[0].failure == "not judged: the budget ended"
    assert time.monotonic() - deadline < 25  # it sleeps for 30


def test_several_outputs_and_a_class_absent_in_training(problem: Problem, opened: Opened) -> None:
    second = (np.arange(300) % 3).astype(float)
    problem.labels = np.column_stack([problem.labels[:, 0], second])
    kinds = [
        Output("y", "y", Kind.MULTICLASS, ("n", "y")),
        Output("z", "z", Kind.MULTICLASS, ("a", "b", "c")),
    ]
    problem.task = Task(tuple(kinds), "log_loss")
    problem.columns = {**problem.columns, "kind": "multiclass", "n_outputs": 2, "widths": [2, 3]}
    train = np.flatnonzero(second != 1)[:150]
    fold = Fold(train, np.setdiff1d(np.arange(200), train))
    problem.splits = Splits((fold,), np.array([], int), np.arange(200, 300), "one")
    judge = opened()
    [found] = judge.fit([FitRequest(logistic(), fold.train, fold.score)])
    assert found.predictions is not None
    assert found.predictions.shape == (len(fold.score), 5)
    assert np.all(found.predictions[:, 3] == 0)
    assert np.allclose(found.predictions[:, 2:].sum(axis=1), 1)


def test_the_table_reaches_the_worker_unchanged(problem: Problem, opened: Opened) -> None:
    problem.table["when"] = pd.date_range("2020-01-01", periods=300, unit="s")
    problem.table.loc[3, "city"] = np.nan
    kinds = {name: str(kind) for name, kind in problem.table.dtypes.items()}
    look = planted(f"assert {{k: str(v) for k, v in X.dtypes.items()}} == {kinds!r}")
    [found] = opened().evaluate([look], slice=problem.slice())
    assert found.failure == ""
