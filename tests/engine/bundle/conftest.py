"""A small table with every kind of column, and solutions for it."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mle_star.bundle.about import About
from mle_star.data.schema import Column, Schema, columns_of
from mle_star.judge.evaluation import Score
from mle_star.judge.gates import Gate
from mle_star.recipes.catalogue import compose, load
from mle_star.solution.block import checked
from mle_star.solution.build import cells_of
from mle_star.solution.solution import Ensemble, Solution
from mle_star.toolkit.ensemble import EnsembleModel, WeightedAverage
from mle_star.toolkit.main import fit_ensemble, training_rows
from mle_star.toolkit.pipeline import assemble
from mle_star.toolkit.table import read_strings
from mle_star.types import ColumnKind, Kind, Output, Role, Task

DIALECT = {
    "format": "csv",
    "compression": None,
    "encoding": "utf-8",
    "delimiter": ",",
    "quotechar": '"',
}
COMBINE = """from mle_star.toolkit.ensemble import WeightedAverage


def combine():
    return WeightedAverage([0.25, 0.75])"""


@dataclass(frozen=True)
class Case:
    """Files, schema and a fitted model."""

    train: Path
    new: Path
    schema: Schema
    table: pd.DataFrame
    labels: np.ndarray

    def fitted(self, ensemble: Ensemble) -> EnsembleModel:
        members = [
            lambda columns, m=member: assemble(cells_of(m), columns) for member in ensemble.members
        ]
        combiner = WeightedAverage([0.25, 0.75]) if ensemble.combine else None
        return fit_ensemble(members, combiner, self.table, self.labels, self.schema.columns)


@pytest.fixture(scope="session")
def case(tmp_path_factory: pytest.TempPathFactory) -> Case:
    folder = tmp_path_factory.mktemp("case")
    rng = np.random.default_rng(0)
    rows = 400
    size = rng.normal(size=rows)
    city = rng.choice(["Rome", "=1+1", 'a "b"', "x,y"], rows)
    bought = np.where(size + (city == "Rome") + rng.normal(size=rows) > 0, "yes", "no")
    bought[:5] = ""
    frame = pd.DataFrame(
        {
            "Size (m²)": size.round(4),
            "City": city,
            "Seen": pd.date_range("2024-01-01", periods=rows).strftime("%Y-%m-%d"),
            "Bought?": bought,
        }
    )
    frame.iloc[:300].to_csv(folder / "train.csv", index=False)
    frame.iloc[300:].drop(columns="Bought?").to_csv(
        folder / "new.csv", index=False, quoting=csv.QUOTE_ALL
    )
    specs = (
        Column("size", "Size (m²)", ColumnKind.NUMERIC, "feature", ""),
        Column("city", "City", ColumnKind.CATEGORICAL, "feature", ""),
        Column("seen", "Seen", ColumnKind.DATE, "feature", "", format="%Y-%m-%d"),
        Column("bought", "Bought?", ColumnKind.CATEGORICAL, "target", ""),
    )
    outputs = (Output("bought", "Bought?", Kind.BINARY, ("no", "yes")),)
    columns = columns_of(specs, outputs, rows=295, high_cardinality=[], ordered_in_time=False)
    schema = Schema(DIALECT, specs, outputs, columns)
    settings = {
        "specs": schema.feature_specs(),
        "outputs": schema.output_specs(),
        "time": [],
    }
    table, labels = training_rows(read_strings(folder / "train.csv", DIALECT), settings)
    return Case(folder / "train.csv", folder / "new.csv", schema, table, labels)


def recipe_solution(*names: str) -> Solution:
    return compose([load()[name] for name in names])


@pytest.fixture(scope="session")
def single() -> Ensemble:
    return Ensemble((recipe_solution("standard", "native_categories", "hist_gradient_boosting"),))


@pytest.fixture(scope="session")
def pair(single: Ensemble) -> Ensemble:
    linear = recipe_solution("standard", "one_hot", "linear")
    return Ensemble((linear, *single.members), checked(Role.COMBINE, COMBINE))


@pytest.fixture(scope="session")
def about() -> About:
    return About(
        name="<b>demo</b>",
        created="2026-01-02T03:04:05+00:00",
        task=Task((Output("bought", "Bought?", Kind.BINARY, ("no", "yes")),), "roc_auc"),
        greater_is_better=True,
        rows=295,
        data_digest="0123456789abcdef0123",
        seed=7,
        scheme="5 stratified folds",
        holdout_rows=59,
        folds=Score("roc_auc", True, (0.8, 0.82)),
        baseline=Score("roc_auc", True, (0.5, 0.5)),
        holdout=0.79,
        holdout_interval=(0.7, 0.88),
        gates=(Gate("latency", "warn", "120 ms", "< 100 ms", "Slow for single requests."),),
        effects=(("features", 0.03),),
    )
