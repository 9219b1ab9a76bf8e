"""What a run may spend: seconds of a monotonic clock, or a number of evaluations.

With evaluations no decision depends on the clock, so two runs with one seed are identical.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace

Clock = Callable[[], float]
"""Seconds of a clock that never goes back, such as :func:`time.monotonic`."""


@dataclass(slots=True)
class Budget:
    """The whole run's allowance and what has been used of it.

    Parameters
    ----------
    clock : Clock
        Monotonic seconds.
    seconds : float, default inf
        Allowed from the making of the budget, closing work included.
    evaluations : int or None, default None
        Allowed number of judged candidates; if given, time plays no part.
    """

    clock: Clock
    seconds: float = math.inf
    evaluations: int | None = None
    used: int = 0
    started: float = field(init=False)
    reserve: float = field(default=0.0, init=False)
    """Seconds kept for finalist fits, validation and packaging; set by the session as it learns."""

    def __post_init__(self) -> None:
        self.started = self.clock()

    @property
    def elapsed(self) -> float:
        """Seconds since the start."""
        return self.clock() - self.started

    @property
    def counts_evaluations(self) -> bool:
        """Whether the budget is a number of evaluations rather than seconds."""
        return self.evaluations is not None

    def left(self) -> float:
        """Seconds left for search, the closing reserve kept back; inf when counting evaluations."""
        return math.inf if self.counts_evaluations else self.seconds - self.elapsed - self.reserve

    def share(self, fraction: float) -> Slice:
        """A slice holding a fraction of what is left now.

        Parameters
        ----------
        fraction : float
            In (0, 1].
        """
        if self.evaluations is not None:
            allowed = math.ceil((self.evaluations - self.used) * fraction)
            return Slice(self, math.inf, self.used + allowed)
        return Slice(self, self.clock() + max(0.0, self.left()) * fraction, None)


@dataclass(frozen=True, slots=True)
class Slice:
    """The part of a budget that one phase, or one step of it, may use.

    Parameters
    ----------
    budget : Budget
        The whole.
    deadline : float
        Clock reading at which the slice ends; inf when counting evaluations.
    until : int or None
        The budget's `used` count at which the slice ends, when counting evaluations.
    """

    budget: Budget
    deadline: float
    until: int | None

    def seconds(self) -> float:
        """Seconds left, never negative; inf when counting evaluations."""
        return max(0.0, self.deadline - self.budget.clock())

    def allows(self, seconds: float = 0.0) -> bool:
        """Whether one more evaluation expected to take `seconds` still fits."""
        if self.until is not None and self.budget.used >= self.until:
            return False
        return self.seconds() > (seconds if self.until is None else 0.0)

    def within(self, seconds: float) -> Slice:
        """The same slice, but ending so many seconds from now at the latest."""
        return replace(self, deadline=min(self.deadline, self.budget.clock() + seconds))

    def evaluations(self) -> int | None:
        """Evaluations left in this slice, or None when time is counted."""
        return None if self.until is None else max(0, self.until - self.budget.used)

    def part(self, fraction: float) -> Slice:
        """A slice holding a fraction of what is left of this one."""
        if self.until is not None:
            left = math.ceil((self.until - self.budget.used) * fraction)
            return Slice(self.budget, self.deadline, self.budget.used + left)
        return Slice(self.budget, self.budget.clock() + self.seconds() * fraction, None)
