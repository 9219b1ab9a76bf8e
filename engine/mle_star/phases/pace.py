"""What evaluations cost on this machine and table, and how many rows the time left pays for."""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import median

from mle_star.judge.evaluation import Evaluation, Fidelity
from mle_star.phases.context import Context
from mle_star.recipes.recipe import COLUMNS_OF_A_COST, WIDE, Facts, Recipe, recipes_of
from mle_star.solution.solution import Solution

EVALUATIONS_WANTED = 10
"""Evaluations of a typical booster that the search is to have time for."""

ROWS_AT_LEAST = 4000
"""Training rows a fold below which no time is saved by taking a sample."""

ROWS_ENOUGH = 20_000
"""Training rows a fold that are not gone below only to judge more candidates."""

ROWS_AT_ALL = 2000
"""Training rows a fold that are never gone below."""

FIT_SECONDS = 1.0
"""Seconds that any booster's fit takes, roughly, on one core."""

CELLS = 50_000
"""Cells of a table below which a fit takes less than that."""

FIT_SECONDS_A_ROW = 1.6e-5
"""Seconds that a booster takes a row and class, roughly, on one core."""

TEXT_SECONDS_A_ROW = 2e-4
"""Seconds that a column of text takes a row, roughly, on one core."""

_GROWTH = 0.8
"""Fit seconds grow with rows to this power: a tree's own cost does not depend on rows."""

_EVERY_FIT = 0.1
"""Seconds that any fit takes, however few the rows."""

_CAUTION = 1.3
"""Factor on what is expected of a candidate of which nothing was measured yet."""


@dataclass(frozen=True, slots=True)
class Pace:
    """Expects seconds of a candidate from what was measured of it, or else of another one.

    Parameters
    ----------
    context : Context
        Its ledger holds what was measured.
    """

    context: Context

    def seconds(self, recipe: Recipe, fidelity: Fidelity) -> float:
        """Wall seconds expected of judging a model recipe; 0 when evaluations are counted."""
        if self.context.budget.counts_evaluations:
            return 0.0
        fit, predict = self._of_one_fold(recipe, fidelity)
        folds = fidelity.folds or self.folds
        return folds * (fit + predict) / min(folds, max(1, self.context.jobs))

    def affordable(self, recipe: Recipe, seconds: float, at_most: float) -> Fidelity:
        """How many training rows a fold the time pays for.

        The most at which the wanted evaluations fit into `seconds`, but not few: only where even
        one evaluation would take more than `at_most` seconds are very small samples taken. All
        folds are always run: the ensemble phase lives on out-of-fold predictions.

        Parameters
        ----------
        recipe : Recipe
            The typical candidate.
        seconds : float
            Wall seconds that the search has.
        at_most : float
            Wall seconds that one evaluation may take.
        """
        wanted = self._rows_for(recipe, seconds / EVALUATIONS_WANTED)
        possible = max(ROWS_AT_ALL, self._rows_for(recipe, at_most))
        return self.sampled(min(possible, max(ROWS_ENOUGH, wanted)))

    def _rows_for(self, recipe: Recipe, seconds: float) -> int:
        fit, predict = self._of_one_fold(recipe, Fidelity())
        share = max(0.0, seconds * self.at_once / self.folds - predict) / fit
        return int(self.train_rows * min(1.0, share) ** (1 / _GROWTH))

    def guessed_rows(self, seconds: float) -> int:
        """Training rows on which a booster's fit may take so many seconds, nothing measured yet."""
        facts = self.context.facts
        whole = guessed_seconds(facts) * self.train_rows / facts.rows
        share = min(1.0, seconds / whole) ** (1 / _GROWTH)
        return max(ROWS_AT_LEAST, int(self.train_rows * share))

    def sampled(self, rows: int) -> Fidelity:
        """At most `rows` training rows, rounded; all of them where that is nearly all anyway."""
        rows = round(rows, -3) if rows >= ROWS_AT_LEAST else rows
        return Fidelity() if rows >= 0.8 * self.train_rows else Fidelity(rows=rows)

    @property
    def train_rows(self) -> int:
        """Training rows of the largest fold."""
        return max(len(fold.train) for fold in self.context.judge.splits.folds)

    @property
    def folds(self) -> int:
        """Folds of a whole evaluation."""
        return len(self.context.judge.splits.folds)

    @property
    def at_once(self) -> int:
        """Folds of a whole evaluation that are fitted side by side."""
        return min(self.folds, max(1, self.context.jobs))

    def _of_one_fold(self, recipe: Recipe, fidelity: Fidelity) -> tuple[float, float]:
        """Seconds of one fit and of one prediction."""
        rows = self._rows(fidelity)
        own = self._measured(recipe)
        if own is not None:
            growth = rows / self._rows(own.fidelity)
            return grown(self.context, own.solution, own.fit_seconds, growth), predict_seconds(own)
        expected = recipe.expected_seconds(self.context.facts, rows)
        alike = [r for r in self.context.recipes.values() if r.is_steady == recipe.is_steady]
        others = [self._measured(r) for r in alike if r.cost >= 1.0]
        known = [other for other in others if other is not None]
        if known:
            slower = median(map(self._slower, known))
            return expected * slower * _CAUTION, median(map(predict_seconds, known))
        if not recipe.is_steady:
            expected *= min(max(1, self.context.facts.columns), WIDE) / COLUMNS_OF_A_COST
        return expected * _CAUTION, 0.0

    def _slower(self, other: Evaluation) -> float:
        """How many times the expected seconds one that was measured took."""
        recipe, rows = self.context.recipes[other.solution.name], self._rows(other.fidelity)
        return other.fit_seconds / recipe.expected_seconds(self.context.facts, rows)

    def _measured(self, recipe: Recipe) -> Evaluation | None:
        """Its evaluation on the most rows, the latest of them."""
        found = [e for e in self.context.ledger if e.score and e.solution.name == recipe.name]
        found = [e for e in found if e.fit_seconds > 0]
        return max(reversed(found), key=lambda e: self._rows(e.fidelity), default=None)

    def _rows(self, fidelity: Fidelity) -> int:
        return min(self.train_rows, fidelity.rows or self.train_rows)


def guessed_seconds(facts: Facts) -> float:
    """Seconds of a booster's fit on all rows, roughly, on one core."""
    a_row = FIT_SECONDS_A_ROW * facts.trees + TEXT_SECONDS_A_ROW * facts.text
    share = min(1.0, math.sqrt(facts.rows * facts.columns / CELLS))
    wide = max(1.0, facts.columns / WIDE)
    return FIT_SECONDS * share * wide + facts.rows * a_row


def grown(context: Context, solution: Solution, seconds: float, growth: float) -> float:
    """Seconds of a fit on `growth` times the rows.

    What every fit takes does not grow. Of a merge the part that grows fastest counts.
    """
    recipes = recipes_of(solution, context.recipes).values()
    power = max((recipe.growth for recipe in recipes), default=_GROWTH)
    fixed = min(seconds, _EVERY_FIT)
    return float(fixed + (seconds - fixed) * growth**power)


def predict_seconds(evaluation: Evaluation) -> float:
    """What an evaluation took a fold beside fitting."""
    folds = len(evaluation.score.folds) if evaluation.score else 1
    return max(0.0, evaluation.seconds / folds - evaluation.fit_seconds)
