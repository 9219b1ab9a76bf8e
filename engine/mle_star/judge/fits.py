"""Fits of solutions on given rows: what validation and deployment are made of."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mle_star.judge.cache import FoldCache
from mle_star.judge.evaluation import FitRequest, FitResult
from mle_star.judge.handles import TIME_LIMIT, Job
from mle_star.judge.pool import Pool
from mle_star.judge.predictions import checked
from mle_star.judge.wire import Order, Reply
from mle_star.types import Task


@dataclass(frozen=True, slots=True)
class Fits:
    """Runs fits over the pool; one that was done before is not done again.

    Parameters
    ----------
    pool : Pool
        Does the work.
    cache : FoldCache
        Keeps what came of it.
    task : Task
        What predictions must look like.
    labels : ndarray of shape (n_rows, n_outputs)
        True labels.
    times : ndarray of shape (n_rows,) or None
        Puts training rows in order.
    """

    pool: Pool
    cache: FoldCache
    task: Task
    labels: np.ndarray
    times: np.ndarray | None

    def run(self, requests: Sequence[FitRequest], limit: float, seconds: float) -> list[FitResult]:
        """Fit and predict.

        Parameters
        ----------
        requests : sequence of FitRequest
            What to fit.
        limit : float
            Seconds that one may take.
        seconds : float
            Seconds after which what still runs is ended.
        """
        jobs = [Job(self._order(k, request), limit) for k, request in enumerate(requests)]
        results: dict[int, FitResult] = {}
        for job in jobs:
            if (reply := self.cache.kept(job.order)) is not None:
                results[job.order.number] = self._result(job, reply)

        def done(job: Job, reply: Reply) -> list[Job]:
            results[job.order.number] = self._result(job, reply)
            if not reply.failure:
                self.cache.keep(job.order, reply)
            return []

        fresh = [job for job in jobs if job.order.number not in results]
        self.pool.run(fresh, done, time.monotonic() + seconds)
        return [results[k] for k in range(len(jobs))]

    def _order(self, number: int, request: FitRequest) -> Order:
        train, labels = np.asarray(request.train), request.labels
        labels = self.labels[train] if labels is None else np.asarray(labels, dtype=float)
        if self.times is not None:
            forward = np.argsort(self.times[train], kind="stable")
            train, labels = train[forward], labels[forward]
        predict = np.asarray(request.predict)
        return Order(number, request.solution, train, predict, labels, request.seed, request.save)

    def _result(self, job: Job, reply: Reply) -> FitResult:
        failure, predictions = reply.failure, reply.predictions
        if failure == TIME_LIMIT:
            failure = f"time limit of {job.seconds:.4g} s"
        if not failure:
            try:
                predictions = checked(predictions, self.task, len(job.order.predict))
            except ValueError as error:
                failure, predictions = str(error), None
        costs = reply.fit_seconds, reply.predict_seconds, reply.peak_mib
        return FitResult(None if failure else predictions, failure, *costs)
