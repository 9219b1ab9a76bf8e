"""Ways to combine out-of-fold predictions: each learns from some rows, none sees the others.

A strategy is a function of a pool of candidates and the rows it may learn from, choice of members
included, so that scoring it on rows left out is an honest (nested) score.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from mle_star.judge.growth import Grown, grow
from mle_star.judge.losses import Loss
from mle_star.judge.schedule import makespan
from mle_star.judge.stacking import fit_stack, sharpened
from mle_star.toolkit.ensemble import LinearStack, WeightedAverage

Array = np.ndarray
LEARN_ROWS = {True: 4000, False: 2000}
"""Rows used to find weights at most, a seeded sample; by whether the loss is quick."""
SHORTLIST = {True: 25, False: 10}
"""Candidates that a strategy chooses among at most."""
BAGS = {True: 4, False: 2}
"""Samples of half the rows over which greedy selection is averaged."""
MEMBERS = 8
"""Members of an ensemble at most: each must be refitted, shipped and run."""
TINY_WEIGHT = 0.02
STEPS = 14
CLIMBERS = 8
ERROR_ROWS = 1000
"""Rows on which errors are correlated."""
SAME = 0.9995
"""Correlation of errors above which two candidates count as one."""
FLAT = 0.02
"""Share of the best candidate's spread below which predictions are as good as constant."""


@dataclass(frozen=True, slots=True)
class Pool:
    """Candidates to combine.

    Parameters
    ----------
    predictions : ndarray of shape (n_candidates, n_rows, width)
        Out-of-fold predictions.
    labels : ndarray of shape (n_rows, n_outputs)
        True labels of the same rows.
    widths : tuple of int
        Columns of each output; 1 for regression.
    loss : Loss
        What greedy selection makes small.
    costs : ndarray of shape (n_candidates,)
        Seconds to refit each candidate.
    limit : float
        Seconds that refitting all members may take together.
    jobs : int, default 1
        Workers that refit members side by side.
    """

    predictions: Array
    labels: Array
    widths: tuple[int, ...]
    loss: Loss
    costs: Array
    limit: float = np.inf
    jobs: int = 1

    def learn(self, rows: Array, seed: int) -> Lesson:
        """What may be learnt from some rows, at most ``LEARN_ROWS`` of them, drawn with a seed."""
        most = LEARN_ROWS[self.loss.quick]
        if len(rows) > most:
            rows = np.sort(np.random.default_rng(seed).choice(rows, most, replace=False))
        predictions, labels = self.predictions[:, rows], self.labels[rows]
        losses = self.loss.measure(self.loss.view(predictions, labels), labels)
        few = slice(None, None, max(1, len(rows) // ERROR_ROWS))
        close = correlation(errors(predictions[:, few], labels[few], self.widths))
        ranked = [int(candidate) for candidate in np.argsort(losses, kind="stable")]
        spread = predictions.std(axis=1).max(axis=1)
        telling = [
            candidate for candidate in ranked if spread[candidate] > FLAT * spread[ranked[0]]
        ]
        short = _distinct(telling or ranked[:1], close, SHORTLIST[self.loss.quick])
        views = self.loss.view(predictions[short], labels)
        shares = self.costs[short] / self.limit if self.limit > 0 else np.ones(len(short))
        chosen = grow(self.loss, views, labels, shares, MEMBERS, self.jobs)
        grown = stackable = chosen.named(short)
        if self.loss.is_log:
            sharp = self.loss.view(sharpened(predictions[short], labels[:, 0]), labels)
            stackable = grow(self.loss, sharp, labels, shares, MEMBERS, self.jobs).named(short)
        if makespan(self.costs[short], self.jobs) > self.limit:
            short, views = grown.members, views[chosen.members]
        return Lesson(self, predictions, labels, ranked, short, views, grown, stackable, seed)

    def affordable(self, ranked: list[int]) -> list[int]:
        """The leading candidates of a ranking that may be refitted together; at least one."""
        kept: list[int] = []
        for candidate in ranked:
            cost = makespan(self.costs[[*kept, candidate]], self.jobs)
            if len(kept) < MEMBERS and (not kept or cost <= self.limit):
                kept.append(candidate)
        return kept


@dataclass(frozen=True, slots=True)
class Lesson:
    """A pool seen through the rows that a strategy may learn from.

    Parameters
    ----------
    pool : Pool
        All candidates.
    predictions, labels : ndarray
        Those of the rows.
    ranked : list of int
        Candidates, best on these rows first.
    short : list of int
        The first of them, without constants and those whose errors are like a better one's; where
        not all can be fitted again in time, the members of `grown`.
    views : ndarray
        What the loss looks at, of the short list.
    grown : Grown
        For an average.
    stackable : Grown
        For a stack, where timid probabilities are no fault.
    seed : int
        For what is drawn.
    """

    pool: Pool
    predictions: Array
    labels: Array
    ranked: list[int]
    short: list[int]
    views: Array
    grown: Grown
    stackable: Grown
    seed: int


@dataclass(frozen=True, slots=True)
class Combination:
    """What a strategy learnt.

    Parameters
    ----------
    members : tuple of int
        Positions in the pool.
    combiner : WeightedAverage or LinearStack or None
        None exactly when there is one member.
    """

    members: tuple[int, ...]
    combiner: WeightedAverage | LinearStack | None = None

    def apply(self, predictions: Array) -> Array:
        """Combine candidates' matrices, shape (n_candidates, n_rows, width), into one."""
        chosen = [predictions[member] for member in self.members]
        return chosen[0] if self.combiner is None else self.combiner.apply(chosen)

    def weights(self) -> tuple[float, ...]:
        """One number a member: its share of an average, or its coefficient in a stack."""
        if self.combiner is None:
            return (1.0,)
        if isinstance(self.combiner, WeightedAverage):
            return tuple(self.combiner.weights)
        return tuple(self.combiner.coefficients)


Strategy = Callable[[Lesson], Combination | None]
"""Learn from some rows; None where the strategy does not fit the task or the candidates."""


def best_single(lesson: Lesson) -> Combination:
    """Choose the candidate that is best on these rows."""
    return Combination((lesson.ranked[0],))


def plain_average(lesson: Lesson) -> Combination:
    """Average, with equal weights, the few candidates whose mean is best."""
    members = lesson.grown.lead
    return _weighted(lesson.pool, members, np.ones(len(members)))


def greedy(lesson: Lesson) -> Combination:
    """Select greedily with replacement, averaged over bags of half the rows.

    References
    ----------
    Caruana et al., Ensemble selection from libraries of models, ICML 2004.
    """
    short, views, labels = lesson.short, lesson.views, lesson.labels
    random = np.random.default_rng(lesson.seed)
    weights = np.zeros(len(short))
    bags = BAGS[lesson.pool.loss.quick]
    for _ in range(bags):
        bag = random.permutation(len(labels))[: (len(labels) + 1) // 2]
        weights += _climb(lesson.pool.loss, views[:, bag], labels[bag]) / bags
    order = np.argsort(-weights, kind="stable")
    ranked = [int(i) for i in order if weights[i] >= TINY_WEIGHT]
    return _weighted(lesson.pool, [short[i] for i in ranked], weights[ranked])


def stack(lesson: Lesson) -> Combination | None:
    """Fit a linear model over candidates that go well together.

    One coefficient a member, shared by the classes, drawn towards the best plain average: so few
    constants can hardly overfit. None for several outputs.

    References
    ----------
    Wolpert, Stacked generalization, Neural Networks 5(2), 1992. Breiman, Stacked regressions,
    Machine Learning 24, 1996 (coefficients not below zero).
    """
    if len(lesson.pool.widths) > 1:
        return None
    return _stacked(lesson, lesson.stackable.members)


def of_members(members: Sequence[int], weights: Sequence[float] | None = None) -> Strategy:
    """A strategy of given members, with given weights or, None, with weights that are learnt.

    Learnt weights are those of :func:`stack`; where it does not fit (several outputs) they are
    equal. As everywhere, members that cannot be refitted in time are left out.
    """

    def combine(lesson: Lesson) -> Combination | None:
        chosen = list(dict.fromkeys(members))
        if weights is None and len(lesson.pool.widths) == 1:
            return _stacked(lesson, chosen)
        shares = np.ones(len(chosen)) if weights is None else np.asarray(weights, dtype=float)
        return _weighted(lesson.pool, chosen, shares)

    return combine


STRATEGIES: dict[str, Strategy] = {
    "best single": best_single,
    "plain average": plain_average,
    "greedy selection": greedy,
    "linear stacking": stack,
}


def errors(predictions: Array, labels: Array, widths: tuple[int, ...]) -> Array:
    """Predictions minus the truth, flattened, of shape (n_candidates, n_rows * width)."""
    truth = np.hstack(
        [
            labels[:, [j]] if width == 1 else np.eye(width)[labels[:, j].astype(int)]
            for j, width in enumerate(widths)
        ]
    )
    return np.asarray((predictions - truth).reshape(len(predictions), -1))


def correlation(errors: Array) -> Array:
    """Correlations between candidates' errors; 1 where one of them never varies."""
    centred = errors - errors.mean(axis=1, keepdims=True)
    norms = np.sqrt((centred**2).sum(axis=1))
    scale = np.outer(norms, norms)
    product = centred @ centred.T
    return np.asarray(np.divide(product, scale, out=np.ones_like(product), where=scale > 0))


def ambiguity(errors: Array, weights: Array) -> float:
    """Share of the members' squared error that averaging takes away, in [0, 1).

    References
    ----------
    Krogh, Vedelsby, Neural network ensembles, cross validation and active learning, NIPS 1994.
    """
    mixed = weights @ errors
    total = float(weights @ (errors**2).mean(axis=1))
    return 0.0 if total == 0 else float(weights @ ((errors - mixed) ** 2).mean(axis=1)) / total


def _distinct(ranked: list[int], close: Array, most: int) -> list[int]:
    kept: list[int] = []
    for candidate in ranked:
        if len(kept) < most and all(close[candidate, other] <= SAME for other in kept):
            kept.append(candidate)
    return kept


def _climb(loss: Loss, views: Array, labels: Array) -> Array:
    """Weights by adding, at each step, the candidate best for the mix; those of the best step.

    From the third step on only the ``CLIMBERS`` that went best with the first one are tried.
    """
    counts, tried = np.zeros(len(views)), np.arange(len(views))
    total, best, weights = np.zeros_like(views[0]), np.inf, counts
    for step in range(1, STEPS + 1):
        losses = loss.measure((views[tried] + total) / step, labels)
        choice = int(tried[np.argmin(losses)])
        total = total + views[choice]
        counts[choice] += 1
        if losses.min() < best:
            best, weights = losses.min(), counts / step
        if step == 2:
            tried = np.sort(tried[np.argsort(losses, kind="stable")[:CLIMBERS]])
    return weights


def _weighted(pool: Pool, ranked: list[int], weights: Array) -> Combination:
    members = pool.affordable(ranked)
    if len(members) == 1:
        return Combination((members[0],))
    kept = weights[[ranked.index(member) for member in members]]
    shares = np.round(kept / kept.sum(), 6)
    shares[0] = round(1.0 - shares[1:].sum(), 6)
    return Combination(tuple(members), WeightedAverage([float(share) for share in shares]))


def _stacked(lesson: Lesson, ranked: list[int]) -> Combination:
    """A linear model over the leading candidates of a ranking, without those that hardly count."""
    members = lesson.pool.affordable(ranked)
    if len(members) < 2:
        return Combination((members[0],))
    stacked = _fit(lesson, members)
    kept = [
        m for m, weight in zip(members, stacked.coefficients, strict=True) if weight >= TINY_WEIGHT
    ]
    if len(kept) < 2:
        return Combination((members[int(np.argmax(stacked.coefficients))],))
    return Combination(tuple(kept), stacked if kept == members else _fit(lesson, kept))


def _fit(lesson: Lesson, members: list[int]) -> LinearStack:
    lead = np.isin(members, lesson.stackable.lead)
    prior = lead / max(1, lead.sum())
    return fit_stack(lesson.predictions[members], lesson.labels[:, 0], prior)
