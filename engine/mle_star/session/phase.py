"""Telling of a phase's beginning and end."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

from mle_star.budget import Clock, Slice
from mle_star.events import Emit, PhaseFinished, PhaseStarted

PhaseOf = Callable[[str, Slice | None], AbstractContextManager[list[str]]]
"""Opens a phase by name and slice; sentences put into the list are its summary."""


def phases(emit: Emit, clock: Clock) -> PhaseOf:
    """A way to open phases that emits their events.

    Parameters
    ----------
    emit : callable
        Takes the events.
    clock : Clock
        Monotonic seconds.
    """

    @contextlib.contextmanager
    def phase(name: str, part: Slice | None) -> Iterator[list[str]]:
        emit(PhaseStarted(name, None if part is None or part.until is not None else part.seconds()))
        began = clock()
        said: list[str] = []
        yield said
        emit(PhaseFinished(name, "; ".join(said), clock() - began))

    return phase
