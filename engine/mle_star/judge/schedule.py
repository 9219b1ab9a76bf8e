"""How long tasks take on several workers."""

from __future__ import annotations

from collections.abc import Iterable


def makespan(costs: Iterable[float], jobs: int) -> float:
    """Seconds that tasks take together on some workers, the longest first."""
    ends = [0.0] * max(1, jobs)
    for cost in sorted(costs, reverse=True):
        ends[ends.index(min(ends))] += cost
    return max(ends)
