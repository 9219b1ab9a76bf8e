"""The only thing that makes scores: candidates in, out-of-fold predictions scored by the engine."""

from __future__ import annotations

import copy
import math
import time
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from mle_star.budget import Budget, Slice
from mle_star.errors import StateError
from mle_star.events import BlockSeen, Emit, EvaluationStarted
from mle_star.judge.cache import FoldCache, data_digest
from mle_star.judge.evaluation import (
    Evaluation,
    Fidelity,
    FitRequest,
    FitResult,
    Score,
    Splits,
)
from mle_star.judge.fits import Fits
from mle_star.judge.handles import BUDGET_ENDED, Job
from mle_star.judge.metrics import Metric, get_metric
from mle_star.judge.orders import Orders
from mle_star.judge.pool import Pool
from mle_star.judge.predictions import averaged, checked
from mle_star.judge.splits import strata_of, thinned
from mle_star.judge.trial import Trial, finished_event, run_trials
from mle_star.judge.verdicts import Verdicts
from mle_star.solution.solution import Solution
from mle_star.types import Columns, Task

CANDIDATE_SECONDS = 600.0
"""Wall seconds that one evaluation may take unless told otherwise."""


class Judge:
    """Judges solutions on a session's folds; see :meth:`open` for how one is made.

    Attributes
    ----------
    task, metric, splits
        What is predicted, how it is scored, and how rows are divided (scored rows of a fold are
        thinned to at most `max_score_rows`).
    oof_rows : ndarray of int
        Sorted positions of the rows that out-of-fold predictions are about.
    candidate_seconds : float
        Wall seconds that all folds of one evaluation may take together; may be set at any time.
    test_share : float
        As in a score.
    verdicts : Verdicts
        What is known already; it may be told of verdicts given before a resumption.
    """

    def __init__(
        self,
        pool: Pool,
        task: Task,
        labels: np.ndarray,
        splits: Splits,
        cache: FoldCache,
        *,
        budget: Budget,
        emit: Emit,
        seed: int,
        metric: Metric | None = None,
        candidate_seconds: float = CANDIDATE_SECONDS,
        max_score_rows: int = 20_000,
    ) -> None:
        self.task = task
        self.metric = metric or get_metric(task.metric, task)
        self.candidate_seconds = candidate_seconds
        self._pool = pool
        self._labels = np.asarray(labels, dtype=float)
        self._cache = cache
        self._budget = budget
        self._emit = emit
        strata = None if splits.times is not None else strata_of(task, self._labels)
        self.test_share = float(np.mean([len(f.score) / len(f.train) for f in splits.folds]))
        self.splits = thinned(splits, strata, max_score_rows, seed)
        self._orders = Orders(self.splits, self._labels, strata, seed)
        self.oof_rows = np.unique(np.concatenate([fold.score for fold in self.splits.folds]))
        self._fits = Fits(pool, cache, task, self._labels, splits.times)
        self.verdicts = Verdicts()
        self._seen: dict[str, str] = {}
        self._presumed: set[tuple[str, Fidelity]] = set()

    @classmethod
    def open(
        cls,
        table: pd.DataFrame,
        labels: np.ndarray,
        task: Task,
        columns: Columns,
        splits: Splits,
        *,
        folder: Path,
        jobs: int,
        budget: Budget,
        emit: Emit,
        seed: int,
        metric: Metric | None = None,
        candidate_seconds: float = CANDIDATE_SECONDS,
        memory_mib: float | None = None,
        max_score_rows: int = 20_000,
        pool: Pool | None = None,
    ) -> Judge:
        """Write the table for the workers and make a judge.

        Parameters
        ----------
        table : DataFrame
            Features of all rows, without targets.
        labels : ndarray of shape (n_rows, n_outputs)
            Class codes, or numbers; kept in this process.
        task, columns, splits
            What is predicted, what cells are told, how rows are divided.
        folder : Path
            The session's own work folder.
        jobs : int
            Worker processes.
        budget : Budget
            Its `used` is counted up, one an evaluation.
        emit : callable
            Takes the events.
        seed : int
            The session's seed.
        metric : Metric or None, default None
            None: the task's.
        candidate_seconds : float, default CANDIDATE_SECONDS
            Wall seconds one evaluation may take. It makes results depend on the clock; set it high
            where evaluations are counted.
        memory_mib : float or None, default None
            Memory one candidate may take; None: a share of what is free.
        max_score_rows : int, default 20000
            Rows that a fold is scored on at most: a seeded sample, fixed here.
        pool : Pool or None, default None
            One that was warmed already (then `jobs` and `memory_mib` are its own).
        """
        pool = pool or Pool(jobs, folder, memory_mib)
        pool.load(table, columns)
        return cls(
            pool,
            task,
            labels,
            splits,
            FoldCache(folder / "folds", data_digest(table, labels)),
            budget=budget,
            emit=emit,
            seed=seed,
            metric=metric,
            candidate_seconds=candidate_seconds,
            max_score_rows=max_score_rows,
        )

    def evaluate(
        self,
        solutions: Sequence[Solution],
        *,
        slice: Slice,
        fidelity: Fidelity = Fidelity(),  # noqa: B008 - frozen
        incumbent: Evaluation | None = None,
    ) -> list[Evaluation]:
        """Judge solutions, their folds in parallel.

        Parameters
        ----------
        solutions : sequence of Solution
            Counted against the budget in this order; those beyond it are not judged. What was
            judged before at the same fidelity comes from the cache and counts for nothing.
        slice : Slice
            What may be spent.
        fidelity : Fidelity
            Rows and folds.
        incumbent : Evaluation or None, default None
            If given, a candidate far behind the incumbent's first fold is dropped after its own.

        Returns
        -------
        list of Evaluation
            In the order given. When evaluations are counted it does not depend on the number of
            workers or on timing.
        """
        trials: dict[str, Trial] = {}
        for solution in solutions:
            digest = solution.digest
            free = (digest, fidelity) in self._presumed
            allowed = free or slice.allows()
            if digest in trials or self.verdicts.get(digest, fidelity) or not allowed:
                continue
            trials[digest] = self._trial(solution, fidelity, incumbent)
            trials[digest].known = self.verdicts.recall(digest, fidelity)
            self._budget.used += not free
        waiting = list(trials.values())
        for trial in waiting:
            trial.together = len(waiting) < self._pool.jobs
            self._emit_started(trial)
        deadline = time.monotonic() + slice.seconds()
        verdicts = run_trials(waiting, self._pool, self._cache, deadline, self._finish)
        return [self._verdict(solution, fidelity, verdicts) for solution in solutions]

    def presume(self, mean: Solution, parts: Sequence[Solution], fidelity: Fidelity) -> None:
        """Know an average from its parts, see :meth:`mle_star.judge.orders.Orders.presume`."""
        if self._orders.presume(self._cache, mean, parts, fidelity):
            self._presumed.add((mean.digest, fidelity))

    def adopt(self, evaluations: Iterable[Evaluation]) -> list[Evaluation]:
        """Take remembered verdicts as given in this process; they count for nothing."""
        found = [self._complete(evaluation) for evaluation in evaluations]
        for evaluation in found:
            self.verdicts.recall(evaluation.solution.digest, evaluation.fidelity)
            self.verdicts.put(evaluation)
            self._seen |= {block.digest: block.recipe for block in evaluation.solution.blocks}
        return found

    def branch(self, budget: Budget) -> Judge:
        """A judge for one task of several: what it learns is its own, whichever is faster."""
        other = copy.copy(self)
        other._budget, other.verdicts = budget, self.verdicts.branch()
        other._seen, other._presumed = dict(self._seen), set(self._presumed)
        return other

    def fit(self, requests: Sequence[FitRequest], *, deadline: float = math.inf) -> list[FitResult]:
        """Fit solutions on given rows and predict others; not counted.

        Parameters
        ----------
        requests : sequence of FitRequest
            Training rows of a task with a time column are put in the order of time. One that was
            done before, and whose saved file is intact, is not done again.
        deadline : float, default inf
            Reading of the budget's clock at which what still runs is ended. Without one, each
            request may take `candidate_seconds`.

        Returns
        -------
        list of FitResult
            In the order of the requests.
        """
        limit = math.inf if math.isfinite(deadline) else self.candidate_seconds
        seconds = max(0.0, deadline - self._budget.clock())
        return self._fits.run(requests, limit, seconds)

    def labels(self, rows: np.ndarray) -> np.ndarray:
        """True labels of rows, shape (n, n_outputs): for the engine's own code only."""
        return np.asarray(self._labels[rows])

    def score(self, matrix: np.ndarray, rows: np.ndarray) -> float:
        """The metric of a prediction matrix against the true labels of rows.

        Raises
        ------
        ScoreError
            If the metric is undefined there.
        """
        return self.metric.score_task(self.task, self._labels[rows], matrix)

    def fold_scores(self, oof_matrix: np.ndarray) -> Score:
        """Score any out-of-fold predictions, such as a combination, fold by fold.

        Parameters
        ----------
        oof_matrix : ndarray of shape (len(oof_rows), width)
            Predictions for :attr:`oof_rows`.
        """
        folds = tuple(
            self.score(oof_matrix[np.searchsorted(self.oof_rows, fold.score)], fold.score)
            for fold in self.splits.folds
        )
        return Score(self.metric.name, self.metric.greater_is_better, folds, self.test_share)

    def rest(self) -> None:
        """End the workers that have nothing to do; they are started again when they are needed."""
        self._pool.rest()

    def close(self) -> None:
        """End all workers."""
        self._pool.close()

    def _finish(self, trial: Trial) -> Evaluation:
        evaluation = self._complete(replace(trial.verdict(), solution=trial.solution))
        self._emit_finished(evaluation)
        self.verdicts.put(evaluation)
        return evaluation

    def _complete(self, evaluation: Evaluation) -> Evaluation:
        """With a way to its out-of-fold predictions, where all folds were run."""
        if evaluation.score is None or len(evaluation.score.folds) < len(self.splits.folds):
            return evaluation
        return replace(evaluation, oof=partial(self._oof, evaluation.solution, evaluation.fidelity))

    def _verdict(
        self, solution: Solution, fidelity: Fidelity, fresh: dict[str, Evaluation]
    ) -> Evaluation:
        found = fresh.get(solution.digest) or self.verdicts.get(solution.digest, fidelity)
        if found is None:
            return Evaluation(solution, fidelity, failure=BUDGET_ENDED)
        if found.solution is solution and solution.digest in fresh:
            return found
        found = replace(found, solution=solution, cached=True)
        self._emit_finished(found)
        return found

    def _trial(self, solution: Solution, fidelity: Fidelity, incumbent: Evaluation | None) -> Trial:
        orders = self._orders.of(solution, fidelity)
        jobs = {order.number: Job(order, self.candidate_seconds) for order in orders}
        return Trial(
            solution,
            fidelity,
            self.metric,
            jobs,
            self._score_fold,
            self.candidate_seconds,
            incumbent,
            self.test_share,
        )

    def _score_fold(self, fold: int, predictions: np.ndarray) -> float:
        rows = self.splits.folds[fold].score
        return self.score(checked(predictions, self.task, len(rows)), rows)

    def _oof(self, solution: Solution, fidelity: Fidelity) -> np.ndarray:
        """Out-of-fold predictions from the folds on disk; a fold lost there is run again."""
        trial = self._trial(solution, fidelity, None)
        verdicts = run_trials([trial], self._pool, self._cache, math.inf, Trial.verdict)
        if failure := verdicts[solution.digest].failure:
            raise StateError(f"predictions of {solution.name} are lost: {failure}", "run again")
        predictions = [trial.replies[k].predictions for k in range(len(self.splits.folds))]
        return averaged(predictions, self.splits.folds, self.oof_rows, self.task)

    def _emit_started(self, trial: Trial) -> None:
        solution = trial.solution
        for block in solution.blocks:
            if self._seen.get(block.digest) != block.recipe:
                self._seen[block.digest] = block.recipe
                told = block.role, block.recipe, block.source, block.foreign
                self._emit(BlockSeen(block.digest, *told))
        rows = len(trial.jobs[0].order.train)
        self._emit(EvaluationStarted(solution.digest, solution.name, rows, len(trial.jobs)))

    def _emit_finished(self, evaluation: Evaluation) -> None:
        first = self._orders.train_rows(0, evaluation.fidelity)
        self._emit(finished_event(evaluation, len(first)))
