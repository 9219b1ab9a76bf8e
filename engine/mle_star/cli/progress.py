"""Where a run stands, folded from its events: what the views show."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from mle_star import events as e
from mle_star.events import Event
from mle_star.report.words import clock, signed, spread


@dataclass(slots=True)
class Progress:
    """Where a run stands.

    Parameters
    ----------
    now : callable
        Seconds since the run began.
    """

    now: Callable[[], float]
    name: str = ""
    seconds: float = math.inf
    evaluations: int | None = None
    metric: str = "score"
    phase: str = ""
    phase_began: float = 0.0
    finished: list[tuple[str, str, float]] = field(default_factory=list)
    """Phases that ended: name, what came of it, seconds."""
    trying: dict[str, str] = field(default_factory=dict)
    judged: int = 0
    failed: int = 0
    best: e.IncumbentChanged | None = None
    over: bool = False

    def add(self, event: Event) -> None:
        """Take one event in."""
        match event:
            case e.SessionStarted():
                self._begin(event.name, event.settings)
            case e.TaskResolved():
                self.metric = str(event.task.get("metric", self.metric))
            case e.PhaseStarted():
                self.phase, self.phase_began = event.phase, self.now()
                self.trying.clear()
            case e.PhaseFinished():
                self.finished.append((event.phase, event.summary, event.seconds))
                self.phase = ""
                self.trying.clear()
            case e.EvaluationStarted():
                self.trying[event.digest] = event.name
            case e.EvaluationFinished():
                self._judge(event)
            case e.IncumbentChanged():
                self.best = event
            case e.SessionFinished():
                self.over = True

    def _begin(self, name: str, settings: dict[str, Any]) -> None:
        self.name = name
        self.evaluations = settings.get("evaluations")
        self.seconds = settings.get("seconds") or math.inf

    def _judge(self, event: e.EvaluationFinished) -> None:
        self.trying.pop(event.digest, None)
        if not event.cached:
            self.judged += event.score is not None
            self.failed += event.score is None

    def best_line(self) -> str:
        """The best score so far with its spread, and what is gained over the baseline."""
        if self.best is None:
            return f"no {self.metric} yet"
        line = f"best {self.metric} {spread(self.best.score, self.best.spread)}"
        if self.best.gain_over_baseline is not None:
            line += f", {signed(self.best.gain_over_baseline)} over the baseline"
        return line

    def effort_line(self) -> str:
        """How much was judged, and what is left of time or evaluations."""
        line = f"{self.judged} judged"
        if self.failed:
            line += f", {self.failed} not"
        if self.evaluations is not None:
            return f"{line}, {max(0, self.evaluations - self.judged - self.failed)} left to judge"
        if math.isfinite(self.seconds):
            return f"{line}, {clock(self.seconds - self.now())} left"
        return line
