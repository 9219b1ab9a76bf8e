"""Cells may define classes of their own; what was fitted with them is saved and read back."""

from __future__ import annotations

import sys
from pathlib import Path

import joblib
import numpy as np
import pandas as pd
import pytest

from mle_star.judge.fitting import Bench
from mle_star.judge.wire import Order
from mle_star.solution.build import register
from mle_star.solution.solution import Ensemble, Solution, parse

TEXT = """
# %% role: features
from sklearn.base import BaseEstimator, TransformerMixin

class Centre(TransformerMixin, BaseEstimator):
    def fit(self, X, y=None):
        self.mean_ = X.mean()
        return self

    def transform(self, X):
        return (X - self.mean_).to_numpy()

def features(columns):
    return Centre()

# %% role: model
from sklearn.linear_model import LinearRegression

class Own(LinearRegression):
    pass

def model(columns, hyperparameters):
    return Own(positive=POSITIVE)
"""
ROWS = np.arange(20.0)


def solution(*, positive: bool) -> Solution:
    return parse(TEXT.replace("POSITIVE", str(positive)))


def fit(bench: Bench, solved: Solution, first: int, save: Path | None) -> np.ndarray:
    train, rest = np.arange(first, first + 10), np.arange(5)
    return bench.fit(Order(0, solved, train, rest, ROWS[train][:, None], save=save)).predictions


@pytest.fixture
def bench() -> Bench:
    columns = {"kind": "regression", "n_outputs": 1, "widths": [1]}
    return Bench(pd.DataFrame({"a": ROWS}), columns)


def test_a_class_of_a_cells_own_is_saved_whatever_was_fitted_since(
    bench: Bench, tmp_path: Path
) -> None:
    fit(bench, solution(positive=True), 0, None)
    fit(bench, solution(positive=True), 5, None)

    expected = fit(bench, solution(positive=False), 0, tmp_path / "m.joblib")

    found = joblib.load(tmp_path / "m.joblib").predict(pd.DataFrame({"a": ROWS[:5]}))
    np.testing.assert_allclose(found[:, None], expected)


def test_a_process_that_never_ran_the_cells_reads_it_once_they_have_run(
    bench: Bench, tmp_path: Path
) -> None:
    fit(bench, solution(positive=True), 0, tmp_path / "m.joblib")
    for name in [name for name in sys.modules if name.startswith("mle_star_solution_")]:
        del sys.modules[name]

    with pytest.raises(ModuleNotFoundError, match="mle_star_solution_"):
        joblib.load(tmp_path / "m.joblib")
    register(Ensemble((solution(positive=True),)))
    assert type(joblib.load(tmp_path / "m.joblib")[-1]).__name__ == "Own"


def test_cells_run_anew_leave_what_was_read_before_usable(bench: Bench, tmp_path: Path) -> None:
    fit(bench, solution(positive=True), 0, tmp_path / "m.joblib")
    register(Ensemble((solution(positive=True),)))
    loaded = joblib.load(tmp_path / "m.joblib")
    register(Ensemble((solution(positive=True),)))

    assert loaded.predict(pd.DataFrame({"a": ROWS})).shape == (20,)
