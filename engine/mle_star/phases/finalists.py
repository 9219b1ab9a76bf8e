"""The fits of the validation phase: finalists, baseline and the shuffled-target run.

Everything is fitted once, on the search rows, or on some of them where time is short.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from mle_star.budget import Slice
from mle_star.errors import StateError
from mle_star.events import Noted
from mle_star.judge.evaluation import Evaluation, FitRequest, FitResult, Score
from mle_star.judge.gates import bootstrap
from mle_star.judge.schedule import makespan
from mle_star.phases.context import Context
from mle_star.phases.gating import Measured, safe_score
from mle_star.phases.members import combined, distinct_members, fit_cost, predict_cost
from mle_star.phases.nested import nested
from mle_star.phases.stand import TREE, kind_of, loss
from mle_star.seeds import derive
from mle_star.solution.solution import Ensemble, Solution

if TYPE_CHECKING:
    from mle_star.phases.ensemble import EnsembleChoice

SAMPLE_ROWS = 2_000
"""Training rows that are predicted too; rows of the shuffled-target run."""

FIT_SHARE = 0.85
"""Share of the slice for fitting; the rest is for measuring."""

SURE = 0.85
"""Share of that time that is planned for: a fit that does not end leaves nothing to measure."""

SHUFFLES = 5

CAUTION = 0.7
"""Share of the time for fitting that is planned for where there is more to fit than must be."""

FEWEST_ROWS = 500
"""Fits on fewer of the search rows than this are not begun."""


@dataclass(frozen=True, slots=True)
class Parts:
    """An ensemble's predictions of the three kinds of rows."""

    selection: np.ndarray
    holdout: np.ndarray
    train: np.ndarray


class Fits:
    """The fits of the phase, and what is read off them.

    Parameters
    ----------
    context : Context
        The session's.
    choice : EnsembleChoice
        Of the ensemble phase.
    baseline : Evaluation
        The simple model that must be beaten.
    slice : Slice
        What the phase may spend.
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
        self._parts: dict[Ensemble, Parts | None] = {}
        self.shuffled: tuple[FitResult, ...] = ()

    def run(self) -> None:
        """Fit finalists, baseline and the shuffled-target run, as far as time allows."""
        solutions = self.solutions
        if not solutions:
            return
        if len(self.fit_rows) < len(self.search):
            part = f"{len(self.fit_rows)} of {len(self.search)} search rows"
            told = f"validated as fitted on {part}: there was no time for all of them"
            self.context.emit(Noted("info", told))
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
        if first is None and (alone := self._alone(chosen)):
            return alone, "the best member that there was time to fit"
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

    def _alone(self, ensemble: Ensemble) -> Ensemble | None:
        """The best of its members that were fitted though others were not; no single tree."""
        known = [self.context.scored(member.digest) for member in ensemble.members]
        ranked = sorted((e for e in known if e and kind_of(e) != TREE), key=loss)
        fitted = (one for e in ranked if self.parts(one := Ensemble((e.solution,))))
        return next(fitted, None)

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

    def parts(self, ensemble: Ensemble) -> Parts | None:
        """An ensemble's predictions; None if it was not fitted, or cannot be combined."""
        if ensemble not in self._parts:
            self._parts[ensemble] = self._found(ensemble)
        return self._parts[ensemble]

    def measured(self, ensemble: Ensemble) -> Measured:
        """Everything the gates are measured from."""
        parts = self.parts(ensemble)
        plain = self.parts(Ensemble((self.baseline.solution,)))
        members, held = ensemble.members if parts else (), len(self.holdout) > 0
        score = self._score(ensemble)
        honest = None if held else nested(self.context, ensemble, score)
        return Measured(
            ensemble=ensemble,
            score=honest or score,
            is_nested=honest is not None,
            baseline=self._baseline_score(),
            holdout=parts.holdout if parts and held else None,
            baseline_holdout=plain.holdout if plain and held else None,
            oof=None if held else self._oof(ensemble),
            train=parts.train if parts else None,
            train_rows=self.train_rows,
            fits=tuple(self.results[member.digest] for member in members),
            fitted=tuple(self._path(member) for member in members),
            shuffled=self.shuffled,
            shuffled_rows=self.shuffled_rows,
            is_baseline=[m.digest for m in ensemble.members] == [self.baseline.solution.digest],
        )

    def _found(self, ensemble: Ensemble) -> Parts | None:
        matrices = []
        for member in ensemble.members:
            result = self.results.get(member.digest)
            if result is None or result.predictions is None:
                return None
            matrices.append(result.predictions)
        ends = np.cumsum([len(self.selection), len(self.holdout)])
        try:
            return Parts(*np.split(combined(self.context, ensemble, matrices), ends))
        except StateError:  # an agent wrote how, and that failed
            return None

    def _oof(self, ensemble: Ensemble) -> np.ndarray | None:
        """Out-of-fold predictions, with the combination that learnt from all of them."""
        known = [self.context.scored(member.digest) for member in ensemble.members]
        matrices = [one.oof() for one in known if one is not None and one.oof is not None]
        if len(matrices) < len(known):
            return None
        try:
            return combined(self.context, ensemble, matrices)
        except StateError:  # an agent wrote how, and that failed
            return None

    @property
    def _folder(self) -> Path:
        return self.context.folder / "validation"

    def _path(self, solution: Solution) -> Path:
        return self._folder / f"{solution.digest}.joblib"

    def _score(self, ensemble: Ensemble) -> Score:
        if ensemble == self.choice.ensemble:
            return self.choice.score
        compared = [s.score for s in self.choice.strategies if s.ensemble == ensemble and s.score]
        alone = self.context.scored(ensemble.members[0].digest)
        return next(iter(compared), (alone and alone.score) or self.choice.score)

    def _baseline_score(self) -> Score | None:
        """Made like the ensemble's: from out-of-fold predictions, repeats averaged."""
        oof = self.baseline.oof
        return self.baseline.score if oof is None else self.context.judge.fold_scores(oof())

    def _affordable(self) -> tuple[list[Solution], np.ndarray]:
        """What to fit on which rows.

        All finalists, else the choice, without the baseline if need be, else a cheaper finalist;
        else the choice on a sample of the rows, else nothing.
        """
        choice, finalists = self.choice.ensemble, self.choice.finalists
        plain = Ensemble((self.baseline.solution,))
        seconds = FIT_SHARE * self.slice.seconds()
        everything = distinct_members([choice, plain, *finalists])
        if len(self.selection) and self._seconds(everything) <= CAUTION * seconds:
            return everything, self.search
        for together in ([choice, plain], [choice], *([one, plain] for one in finalists)):
            solutions = distinct_members(together)
            if self._seconds(solutions) <= SURE * seconds:
                return solutions, self.search
        solutions = distinct_members([choice, plain])
        share = CAUTION * seconds / self._seconds(solutions)
        count = int(share * len(self.search))
        if count < FEWEST_ROWS:
            return [], self.search
        rng = np.random.default_rng(derive(self.context.seed, "validation", "rows"))
        return solutions, np.sort(rng.choice(self.search, count, replace=False))

    def _seconds(self, solutions: list[Solution]) -> float:
        context, fitted = self.context, len(self.search)
        predicted = len(self.selection) + len(self.holdout) + SAMPLE_ROWS
        costs = [
            fit_cost(context, s, fitted) + predict_cost(context, s, predicted) for s in solutions
        ]
        return makespan(costs, context.jobs)

    def _request(self, solution: Solution) -> FitRequest:
        rows = np.concatenate([self.selection, self.holdout, self.train_rows])
        return FitRequest(solution, self.fit_rows, rows, save=self._path(solution))

    def _shuffled_requests(self) -> list[FitRequest]:
        """One member, on a sample of training rows with their labels shuffled.

        The cheapest; where evaluations are counted the first, so that no clock decides.
        """
        members, context = self.choice.ensemble.members, self.context
        cheapest = members[0]
        if not context.budget.counts_evaluations:
            cheapest = min(members, key=lambda m: fit_cost(context, m, len(self.search)))
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
