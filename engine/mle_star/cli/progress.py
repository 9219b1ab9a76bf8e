"""Where a run stands, folded from its events: what every view of it shows."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from mle_star import events as e
from mle_star.cli.activity import DONE, RUNNING, Activity, Trying
from mle_star.errors import EXIT_GATE, EXIT_INTERRUPTED, EXIT_OK
from mle_star.eventlog import BY_HAND
from mle_star.events import Event

UNFINISHED = ("not judged", "dropped")
"""How the failure of a candidate begins that was given up, see :mod:`mle_star.judge.evaluation`."""

_KEPT = 40
"""Steps kept for the list of the latest."""
_WARNINGS = 5
_TECHNIQUES = 300
_TRYING = 100
_LATELY = (e.EvaluationFinished, e.ProposalJudged, e.MergeTried, e.EnsembleCompared, e.GateMeasured)


@dataclass(slots=True)
class Progress:
    """Where a run stands; of what there may be thousands of, only the latest is kept.

    Parameters
    ----------
    name : str, default ""
        Of the run; its first event says it, too.
    """

    name: str = ""
    session: str = ""
    seconds: float = math.inf
    evaluations: int | None = None
    rows: int = 0
    columns: int = 0
    task: dict[str, Any] = field(default_factory=dict)
    planned: bool = False
    activities: dict[str, Activity] = field(default_factory=dict)
    opening: Activity = field(default_factory=lambda: Activity("preparing", status=RUNNING))
    """What runs before the first task does, or outside of all."""
    techniques: dict[str, str] = field(default_factory=dict)
    """Why each technique found is worth a try."""
    best: e.IncumbentChanged | None = None
    baseline: float | None = None
    ablation: dict[str, e.AblationMeasured] = field(default_factory=dict)
    step: int = 0
    combined: e.EnsembleCompared | None = None
    gates: dict[str, e.GateMeasured] = field(default_factory=dict)
    judged: int = 0
    failed: int = 0
    dropped: int = 0
    """Given up for want of time, or of promise: nothing is wrong with these."""
    events: int = 0
    elapsed: float = 0.0
    lately: deque[tuple[float, Event]] = field(default_factory=lambda: deque(maxlen=_KEPT))
    warnings: deque[str] = field(default_factory=lambda: deque(maxlen=_WARNINGS))
    warned: int = 0
    finish: e.SessionFinished | None = None

    @property
    def metric(self) -> str:
        """Name of the metric."""
        return str(self.task.get("metric", "score"))

    @property
    def gain(self) -> float | None:
        """Gain of the best over the baseline; positive is better."""
        if self.best is None or self.baseline is None:
            return None
        if self.best.gain_over_baseline is not None:
            return self.best.gain_over_baseline
        return self._sign * (self.best.score - self.baseline)

    @property
    def state(self) -> str:
        """done, failed or stopped, once nobody runs it."""
        if self.finish is None or self.finish.exit_code == EXIT_INTERRUPTED:
            return "stopped"
        return "done" if self.finish.exit_code in (EXIT_OK, EXIT_GATE) else "failed"

    @property
    def used(self) -> int:
        """Candidates that were tried, whatever came of it: what a budget of evaluations counts."""
        return self.judged + self.failed + self.dropped

    def left(self, now: float) -> float | None:
        """Seconds or evaluations left; None if neither is limited."""
        if self.evaluations is not None:
            return max(0, self.evaluations - self.used)
        return max(0.0, self.seconds - now) if math.isfinite(self.seconds) else None

    def share(self, now: float) -> float | None:
        """Share of the time or evaluations that is used; None if neither is limited."""
        if self.evaluations is not None:
            return min(1.0, self.used / max(1, self.evaluations))
        return min(1.0, now / self.seconds) if math.isfinite(self.seconds) else None

    def amount(self, status: str) -> int:
        """How many activities have this status."""
        return sum(activity.status == status for activity in self.activities.values())

    def running(self) -> list[Activity]:
        """Activities that run now, the opening included if nothing else does."""
        found = [one for one in self.activities.values() if one.status == RUNNING]
        if self.finish is None and (self.opening.trying or not (found or self.activities)):
            found.insert(0, self.opening)
        return found

    def add(self, event: Event, elapsed: float, of: str = "") -> None:
        """Take one event in.

        Parameters
        ----------
        event : Event
            What happened.
        elapsed : float
            Seconds of the session at which it did.
        of : str, default ""
            The workflow task in which it did.
        """
        self.events += 1
        self.elapsed = elapsed
        handle = _HANDLERS.get(type(event))
        if handle is not None:
            handle(self, event, elapsed, of)

    @property
    def _sign(self) -> int:
        return 1 if self.task.get("greater_is_better", True) else -1

    def _place(self, of: str) -> Activity:
        """Where something that happened in a task belongs."""
        found = self.activities.get(of)
        if found is not None:
            return found
        running = [one for one in self.activities.values() if one.status == RUNNING]
        return running[-1] if running else self.opening

    def _on_start(self, event: e.SessionStarted, elapsed: float, of: str) -> None:
        self.name, self.session = event.name, event.session
        self.evaluations = event.settings.get("evaluations")
        self.seconds = event.settings.get("seconds") or math.inf

    def _on_plan(self, event: e.WorkflowPlanned, elapsed: float, of: str) -> None:
        self.planned = True
        self.activities = {
            str(task["id"]): Activity(
                str(task["id"]),
                tuple(map(str, task.get("agents", ()))),
                tuple(map(str, task.get("depends", ()))),
            )
            for task in event.tasks
        }

    def _on_task(self, event: e.TaskStarted, elapsed: float, of: str) -> None:
        activity = self.activities.setdefault(event.task, Activity(event.task))
        activity.agents = tuple(event.agents) or activity.agents
        activity.attempt = event.attempt
        activity.begin(elapsed)

    def _on_task_end(self, event: e.TaskFinished, elapsed: float, of: str) -> None:
        activity = self.activities.setdefault(event.task, Activity(event.task))
        activity.end(event.status, event.summary, event.seconds)

    def _on_phase(self, event: e.PhaseStarted, elapsed: float, of: str) -> None:
        if not self.planned:
            activity = self.activities.setdefault(event.phase, Activity(event.phase))
            activity.begin(elapsed)
            return
        activity = self._place(of)
        activity.phase, activity.last = event.phase, None

    def _on_phase_end(self, event: e.PhaseFinished, elapsed: float, of: str) -> None:
        if not self.planned:
            activity = self.activities.setdefault(event.phase, Activity(event.phase))
            activity.end(DONE, event.summary, event.seconds)
            return
        activity = self._place(of)
        activity.phase = ""
        activity.trying.clear()

    def _on_data(self, event: e.DataProfiled, elapsed: float, of: str) -> None:
        self.rows, self.columns = event.rows, event.columns

    def _on_resolved(self, event: e.TaskResolved, elapsed: float, of: str) -> None:
        self.task = event.task

    def _on_technique(self, event: e.TechniqueFound, elapsed: float, of: str) -> None:
        if len(self.techniques) < _TECHNIQUES:
            self.techniques[event.recipe] = event.reason
        self._place(of).last = event

    def _on_trying(self, event: e.EvaluationStarted, elapsed: float, of: str) -> None:
        added = event.name.rpartition(" + ")[2]
        why = self.techniques.get(event.name) or self.techniques.get(added, "")
        trying = self._place(of).trying
        if len(trying) < _TRYING:
            trying[event.digest] = Trying(event.name, why, elapsed)

    def _on_asked(self, event: e.AgentAsked, elapsed: float, of: str) -> None:
        step = event.step.removeprefix(f"{of}: ")
        self._place(of).trying[event.step] = Trying(f"asking {event.agent}", step, elapsed)

    def _on_answered(self, event: e.AgentAnswered, elapsed: float, of: str) -> None:
        self._place(of).trying.pop(event.step.removesuffix(" (repair)"), None)
        self._place(of).last = event

    def _on_judged(self, event: e.EvaluationFinished, elapsed: float, of: str) -> None:
        self._place(of).trying.pop(event.digest, None)
        if not event.cached and of != BY_HAND:  # that is not of the run's budget
            dropped = event.failure.startswith(UNFINISHED)
            self.judged += event.score is not None
            self.dropped += dropped
            self.failed += event.score is None and not dropped
            self.lately.append((elapsed, event))

    def _on_best(self, event: e.IncumbentChanged, elapsed: float, of: str) -> None:
        self.best = event
        if event.gain_over_baseline is not None:
            self.baseline = event.score - self._sign * event.gain_over_baseline

    def _on_effect(self, event: e.AblationMeasured, elapsed: float, of: str) -> None:
        if event.step != self.step:
            self.step = event.step
            self.ablation.clear()
        self.ablation[event.role] = event

    def _on_decision(self, event: Event, elapsed: float, of: str) -> None:
        self._place(of).last = event
        self.lately.append((elapsed, event))

    def _on_combination(self, event: e.EnsembleCompared, elapsed: float, of: str) -> None:
        if event.chosen:
            self.combined = event
        self._on_decision(event, elapsed, of)

    def _on_gate(self, event: e.GateMeasured, elapsed: float, of: str) -> None:
        self.gates[event.gate] = event
        self._on_decision(event, elapsed, of)

    def _on_note(self, event: e.Noted, elapsed: float, of: str) -> None:
        if event.level == "warning":
            self.warned += 1
            self.warnings.append(event.message)

    def _on_finish(self, event: e.SessionFinished, elapsed: float, of: str) -> None:
        self.finish = event
        for activity in self.activities.values():
            activity.trying.clear()


_HANDLERS: dict[type[Event], Callable[[Progress, Any, float, str], None]] = {
    e.SessionStarted: Progress._on_start,
    e.WorkflowPlanned: Progress._on_plan,
    e.TaskStarted: Progress._on_task,
    e.TaskFinished: Progress._on_task_end,
    e.PhaseStarted: Progress._on_phase,
    e.PhaseFinished: Progress._on_phase_end,
    e.DataProfiled: Progress._on_data,
    e.TaskResolved: Progress._on_resolved,
    e.TechniqueFound: Progress._on_technique,
    e.EvaluationStarted: Progress._on_trying,
    e.EvaluationFinished: Progress._on_judged,
    e.AgentAsked: Progress._on_asked,
    e.AgentAnswered: Progress._on_answered,
    e.IncumbentChanged: Progress._on_best,
    e.AblationMeasured: Progress._on_effect,
    e.ProposalJudged: Progress._on_decision,
    e.MergeTried: Progress._on_decision,
    e.EnsembleCompared: Progress._on_combination,
    e.GateMeasured: Progress._on_gate,
    e.Noted: Progress._on_note,
    e.SessionFinished: Progress._on_finish,
}
