"""The clock of a session: seconds that it has been running, pauses between resumptions left out."""

from __future__ import annotations

from mle_star.budget import Clock


class SessionClock:
    """Seconds of a session; never goes back.

    Parameters
    ----------
    clock : Clock
        Monotonic seconds of this process.
    started : float
        Its reading at which this part of the session began.
    """

    def __init__(self, clock: Clock, started: float) -> None:
        self._clock = clock
        self._zero = started

    def __call__(self) -> float:
        """Seconds so far."""
        return self._clock() - self._zero

    def advance_to(self, elapsed: float) -> None:
        """Read at least so much from now on: what was run through before counts as it did then."""
        self._zero = min(self._zero, self._clock() - elapsed)
