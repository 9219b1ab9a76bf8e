"""One candidate on its way through the folds: what is to be run, what came back, the verdict."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from mle_star.events import EvaluationFinished
from mle_star.judge.cache import FoldCache
from mle_star.judge.evaluation import DROPPED, Evaluation, Fidelity, Score
from mle_star.judge.handles import TIME_LIMIT, Job
from mle_star.judge.metrics import Metric
from mle_star.judge.pool import Pool
from mle_star.judge.wire import Reply
from mle_star.solution.solution import Solution

DROP_SPREADS = 2.0
"""A candidate whose first fold is this many spreads behind the incumbent's is dropped ..."""
DROP_SHARE = 0.02
"""... if that is also this share of the incumbent's value."""

FoldScore = Callable[[int, np.ndarray], float]
"""Fold number and its predictions in, the metric's value out; raises what makes it a failure."""


@dataclass(slots=True)
class Trial:
    """The state of one evaluation.

    Nothing here depends on the order in which folds end: the verdict of a failing candidate is that
    of its lowest failing fold, and folds below a failing one are always run.

    Parameters
    ----------
    solution, fidelity
        What is judged, and how much of it.
    metric : Metric
        Direction and name.
    jobs : dict of int to Job
        By fold number; those not yet done.
    score_fold : callable
        See :data:`FoldScore`; the message of a ValueError becomes the reason of the failure.
    seconds : float
        Wall seconds that all folds together may take.
    incumbent : Evaluation or None
        To be compared with after the first fold.
    test_share : float
        See :class:`~mle_star.judge.evaluation.Score`.
    known : Evaluation or None, default None
        The verdict, where it was given before a resumption; then nothing is run.
    together : bool, default False
        Begin all folds at once although the incumbent may end it after the first: a worker that
        would have to wait for that has nothing else to do. The verdict is the same.
    """

    solution: Solution
    fidelity: Fidelity
    metric: Metric
    jobs: dict[int, Job]
    score_fold: FoldScore
    seconds: float
    incumbent: Evaluation | None
    test_share: float
    known: Evaluation | None = None
    together: bool = False
    replies: dict[int, Reply] = field(default_factory=dict)
    scores: dict[int, float] = field(default_factory=dict)
    failures: dict[int, str] = field(default_factory=dict)
    dropped: str = ""

    def first(self) -> list[Job]:
        """What can be begun at once: only the first fold while the incumbent may still end it."""
        if self.known is not None:
            return []
        if self._may_be_dropped and not self.together:
            return [self.jobs[0]]
        return list(self.jobs.values())

    def take(self, fold: int, reply: Reply) -> list[Job]:
        """Take the result of one fold; gives back what can be begun now."""
        del self.jobs[fold]
        self.replies[fold] = reply
        if reply.failure or reply.predictions is None:
            self._fail(fold, reply.failure)
        else:
            try:
                self.scores[fold] = self.score_fold(fold, reply.predictions)
            except ValueError as error:
                self._fail(fold, str(error))
        self._limit()
        if fold == 0 and self._may_be_dropped and min(self.failures, default=1) > 0:
            self.dropped = self._hopeless()
            if self.dropped:
                self._cancel()
            elif not self.together:
                return list(self.jobs.values())
        return []

    @property
    def finished(self) -> bool:
        """Whether the verdict is known."""
        lowest = min(self.failures, default=None)
        if self.known is not None or self.dropped or lowest == 0:
            return True
        return all(lowest is not None and fold > lowest for fold in self.jobs)

    def verdict(self) -> Evaluation:
        """The evaluation, without out-of-fold predictions."""
        if self.known is not None:
            return self.known
        lowest = min(self.failures, default=None)
        failure = self.dropped or ("" if lowest is None else self.failures[lowest])
        replies = list(self.replies.values())
        return Evaluation(
            self.solution,
            self.fidelity,
            None if failure else self._score(),
            failure,
            seconds=sum(r.fit_seconds + r.predict_seconds for r in replies),
            fit_seconds=float(np.mean([r.fit_seconds for r in replies])) if replies else 0.0,
            peak_mib=max((r.peak_mib for r in replies), default=0.0),
        )

    def _score(self) -> Score:
        folds = tuple(self.scores[k] for k in sorted(self.scores))
        return Score(self.metric.name, self.metric.greater_is_better, folds, self.test_share)

    def _fail(self, fold: int, reason: str) -> None:
        if reason == TIME_LIMIT:
            reason = f"time limit of {self.seconds:.4g} s"
        self.failures[fold] = reason
        self._cancel(fold)

    def _cancel(self, above: int = -1) -> None:
        """Run no folds above this one."""
        for other, job in self.jobs.items():
            job.cancelled = job.cancelled or other > above
        self.jobs = {k: job for k, job in self.jobs.items() if not job.cancelled}

    def _limit(self) -> None:
        left = self.seconds - sum(r.fit_seconds + r.predict_seconds for r in self.replies.values())
        for job in self.jobs.values():
            job.seconds = max(left, 0.0)
        if left < 0 and not self.failures and self.jobs:
            self._fail(-1, TIME_LIMIT)  # of all folds together: none goes on

    @property
    def _may_be_dropped(self) -> bool:
        rival = self.incumbent
        return (
            rival is not None
            and rival.score is not None
            and rival.fidelity.rows == self.fidelity.rows
            and len(self.jobs) + len(self.replies) > 1
        )

    def _hopeless(self) -> str:
        assert self.incumbent is not None
        assert self.incumbent.score is not None
        rival, own = self.incumbent.score, self.scores[0]
        best = rival.folds[0]
        gap = best - own if rival.greater_is_better else own - best
        if gap <= max(DROP_SPREADS * rival.spread, DROP_SHARE * abs(best)):
            return ""
        return f"{DROPPED} after one fold: {rival.metric} {own:.5g} against {best:.5g}"


def run_trials(
    trials: Sequence[Trial],
    pool: Pool,
    cache: FoldCache,
    deadline: float,
    finish: Callable[[Trial], Evaluation],
) -> dict[str, Evaluation]:
    """Run trials to their verdicts over the pool, taking from the cache what is there.

    Parameters
    ----------
    trials : sequence of Trial
        Of different solutions.
    pool : Pool
        Does the work.
    cache : FoldCache
        Asked before a fold is run, told afterwards.
    deadline : float
        Reading of :func:`time.monotonic`.
    finish : callable
        Called for each trial as its verdict and those of all before it are known.

    Returns
    -------
    dict of str to Evaluation
        What `finish` gave back, by the solution's digest.
    """
    owners: dict[int, Trial] = {}
    verdicts: dict[str, Evaluation] = {}
    waiting = list(trials)

    def begin(trial: Trial, jobs: list[Job]) -> list[Job]:
        queued = []
        while jobs:
            job = jobs.pop(0)
            if job.cancelled:
                continue
            hit = cache.get(cache.key(job.order))
            if hit is not None:
                jobs += trial.take(job.order.number, hit)
            else:
                owners[id(job)] = trial
                queued.append(job)
        while waiting and waiting[0].finished:
            verdicts[waiting[0].solution.digest] = finish(waiting[0])
            del waiting[0]
        return queued

    def done(job: Job, reply: Reply) -> list[Job]:
        trial = owners.pop(id(job))
        if job.cancelled:
            return []
        if not reply.failure:
            cache.put(cache.key(job.order), reply)
        return begin(trial, trial.take(job.order.number, reply))

    pool.run([job for trial in trials for job in begin(trial, trial.first())], done, deadline)
    return verdicts


def finished_event(evaluation: Evaluation, rows: int) -> EvaluationFinished:
    """The event that tells of an evaluation on so many training rows a fold."""
    solution, score = evaluation.solution, evaluation.score
    return EvaluationFinished(
        digest=solution.digest,
        name=solution.name,
        parent=solution.parent,
        changed=solution.changed or "",
        origin=solution.origin,
        blocks={str(block.role): block.digest for block in solution.blocks},
        score=score.mean if score else None,
        spread=score.spread if score else None,
        folds=list(score.folds) if score else [],
        rows=rows,
        seconds=evaluation.seconds,
        peak_mib=evaluation.peak_mib,
        failure=evaluation.failure,
        cached=evaluation.cached,
        sample_rows=evaluation.fidelity.rows,
        sample_folds=evaluation.fidelity.folds,
        fit_seconds=evaluation.fit_seconds,
    )
