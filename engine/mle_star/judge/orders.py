"""The fits that an evaluation is made of: one order a fold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mle_star.judge.cache import FoldCache
from mle_star.judge.evaluation import Fidelity, Splits
from mle_star.judge.splits import sample
from mle_star.judge.wire import Order, mean_of
from mle_star.seeds import derive
from mle_star.solution.solution import Solution


@dataclass(frozen=True, slots=True)
class Orders:
    """Makes the orders of evaluations.

    Parameters
    ----------
    splits : Splits
        The session's.
    labels : ndarray of shape (n_rows, n_outputs)
        Class codes, or numbers.
    strata : ndarray of shape (n_rows,) or None
        See :func:`mle_star.judge.splits.sample`.
    seed : int
        The session's.
    """

    splits: Splits
    labels: np.ndarray
    strata: np.ndarray | None
    seed: int

    def of(self, solution: Solution, fidelity: Fidelity) -> list[Order]:
        """Those that judge a solution on the folds and rows of a fidelity."""
        orders = []
        for k, fold in enumerate(self.splits.folds[: fidelity.folds]):
            train, seed = self.train_rows(k, fidelity), derive(self.seed, "fold", k)
            orders.append(Order(k, solution, train, fold.score, self.labels[train], seed))
        return orders

    def train_rows(self, number: int, fidelity: Fidelity) -> np.ndarray:
        """Rows that a fold trains on."""
        train = self.splits.folds[number].train
        if fidelity.rows is None:
            return train
        return sample(self.strata, train, fidelity.rows, derive(self.seed, "rows", number))

    def presume(
        self, cache: FoldCache, mean: Solution, parts: Sequence[Solution], fidelity: Fidelity
    ) -> bool:
        """Put the folds of a plain average into the cache where those of all its parts are there.

        Nothing is fitted: what it would predict follows from what its parts predicted, and so do
        its seconds.

        Parameters
        ----------
        cache : FoldCache
            The session's.
        mean : Solution
            Its model is the plain average of those of the parts; all see the same features, and
            nothing comes after their models.
        parts : sequence of Solution
            Judged on their own.
        fidelity : Fidelity
            Rows and folds.

        Returns
        -------
        bool
            Whether all its folds are there now.
        """
        everything = True
        orders = [self.of(solution, fidelity) for solution in (mean, *parts)]
        for whole, *pieces in zip(*orders, strict=True):
            replies = [cache.get(cache.key(order)) for order in pieces]
            known = [r for r in replies if r is not None and r.predictions is not None]
            if len(known) == len(pieces):
                cache.put(cache.key(whole), mean_of(known))
            else:
                everything = False
        return everything
