"""A judge whose verdicts are a function of the solution, which remembers what it judged."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
from tests.engine.agents.fakes import FACTS

from mle_star.agents.base import Agent
from mle_star.agents.scripted import ScriptedAgent
from mle_star.budget import Budget, Slice
from mle_star.events import Event
from mle_star.judge.evaluation import Evaluation, Fidelity, Fold, Score, Splits
from mle_star.judge.metrics import get_metric
from mle_star.phases.context import Context
from mle_star.recipes.recipe import Recipe
from mle_star.solution.solution import Solution
from mle_star.types import Kind, Output, Task

FOLDS = 5
Verdict = Callable[[Solution], Sequence[float] | str]
"""A solution in; one value a fold, or a failure, out."""


class WrittenJudge:
    def __init__(
        self,
        verdict: Verdict,
        budget: Budget,
        *,
        greater_is_better: bool = True,
        seconds: float = 1.0,
    ) -> None:
        self.verdict, self.budget, self.seconds = verdict, budget, seconds
        self.metric = SimpleNamespace(name="metric", greater_is_better=greater_is_better)
        self.judged: list[Solution] = []
        self.batches: list[int] = []
        self._known: dict[str, Evaluation] = {}

    def evaluate(
        self,
        solutions: Sequence[Solution],
        *,
        slice: Slice,
        fidelity: Fidelity,
        incumbent: Evaluation | None = None,
    ) -> list[Evaluation]:
        self.batches.append(len(solutions))
        return [self._one(solution, slice, fidelity) for solution in solutions]

    def start(self, solution: Solution) -> Evaluation:
        return self._judge(solution, Fidelity())

    def _one(self, solution: Solution, slice: Slice, fidelity: Fidelity) -> Evaluation:
        if solution.digest in self._known:
            return replace(self._known[solution.digest], solution=solution, cached=True)
        if not slice.allows():
            return Evaluation(solution, fidelity, failure="not judged: the budget ended")
        self.budget.used += 1
        self.judged.append(solution)
        return self._judge(solution, fidelity)

    def _judge(self, solution: Solution, fidelity: Fidelity) -> Evaluation:
        found = self.verdict(solution)
        if isinstance(found, str):
            made = Evaluation(solution, fidelity, failure=found, seconds=self.seconds)
        else:
            score = Score("metric", self.metric.greater_is_better, tuple(found))
            made = Evaluation(solution, fidelity, score, seconds=self.seconds)
        self._known[solution.digest] = made
        return made


def around(mean: float, wobble: float = 0.001) -> tuple[float, ...]:
    """Five fold values with this mean."""
    return tuple(mean + wobble * k for k in (-2, -1, 0, 1, 2))


def context(
    judge: Any,
    events: list[Event],
    *,
    agent: Agent | None = None,
    recipes: Mapping[str, Recipe] | None = None,
    task: Task | None = None,
    jobs: int = 1,
    rows: int = 1000,
) -> Context:
    return Context(
        task=task or Task((Output("y", "y", Kind.BINARY, ("no", "yes")),), "metric"),
        facts=FACTS,
        columns={"rows": rows},
        judge=judge,
        agent=agent or ScriptedAgent([]),
        recipes=dict(recipes or {}),
        emit=events.append,
        budget=judge.budget,
        seed=7,
        folder=Path(),
        jobs=jobs,
    )


class OofJudge:
    """Knows the labels, and scores any predictions for them; rows of a fold lie together."""

    def __init__(self, task: Task, labels: np.ndarray, budget: Budget, folds: int = FOLDS) -> None:
        self.task, self.budget = task, budget
        self.metric = get_metric(task.metric, task)
        self._labels = labels.reshape(len(labels), -1).astype(float)
        rows = np.arange(len(labels))
        self.oof_rows = rows if folds > 1 else rows[len(rows) // 2 :]
        parts = np.array_split(self.oof_rows, folds)
        self.splits = Splits(
            tuple(Fold(np.setdiff1d(rows, part), part) for part in parts),
            np.arange(0),
            np.arange(0),
            "folds",
        )

    def labels(self, rows: np.ndarray) -> np.ndarray:
        return np.asarray(self._labels[rows])

    def score(self, matrix: np.ndarray, rows: np.ndarray) -> float:
        return float(self.metric.score_task(self.task, self._labels[rows], matrix))

    def evaluation(
        self, solution: Solution, oof: np.ndarray, *, fit_seconds: float = 1.0
    ) -> Evaluation:
        folds = tuple(
            self.score(oof[np.searchsorted(self.oof_rows, fold.score)], fold.score)
            for fold in self.splits.folds
        )
        score = Score(self.metric.name, self.metric.greater_is_better, folds)
        return Evaluation(solution, Fidelity(), score, oof=lambda: oof, fit_seconds=fit_seconds)
