"""What an evaluation costs, learnt from one that was measured, and the fidelity that pays for."""

from __future__ import annotations

from dataclasses import dataclass

from mle_star.judge.evaluation import Evaluation, Fidelity
from mle_star.recipes.recipe import Facts

EVALUATIONS_WANTED = 16
"""Evaluations of a typical booster that the search is to have time for."""

ROWS_AT_LEAST = 4000
"""Training rows a fold below which no time is saved by taking a sample."""

ROWS_WHEN_COUNTING = 30_000
"""Training rows a fold at most when evaluations are counted (the paper's own limit)."""


@dataclass(frozen=True, slots=True)
class Pace:
    """Cost of evaluations on this machine and table.

    Parameters
    ----------
    fit_seconds, predict_seconds : float
        Of one fold of the measured candidate.
    rows : int
        Training rows it was measured with.
    cost : float
        What its recipe says it costs, which other recipes' costs are held against.
    folds : int
        Folds of a whole evaluation.
    workers : int
        Folds that run at once.
    """

    fit_seconds: float
    predict_seconds: float
    rows: int
    cost: float
    folds: int
    workers: int

    def seconds(self, rows: int, cost: float, folds: int | None = None) -> float:
        """Wall seconds expected of an evaluation on `rows` training rows a fold."""
        fit = self.fit_seconds * rows / self.rows * cost / self.cost
        return (folds or self.folds) * (fit + self.predict_seconds) / self.workers


def measured(evaluation: Evaluation, rows: int, cost: float, folds: int, workers: int) -> Pace:
    """The pace of an evaluation with a score, on `rows` training rows a fold."""
    ran = len(evaluation.score.folds) if evaluation.score else folds
    predict = max(0.0, evaluation.seconds / ran - evaluation.fit_seconds)
    fit = max(1e-3, evaluation.fit_seconds)
    return Pace(fit, predict, rows, cost, folds, min(workers, folds))


def guessed(facts: Facts, folds: int, workers: int) -> Pace:
    """The pace where nothing could be measured: recipes' costs, taken at their word."""
    columns = facts.numeric + facts.categorical + facts.text + facts.date
    return Pace(max(1, columns) / 20, 0.1, 10_000, 1.0, folds, min(workers, folds))


def affordable(pace: Pace, train_rows: int, seconds: float) -> Fidelity:
    """The most training rows a fold at which the wanted evaluations fit into `seconds`.

    All folds are always run: the ensemble phase lives on out-of-fold predictions.
    """
    each = seconds / EVALUATIONS_WANTED * pace.workers / pace.folds - pace.predict_seconds
    rows = max(ROWS_AT_LEAST, round(pace.rows * each / pace.fit_seconds, -3))
    return sampled(int(rows), train_rows)


def sampled(rows: int, train_rows: int) -> Fidelity:
    """At most `rows` training rows; all of them where that is nearly all anyway."""
    return Fidelity() if rows >= 0.8 * train_rows else Fidelity(rows=rows)
