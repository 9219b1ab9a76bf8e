"""Validation: choose among the finalists once, score the holdout once, measure the gates.

Finalists are fitted once, on the search rows; that fit predicts the selection rows (to choose), the
holdout rows (looked at only for the chosen one) and a sample of the rows it was fitted on. Where
time is short the choice of the ensemble phase stands, it is fitted on fewer rows, and gates are
skipped and say so.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from mle_star.budget import Slice
from mle_star.data.prepare import Prepared
from mle_star.events import GateMeasured
from mle_star.judge.evaluation import Evaluation, FitRequest, FitResult, Score
from mle_star.judge.gates import FAIL, Gate, bootstrap
from mle_star.phases.context import Context
from mle_star.phases.gating import (
    Gating,
    Limits,
    Measured,
    holdout_intervals,
    measure,
    safe_score,
)
from mle_star.phases.members import combined, distinct_members, fit_cost, makespan
from mle_star.seeds import derive
from mle_star.solution.solution import Ensemble, Solution

if TYPE_CHECKING:
    from mle_star.phases.ensemble import EnsembleChoice

SAMPLE_ROWS = 2_000
"""Training rows that are predicted too; rows of the shuffled-target run."""

FIT_SHARE = 0.85
"""Share of the slice for fitting; the rest is for measuring."""

SHUFFLES = 5

CAUTION = 0.7
"""Share of the time for fitting that is planned for where not all rows can be fitted."""

FEWEST_ROWS = 500
"""Fits on fewer of the search rows than this are not begun."""


@dataclass(frozen=True, slots=True)
class Validation:
    """What the phase found.

    Parameters
    ----------
    ensemble : Ensemble
        The finalist to ship.
    score : Score
        Its cross-validated score.
    holdout_score : float or None
        Its score on the holdout rows; None if there was no time.
    holdout_interval : tuple of float or None
        The 95 % bootstrap interval of the holdout score.
    baseline : Score or None
        The baseline's cross-validated score.
    baseline_holdout : float or None
        The baseline's score on the same rows.
    gates : tuple of Gate
        All verdicts.
    reason : str
        Why this finalist.
    fitted : tuple of Path
        Its members as fitted on search rows, in order; empty if there was no time.
    fitted_rows : ndarray of int
        The rows they were fitted on: all search rows, or a sample where time is short.
    fit_seconds : tuple of float
        What fitting each member on those rows took; empty if there was no time.
    """

    ensemble: Ensemble
    score: Score
    holdout_score: float | None = None
    holdout_interval: tuple[float, float] | None = None
    baseline: Score | None = None
    baseline_holdout: float | None = None
    gates: tuple[Gate, ...] = ()
    reason: str = ""
    fitted: tuple[Path, ...] = ()
    fitted_rows: np.ndarray = field(default_factory=lambda: np.zeros(0, dtype=int), compare=False)
    fit_seconds: tuple[float, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether no gate failed."""
        return all(gate.verdict != FAIL for gate in self.gates)


def run(
    context: Context,
    choice: EnsembleChoice,
    baseline: Evaluation,
    slice: Slice,
    prepared: Prepared,
    limits: Limits = Limits(),  # noqa: B008 - frozen
) -> Validation:
    """Choose the finalist, score the holdout and measure the gates.

    Parameters
    ----------
    context : Context
        The session's.
    choice : EnsembleChoice
        Of the ensemble phase.
    baseline : Evaluation
        The simple model that must be beaten.
    slice : Slice
        What the phase may spend; with little, gates are skipped.
    prepared : Prepared
        The table and the names of its columns.
    limits : Limits
        What was asked for beyond what every model must meet.

    Returns
    -------
    Validation
        Its gates have been emitted too.
    """
    fits = _Fits(context, choice, baseline, slice)
    fits.run()
    ensemble, reason = fits.choose()
    measured = fits.measured(ensemble)
    gating = Gating(context, prepared, measured, slice, limits)
    intervals = holdout_intervals(gating)
    gates = []
    for gate in measure(gating, intervals):
        context.emit(
            GateMeasured(gate.name, gate.verdict, gate.measured, gate.threshold, gate.explanation)
        )
        gates.append(gate)
    return Validation(
        ensemble=ensemble,
        score=measured.score,
        holdout_score=_on_holdout(context, measured.holdout),
        holdout_interval=intervals[0] if intervals else None,
        baseline=measured.baseline,
        baseline_holdout=_on_holdout(context, measured.baseline_holdout),
        gates=tuple(gates),
        reason=reason,
        fitted=measured.fitted,
        fitted_rows=fits.fit_rows,
        fit_seconds=tuple(result.fit_seconds for result in measured.fits),
    )


def _on_holdout(context: Context, matrix: np.ndarray | None) -> float | None:
    if matrix is None:
        return None
    score = safe_score(context, matrix, context.judge.splits.holdout)
    return score if math.isfinite(score) else None


@dataclass(frozen=True, slots=True)
class _Parts:
    """One solution's predictions of the three kinds of rows."""

    selection: np.ndarray
    holdout: np.ndarray
    train: np.ndarray


class _Fits:
    """The fits of the phase, and what is read off them.

    Parameters
    ----------
    context, choice, baseline, slice
        See :func:`run`.
    """

    def __init__(
        self, context: Context, choice: EnsembleChoice, baseline: Evaluation, slice: Slice
    ) -> None:
        self.context = context
        self.choice = choice
        self.baseline = baseline
        self.slice = slice
        splits = context.judge.splits
        self.search, self.selection, self.holdout = splits.search, splits.selection, splits.holdout
        self.solutions, self.fit_rows = self._affordable()
        self.train_rows = self._sample("train", self.fit_rows)
        self.shuffled_rows = self._sample("shuffled", self.search)
        self.results: dict[str, FitResult] = {}
        self.shuffled: tuple[FitResult, ...] = ()

    def run(self) -> None:
        """Fit finalists, baseline and the shuffled-target run, as far as time allows."""
        solutions = self.solutions
        if not solutions:
            return
        self._folder.mkdir(parents=True, exist_ok=True)
        requests = [self._request(solution) for solution in solutions]
        requests += self._shuffled_requests()
        deadline = self.context.budget.clock() + FIT_SHARE * self.slice.seconds()
        results = self.context.judge.fit(requests, deadline=deadline)
        self.results = {s.digest: r for s, r in zip(solutions, results, strict=False)}
        self.shuffled = tuple(results[len(solutions) :])

    def choose(self) -> tuple[Ensemble, str]:
        """The choice of the ensemble phase, unless another finalist is better beyond noise.

        The selection rows are looked at here, once.
        """
        chosen, rows = self.choice.ensemble, self.selection
        first = self.parts(chosen)
        rivals = [f for f in self.choice.finalists if f != chosen and self.parts(f)]
        if first is None and rivals:
            return rivals[0], "the finalist that there was time to fit"
        if first is None or not rivals or not len(rows):
            return chosen, "the choice of the ensemble phase"
        best = 0.0
        for rival in rivals:
            parts = self.parts(rival)
            assert parts is not None
            gain, error = self._gain(parts.selection, first.selection)
            if gain > max(best, error):
                best, chosen = gain, rival
        if chosen == self.choice.ensemble:
            return chosen, f"no other finalist is better beyond noise on {len(rows)} selection rows"
        return chosen, (
            f"best of {1 + len(rivals)} finalists on {len(rows)} selection rows, {best:.4g} better "
            "than the choice of the ensemble phase"
        )

    def _gain(self, rival: np.ndarray, first: np.ndarray) -> tuple[float, float]:
        """How much better one is on the selection rows, and the standard error of that."""
        rows, metric = self.selection, self.context.judge.metric
        sign = 1.0 if metric.greater_is_better else -1.0

        def gain(at: np.ndarray) -> tuple[float]:
            scores = [safe_score(self.context, m[at], rows[at]) for m in (rival, first)]
            return (sign * (scores[0] - scores[1]),)

        seed = derive(self.context.seed, "validation", "selection")
        ((low, high),) = bootstrap(gain, len(rows), seed, draws=100)
        return gain(np.arange(len(rows)))[0], (high - low) / 3.92

    def parts(self, ensemble: Ensemble) -> _Parts | None:
        """An ensemble's predictions; None if a member was not fitted."""
        matrices = []
        for member in ensemble.members:
            result = self.results.get(member.digest)
            if result is None or result.predictions is None:
                return None
            matrices.append(result.predictions)
        ends = np.cumsum([len(self.selection), len(self.holdout)])
        return _Parts(*np.split(combined(ensemble, matrices), ends))

    def measured(self, ensemble: Ensemble) -> Measured:
        """Everything the gates are measured from."""
        parts = self.parts(ensemble)
        plain = self.parts(Ensemble((self.baseline.solution,)))
        members = ensemble.members if parts else ()
        return Measured(
            ensemble=ensemble,
            score=self._score(ensemble),
            baseline=self._baseline_score(),
            holdout=parts.holdout if parts else None,
            baseline_holdout=plain.holdout if plain else None,
            train=parts.train if parts else None,
            train_rows=self.train_rows,
            fits=tuple(self.results[member.digest] for member in members),
            fitted=tuple(self._path(member) for member in members),
            shuffled=self.shuffled,
            shuffled_rows=self.shuffled_rows,
            is_baseline=[m.digest for m in ensemble.members] == [self.baseline.solution.digest],
        )

    @property
    def _folder(self) -> Path:
        return self.context.folder / "validation"

    def _path(self, solution: Solution) -> Path:
        return self._folder / f"{solution.digest}.joblib"

    def _score(self, ensemble: Ensemble) -> Score:
        found = (s.score for s in self.choice.strategies if s.ensemble == ensemble and s.score)
        return (
            self.choice.score
            if ensemble == self.choice.ensemble
            else next(found, self.choice.score)
        )

    def _baseline_score(self) -> Score | None:
        """Made like the ensemble's: from out-of-fold predictions, repeats averaged."""
        oof = self.baseline.oof
        return self.baseline.score if oof is None else self.context.judge.fold_scores(oof())

    def _affordable(self) -> tuple[list[Solution], np.ndarray]:
        """What to fit on which rows.

        All finalists, else the choice, else a cheaper finalist; else the choice on a sample of the
        rows, else nothing.
        """
        choice, finalists = self.choice.ensemble, self.choice.finalists
        plain = Ensemble((self.baseline.solution,))
        seconds = FIT_SHARE * self.slice.seconds()
        plans = [[choice, plain, *finalists]] if len(self.selection) else []
        for ensembles in [*plans, *([finalist, plain] for finalist in (choice, *finalists))]:
            if self._seconds(distinct_members(ensembles)) <= seconds:
                return distinct_members(ensembles), self.search
        solutions = distinct_members([choice, plain])
        share = CAUTION * seconds / self._seconds(solutions)
        count = int(share * len(self.search))
        if count < FEWEST_ROWS:
            return [], self.search
        rng = np.random.default_rng(derive(self.context.seed, "validation", "rows"))
        return solutions, np.sort(rng.choice(self.search, count, replace=False))

    def _seconds(self, solutions: list[Solution]) -> float:
        costs = [fit_cost(self.context, s, len(self.search)) for s in solutions]
        return makespan(costs, self.context.jobs)

    def _request(self, solution: Solution) -> FitRequest:
        rows = np.concatenate([self.selection, self.holdout, self.train_rows])
        return FitRequest(solution, self.fit_rows, rows, save=self._path(solution))

    def _shuffled_requests(self) -> list[FitRequest]:
        """The cheapest member, on a sample of training rows with their labels shuffled."""
        members = self.choice.ensemble.members
        cheapest = min(members, key=lambda m: fit_cost(self.context, m, len(self.search)))
        left = np.setdiff1d(self.search, self.shuffled_rows)
        rng = np.random.default_rng(derive(self.context.seed, "validation", "labels"))
        train = np.sort(rng.choice(left, min(SAMPLE_ROWS, len(left)), replace=False))
        labels = self.context.judge.labels(train)
        return [
            FitRequest(cheapest, train, self.shuffled_rows, labels=rng.permutation(labels))
            for _ in range(SHUFFLES)
        ]

    def _sample(self, what: str, rows: np.ndarray) -> np.ndarray:
        """Some of the rows: at most half of them."""
        rng = np.random.default_rng(derive(self.context.seed, "validation", what))
        return np.sort(rng.choice(rows, min(SAMPLE_ROWS, len(rows) // 2), replace=False))
