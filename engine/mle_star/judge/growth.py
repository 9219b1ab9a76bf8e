"""Candidates that go well together, found one by one, in the time there is to fit them again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mle_star.judge.losses import Loss
from mle_star.judge.schedule import makespan

Array = np.ndarray
THRIFT = (0.0, 0.01, 0.1, 1.0)
"""By which share of the best loss a candidate that takes all of the time has to be better than one
that takes none, to be chosen in its place; the one that leads to the best mean counts."""
AVERAGED = 4
"""Members of a plain average at most."""


@dataclass(frozen=True, slots=True)
class Grown:
    """Candidates that go well together.

    Parameters
    ----------
    members : list of int
        The best one, then the one best for the plain mean of those before, and so on.
    means : list of float
        Loss of the mean of those up to each.
    """

    members: list[int]
    means: list[float]

    @property
    def lead(self) -> list[int]:
        """The first of them, :data:`AVERAGED` at most, whose plain mean is best."""
        return self.members[: 1 + int(np.argmin(self.means[:AVERAGED]))]

    def named(self, names: Sequence[int]) -> Grown:
        """The same, each member called by what stands at its position."""
        return Grown([names[member] for member in self.members], self.means)


def grow(loss: Loss, views: Array, labels: Array, shares: Array, most: int, jobs: int = 1) -> Grown:
    """Choose the best candidate, then the one best for the plain mean of those before, and so on.

    Where all that are chosen cannot be fitted again in time, a slow one may take the place of
    several quick ones that are worth more together: then what takes time has to be better for it.

    Parameters
    ----------
    loss : Loss
        What is made small.
    views : ndarray of shape (n_candidates, ...)
        What it looks at.
    labels : ndarray of shape (n_rows, n_outputs)
        True labels.
    shares : ndarray of shape (n_candidates,)
        Of the time there is, taken by each on one core.
    most : int
        Candidates that are chosen at most.
    jobs : int, default 1
        Cores.

    Returns
    -------
    Grown
        Positions of the candidates, at least one; more only in time together.
    """
    grown = _grown(loss, views, labels, np.zeros_like(shares), most, jobs, 0.0)
    if makespan(shares[grown.members], jobs) <= 1.0:
        return grown
    found = [_grown(loss, views, labels, shares, most, jobs, thrift) for thrift in THRIFT]
    return min(found, key=lambda one: min(one.means))


def _grown(
    loss: Loss, views: Array, labels: Array, shares: Array, most: int, jobs: int, thrift: float
) -> Grown:
    chosen: list[int] = []
    means: list[float] = []
    total = np.zeros_like(views[0])
    while len(chosen) < min(most, len(views)):
        losses = loss.measure((views + total) / (len(chosen) + 1), labels)
        wanted = losses + thrift * abs(losses.min()) * shares / jobs
        wanted[chosen] = np.inf
        if chosen:
            together = [makespan([*shares[chosen], share], jobs) for share in shares]
            wanted[np.asarray(together) > 1.0] = np.inf
        choice = int(np.argmin(wanted))
        if not np.isfinite(wanted[choice]):
            break
        means.append(float(losses[choice]))
        total = total + views[choice]
        chosen.append(choice)
    return Grown(chosen, means)
