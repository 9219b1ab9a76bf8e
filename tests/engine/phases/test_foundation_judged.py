"""Search and foundation with the real recipes, knowledge and judge."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from tests.engine.agents.fakes import facts

from mle_star.agents.merging import merge
from mle_star.agents.scripted import ScriptedAgent
from mle_star.budget import Budget
from mle_star.events import EvaluationFinished, Event
from mle_star.judge.evaluation import FitRequest, Fold, Splits
from mle_star.judge.judge import Judge
from mle_star.phases import foundation, search
from mle_star.phases.context import Context
from mle_star.recipes import catalogue
from mle_star.recipes.recipe import Facts
from mle_star.types import Kind, Output, Role, Task

ROWS = 240


def two_folds() -> Splits:
    halves = np.arange(0, ROWS, 2), np.arange(1, ROWS, 2)
    folds = (Fold(halves[0], halves[1]), Fold(halves[1], halves[0]))
    return Splits(folds, np.arange(0), np.arange(0), "two folds")


def rows_of(classes: int) -> tuple[pd.DataFrame, np.ndarray]:
    """A table of two numbers and a category, and labels that depend on all three."""
    rng = np.random.default_rng(0)
    table = pd.DataFrame({"a": rng.normal(size=ROWS), "b": rng.normal(size=ROWS)})
    table["c"] = pd.Series(rng.choice(["x", "y", "z"], ROWS), dtype="str")
    signal = table["a"] * 2 + table["b"] + (table["c"] == "x") + rng.normal(size=ROWS)
    codes = pd.qcut(signal, classes, labels=False) if classes else signal
    return table, np.asarray(codes, dtype=float).reshape(-1, 1)


class Session:
    """A small task of each kind, with a real judge."""

    def __init__(self, folder: Path, kind: Kind, jobs: int, evaluations: int) -> None:
        classes = {Kind.BINARY: 2, Kind.MULTICLASS: 3, Kind.REGRESSION: 0}[kind]
        table, labels = rows_of(classes)
        output = Output("y", "y", kind, tuple("abc"[:classes]))
        task = Task((output,), "log_loss" if classes else "rmse")
        columns = {
            "numeric": ["a", "b"],
            "categorical": ["c"],
            "text": [],
            "date": [],
            "high_cardinality": [],
            "kind": str(kind),
            "n_classes": classes,
            "n_outputs": 1,
            "widths": [output.width],
            "rows": ROWS,
            "ordered_in_time": False,
        }
        self.events: list[Event] = []
        budget = Budget(time.monotonic, evaluations=evaluations)
        made: dict[str, Any] = {
            "folder": folder,
            "jobs": jobs,
            "budget": budget,
            "emit": self.events.append,
        }
        self.judge = Judge.open(table, labels, task, columns, two_folds(), **made, seed=0)
        self.context = Context(
            task=task,
            facts=self._facts(kind, task, classes),
            columns=columns,
            judge=self.judge,
            agent=ScriptedAgent([]),
            recipes=catalogue.load(),
            seed=0,
            **made,
        )

    @staticmethod
    def _facts(kind: Kind, task: Task, classes: int) -> Facts:
        columns = {"rows": ROWS, "numeric": 2, "categorical": 1, "max_cardinality": 3}
        return facts(**columns, kind=kind, metric=task.metric, classes=classes)

    def judged(self) -> list[tuple[str, float | None, tuple[float, ...]]]:
        return [
            (e.name, e.score, tuple(e.folds))
            for e in self.events
            if isinstance(e, EvaluationFinished)
        ]


@pytest.mark.slow
def test_with_evaluations_counted_the_result_is_the_same_whatever_the_number_of_workers(
    tmp_path: Path,
) -> None:
    found = []
    for jobs in (1, 2):
        session = Session(tmp_path / str(jobs), Kind.BINARY, jobs, evaluations=6)
        try:
            techniques = search.run(session.context, 1)
            made = foundation.run(session.context, techniques, session.context.budget.share(0.8))
        finally:
            session.judge.close()
        found.append((session.judged(), made.best.solution.digest, made.baseline.solution.name))

    assert found[0] == found[1]
    assert len(found[0][0]) == 5


@pytest.mark.slow
@pytest.mark.parametrize("kind", list(Kind))
def test_models_of_the_catalogue_merge_and_predict_their_average(
    tmp_path: Path, kind: Kind
) -> None:
    session = Session(tmp_path, kind, 2, evaluations=10)
    recipes = session.context.recipes
    parts = [
        catalogue.standard(recipes[name], session.context.facts, recipes)
        for name in ("hist_gradient_boosting", "lightgbm")
    ]
    wrapped = [part.with_block(recipes["seed_bag"].blocks[0]) for part in parts]
    merges = [merge(parts), merge(wrapped)]
    fold = two_folds().folds[0]
    try:
        found = session.judge.fit(
            [FitRequest(made, fold.train, fold.score) for made in [*parts, *merges]]
        )
    finally:
        session.judge.close()

    assert [result.failure for result in found] == [""] * 4
    first, second, plain, bagged = [np.asarray(result.predictions) for result in found]
    assert plain == pytest.approx((first + second) / 2)
    assert bagged != pytest.approx(plain), "the seeds of the parts are out of reach"
    assert merges[1].block(Role.TRAIN) == wrapped[0].block(Role.TRAIN)
