"""The performance monitor: what candidates take, how the best got better, and stalls."""

from __future__ import annotations

import statistics
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from mle_star.events import (
    AgentAnswered,
    AgentAsked,
    EvaluationFinished,
    Event,
    GateMeasured,
    IncumbentChanged,
    Noted,
)
from mle_star.judge.gates import FAIL

STALL_SECONDS = 120.0
"""Seconds without any event that are a stall, unless candidates are slow."""

STALL_FACTOR = 4.0
"""So many times the seconds of the slowest candidate are no stall."""


@dataclass(slots=True)
class Monitor:
    """A reader of events.

    Parameters
    ----------
    clock : callable
        Monotonic seconds.
    """

    clock: Callable[[], float]
    best: IncumbentChanged | None = None
    failures: int = 0
    stalls: int = 0
    gates: list[GateMeasured] = field(default_factory=list)
    _judged: list[EvaluationFinished] = field(default_factory=list)
    _since_best: int = 0
    _heard: float | None = None
    _asked: int = 0
    _is_stalled: bool = False
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, event: Event) -> None:
        """Take one event in."""
        if isinstance(event, Noted):  # its own among them
            return
        with self._lock:
            self._heard, self._is_stalled = self.clock(), False
            match event:
                case EvaluationFinished(cached=False):
                    self._since_best += 1
                    if event.failure:
                        self.failures += 1
                    else:
                        self._judged.append(event)
                case IncumbentChanged():
                    self.best, self._since_best = event, 0
                case GateMeasured():
                    self.gates.append(event)
                case AgentAsked():
                    self._asked += 1
                case AgentAnswered():
                    self._asked = max(0, self._asked - 1)

    def stall(self) -> str:
        """What to say if nothing has happened for long; once a stall, empty if there is none.

        A language model that is being asked may take its time: its call has a limit of its own.
        """
        with self._lock:
            if self._heard is None or self._asked or self._is_stalled:
                return ""
            slowest = max((one.seconds for one in self._judged), default=0.0)
            quiet = self.clock() - self._heard
            if quiet < max(STALL_SECONDS, STALL_FACTOR * slowest):
                return ""
            self._is_stalled = True
            self.stalls += 1
        return f"nothing has happened for {quiet:.0f} s; the slowest candidate took {slowest:.0f} s"

    @property
    def fit_seconds(self) -> float | None:
        """Median seconds of a fit, of candidates that were judged on all rows."""
        whole = [one.fit_seconds for one in self._judged if one.sample_rows is None]
        return statistics.median(whole) if whole else None

    @property
    def peak_mib(self) -> float | None:
        """Most memory that a worker took for a candidate."""
        return max((one.peak_mib for one in self._judged), default=None)

    @property
    def failed_gates(self) -> list[str]:
        """What the gates that were not met measured, one sentence each."""
        last = {gate.gate: gate for gate in self.gates}
        return [
            f"gate {gate.gate} failed: {gate.measured}, asked for {gate.threshold}"
            for gate in last.values()
            if gate.verdict == FAIL
        ]

    def facts(self) -> dict[str, Any]:
        """What was measured so far, as plain values."""
        with self._lock:
            seconds = [one.seconds for one in self._judged]
            best = self.best
            return {
                "candidates": len(seconds),
                "failures": self.failures,
                "seconds": statistics.median(seconds) if seconds else None,
                "slowest": max(seconds, default=None),
                "peak_mib": self.peak_mib,
                "best": best and {"name": best.name, "score": best.score, "digest": best.digest},
                "since_best": self._since_best,
                "stalls": self.stalls,
            }
