"""A judge whose verdicts are written down beforehand, with a clock that it moves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np

from mle_star.agents.scripted import ScriptedAgent
from mle_star.budget import Budget, Slice
from mle_star.events import Event
from mle_star.judge.evaluation import Evaluation, Fidelity, Fold, Score, Splits
from mle_star.phases.context import Context
from mle_star.recipes.recipe import Facts, Recipe
from mle_star.solution.solution import Solution
from mle_star.types import Kind, Output, Task

Verdict = float | Sequence[float] | str

FOLDS = 5


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class FakeJudge:
    """Scores by the solution's name: a number, one a fold, or the text of a failure.

    Merges that are not named do not help. `per_row` are the seconds that a training row of one
    fold costs, but for those whose names are in `free`.
    """

    def __init__(
        self,
        verdicts: Mapping[str, Verdict],
        budget: Budget,
        *,
        greater_is_better: bool = True,
        rows: int = 1000,
        per_row: float = 0.0,
    ) -> None:
        self.verdicts = verdicts
        self.budget = budget
        self.metric = SimpleNamespace(name="metric", greater_is_better=greater_is_better)
        self.splits = Splits(
            tuple(Fold(np.arange(rows), np.arange(5)) for _ in range(FOLDS)),
            np.arange(0),
            np.arange(0),
            "five folds",
        )
        self.rows = rows
        self.per_row = per_row
        self.free: set[str] = set()
        self.slow: dict[str, float] = {}
        self.calls: list[tuple[list[str], Fidelity]] = []

    def evaluate(
        self,
        solutions: Sequence[Solution],
        *,
        slice: Slice,
        fidelity: Fidelity,
        incumbent: Evaluation | None = None,
    ) -> list[Evaluation]:
        self.calls.append(([s.name for s in solutions], fidelity))
        return [self._one(solution, slice, fidelity) for solution in solutions]

    def judged(self) -> list[str]:
        return [name for names, _ in self.calls for name in names]

    def presume(self, mean: Solution, parts: Sequence[Solution], fidelity: Fidelity) -> None:
        """Nothing follows from anything here."""

    def _one(self, solution: Solution, slice: Slice, fidelity: Fidelity) -> Evaluation:
        if not slice.allows():
            return Evaluation(solution, fidelity, failure="not judged: the budget ended")
        self.budget.used += 1
        folds = fidelity.folds or FOLDS
        fit = self.per_row * min(self.rows, fidelity.rows or self.rows)
        fit = 0.0 if solution.name in self.free else fit * self.slow.get(solution.name, 1.0)
        if isinstance(self.budget.clock, Clock):
            self.budget.clock.now += fit * folds
        if slice.seconds() <= 0:
            return Evaluation(solution, fidelity, failure="not judged: the budget ended")
        verdict = self.verdicts.get(solution.name)
        if verdict is None:
            assert solution.name.startswith("average of"), solution.name
            verdict = 0.01 if self.metric.greater_is_better else 100.0
        if isinstance(verdict, str):
            return Evaluation(solution, fidelity, failure=verdict)
        values = (verdict,) * folds if isinstance(verdict, int | float) else tuple(verdict)[:folds]
        score = Score("metric", self.metric.greater_is_better, tuple(map(float, values)))
        return Evaluation(
            solution, fidelity, score, seconds=fit * folds, fit_seconds=fit, peak_mib=1.0
        )


def context(
    judge: FakeJudge, recipes: dict[str, Recipe], facts: Facts, events: list[Event], jobs: int = 1
) -> Context:
    outputs = (Output("y", "y", Kind.BINARY, ("no", "yes")),)
    loose: Any = judge
    return Context(
        task=Task(outputs, "metric"),
        facts=facts,
        columns={},
        judge=loose,
        agent=ScriptedAgent([]),
        recipes=recipes,
        emit=events.append,
        budget=judge.budget,
        seed=0,
        folder=Path(),
        jobs=jobs,
    )
