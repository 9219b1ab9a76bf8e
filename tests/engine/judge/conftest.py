"""A small binary problem, candidates for it written by hand, and judges that close themselves."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from mle_star.budget import Budget, Slice
from mle_star.events import Event
from mle_star.judge.evaluation import Splits
from mle_star.judge.judge import Judge
from mle_star.judge.pool import Pool
from mle_star.judge.splits import make_splits
from mle_star.solution.solution import Solution, parse
from mle_star.types import Kind, Output, Task

FEATURES = """
# %% role: features
def features(columns):
    from sklearn.compose import make_column_transformer
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    one_hot = OneHotEncoder(handle_unknown="ignore", sparse_output=False)
    return make_column_transformer(
        (StandardScaler(), columns["numeric"]), (one_hot, columns["categorical"])
    )
"""
LOGISTIC = """
# %% role: hyperparameters
HYPERPARAMETERS = {"C": 1.0}

# %% role: model
def model(columns, hyperparameters):
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(**hyperparameters)
"""
PLANTED = """
# %% role: model
import os, sys, time
import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin

class Planted(ClassifierMixin, BaseEstimator):
    def fit(self, X, y):
        self.classes_ = np.array([0, 1])
        self.y_ = y
        FIT
        return self

    def predict_proba(self, X):
        n = len(X)
        constant = np.full((n, 2), 0.5)
        PREDICT
        return constant

def model(columns, hyperparameters):
    return Planted()
"""


Opened = Callable[..., Judge]
"""Opens a judge; see the fixture `opened`."""


@dataclass
class Problem:
    """Table, labels, task and splits."""

    table: pd.DataFrame
    labels: np.ndarray
    task: Task
    columns: dict[str, Any]
    splits: Splits
    folder: Path
    events: list[Event] = field(default_factory=list)
    budget: Budget = field(default_factory=lambda: Budget(time.monotonic))

    def judge(self, **changes: Any) -> Judge:
        settings: dict[str, Any] = {
            "folder": self.folder,
            "jobs": 1,
            "budget": self.budget,
            "emit": self.events.append,
            "seed": 0,
            "memory_mib": 600,
        }
        return Judge.open(
            self.table,
            self.labels,
            self.task,
            self.columns,
            self.splits,
            **{**settings, **changes},
        )

    def slice(self) -> Slice:
        return self.budget.share(1.0)


def make_problem(folder: Path, rows: int = 300, seed: int = 0) -> Problem:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(rows, 3))
    city = rng.choice(["a", "b", "c"], rows)
    logit = 1.5 * x[:, 0] - x[:, 1] + (city == "a")
    y = (rng.random(rows) < 1 / (1 + np.exp(-logit))).astype(float)
    table = pd.DataFrame({"x0": x[:, 0], "x1": x[:, 1], "x2": x[:, 2]})
    table["city"] = pd.Series(city, dtype="str")
    task = Task((Output("y", "y", Kind.BINARY, ("no", "yes")),), "roc_auc")
    columns = {
        "numeric": ["x0", "x1", "x2"],
        "categorical": ["city"],
        "text": [],
        "date": [],
        "high_cardinality": [],
        "kind": "binary",
        "n_classes": 2,
        "n_outputs": 1,
        "widths": [2],
        "rows": rows,
        "ordered_in_time": False,
    }
    labels = y[:, None]
    splits = make_splits(task, labels, seed=seed)
    five = Splits(splits.folds[:5], splits.selection, splits.holdout, splits.scheme)
    return Problem(table, labels, task, columns, five, folder)


def planted(fit: str = "pass", predict: str = "pass", name: str = "planted") -> Solution:
    return parse(PLANTED.replace("FIT", fit).replace("PREDICT", predict), name=name)


def logistic(c: float = 1.0) -> Solution:
    return parse(FEATURES + LOGISTIC.replace("1.0", repr(c)), name=f"logistic {c}")


@pytest.fixture
def problem(tmp_path: Path) -> Problem:
    return make_problem(tmp_path / "work")


@pytest.fixture(scope="session")
def pool(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pool]:
    """One pool for all tests, because importing the libraries takes long; `load` renews it."""
    pool = Pool(2, tmp_path_factory.mktemp("pool"), memory_mib=600)
    yield pool
    pool.close()


@pytest.fixture(scope="module")
def shared(pool: Pool, tmp_path_factory: pytest.TempPathFactory) -> tuple[Problem, Judge]:
    """One judge for all tests of a module that leave it usable: 2 workers, 20 s a candidate."""
    problem = make_problem(tmp_path_factory.mktemp("shared"))
    pool.jobs = 2
    return problem, problem.judge(pool=pool, candidate_seconds=20.0)


@pytest.fixture
def opened(problem: Problem, pool: Pool) -> Opened:
    """Opens judges on the problem as it then is, over the shared pool."""

    def make(jobs: int = 1, problem: Problem = problem, **changes: Any) -> Judge:
        pool.jobs = jobs
        return problem.judge(pool=pool, **changes)

    return make
