"""Typed events: every finished step of a run emits one; views, the log and memory are readers.

What this module does not do: it keeps no state and decides nothing.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, ClassVar

from mle_star.files import to_json


@dataclass(frozen=True, slots=True)
class Event:
    """Base of all events; `type` names it in the log."""

    type: ClassVar[str] = "event"


@dataclass(frozen=True, slots=True)
class SessionStarted(Event):
    """A run begins. `settings` are the resolved options, as plain values."""

    type: ClassVar[str] = "session_started"
    session: str
    name: str
    folder: str
    settings: dict[str, Any]


@dataclass(frozen=True, slots=True)
class DataProfiled(Event):
    """The data was read: its size, column kinds, hints and quality issues, as plain values."""

    type: ClassVar[str] = "data_profiled"
    rows: int
    columns: int
    profile: dict[str, Any]


@dataclass(frozen=True, slots=True)
class TaskResolved(Event):
    """The task was decided; `reasons` say why, one sentence each."""

    type: ClassVar[str] = "task_resolved"
    task: dict[str, Any]
    reasons: list[str]


@dataclass(frozen=True, slots=True)
class SplitsMade(Event):
    """Rows were divided; counts of rows, and the kind of folds."""

    type: ClassVar[str] = "splits_made"
    search: int
    selection: int
    holdout: int
    folds: int
    scheme: str


@dataclass(frozen=True, slots=True)
class PhaseStarted(Event):
    """A phase begins, with the seconds it may use (None when evaluations are counted)."""

    type: ClassVar[str] = "phase_started"
    phase: str
    seconds: float | None


@dataclass(frozen=True, slots=True)
class PhaseFinished(Event):
    """A phase ended; `summary` is one sentence for a person."""

    type: ClassVar[str] = "phase_finished"
    phase: str
    summary: str
    seconds: float


@dataclass(frozen=True, slots=True)
class TechniqueFound(Event):
    """The search phase ranked a technique; `sources` are references with their dates."""

    type: ClassVar[str] = "technique_found"
    recipe: str
    role: str
    score: float
    reason: str
    sources: list[str]
    round: int


@dataclass(frozen=True, slots=True)
class EvaluationStarted(Event):
    """A candidate is being tried."""

    type: ClassVar[str] = "evaluation_started"
    digest: str
    name: str
    rows: int
    folds: int


@dataclass(frozen=True, slots=True)
class EvaluationFinished(Event):
    """A candidate was judged: either `score` or `failure` is set. Seconds are summed over folds."""

    type: ClassVar[str] = "evaluation_finished"
    digest: str
    name: str
    parent: str
    changed: str
    origin: str
    blocks: dict[str, str]
    score: float | None
    spread: float | None
    folds: list[float]
    rows: int
    seconds: float
    peak_mib: float
    failure: str = ""
    cached: bool = False


@dataclass(frozen=True, slots=True)
class IncumbentChanged(Event):
    """A better solution stands; gain is over the baseline in the metric's own units."""

    type: ClassVar[str] = "incumbent_changed"
    digest: str
    name: str
    score: float
    spread: float
    gain_over_baseline: float | None


@dataclass(frozen=True, slots=True)
class MergeTried(Event):
    """One merge of a candidate into the best solution."""

    type: ClassVar[str] = "merge_tried"
    base: str
    added: str
    score: float | None
    gain: float | None
    accepted: bool
    reason: str


@dataclass(frozen=True, slots=True)
class AblationMeasured(Event):
    """Effect of one block: score lost with its neutral form in its place (positive: it helps)."""

    type: ClassVar[str] = "ablation_measured"
    step: int
    role: str
    neutral: str
    effect: float | None
    low: float | None
    high: float | None
    p_value: float | None
    impact: str
    failure: str = ""


@dataclass(frozen=True, slots=True)
class ProposalJudged(Event):
    """One refinement proposal: gain over the solution it started from, accepted or not, and why."""

    type: ClassVar[str] = "proposal_judged"
    step: int
    attempt: int
    role: str
    plan: str
    digest: str
    score: float | None
    gain: float | None
    p_value: float | None
    accepted: bool
    reason: str


@dataclass(frozen=True, slots=True)
class EnsembleCompared(Event):
    """One way to combine, with its nested score."""

    type: ClassVar[str] = "ensemble_compared"
    strategy: str
    members: list[str]
    weights: list[float] | None
    score: float | None
    spread: float | None
    chosen: bool
    reason: str


@dataclass(frozen=True, slots=True)
class GateMeasured(Event):
    """One validation gate; `verdict` is pass, fail, warn or skipped."""

    type: ClassVar[str] = "gate_measured"
    gate: str
    verdict: str
    measured: str
    threshold: str
    explanation: str


@dataclass(frozen=True, slots=True)
class ArtifactWritten(Event):
    """A file or folder of the result was written; `path` is relative to the output folder."""

    type: ClassVar[str] = "artifact_written"
    path: str
    what: str


@dataclass(frozen=True, slots=True)
class Noted(Event):
    """Something a person should know: `level` is info or warning."""

    type: ClassVar[str] = "noted"
    level: str
    message: str


@dataclass(frozen=True, slots=True)
class SessionFinished(Event):
    """The run ended with this exit status."""

    type: ClassVar[str] = "session_finished"
    exit_code: int
    seconds: float
    summary: dict[str, Any]


Emit = Callable[[Event], None]
"""Where a phase hands its events."""


@dataclass(slots=True)
class Bus:
    """Hands each event to every reader, in order; a reader that raises is the caller's business."""

    readers: list[Emit] = field(default_factory=list)

    def __call__(self, event: Event) -> None:
        """Hand over one event."""
        for reader in self.readers:
            reader(event)


class EventLog:
    """Append-only JSON lines, one event a line, on disk before the next step begins.

    Parameters
    ----------
    path : Path
        The file; made if absent, appended to if present.
    now : callable
        Wall-clock seconds since the epoch, for the `time` field.
    """

    def __init__(self, path: Path, now: Callable[[], float]) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = path.open("ab")
        self._now = now
        self._count = 0

    def __call__(self, event: Event) -> None:
        """Append one event and see it onto the disk."""
        record = {"seq": self._count, "time": self._now(), "type": event.type, **asdict(event)}
        self._file.write(to_json(record) + b"\n")
        self._file.flush()
        os.fsync(self._file.fileno())
        self._count += 1

    def close(self) -> None:
        """Close the file."""
        self._file.close()
