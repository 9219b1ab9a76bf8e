"""Typed events: every finished step of a run emits one; views, the log and memory are readers.

What this module does not do: it keeps no state and decides nothing. The log of them is
:mod:`mle_star.eventlog`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from mle_star.events.agents import AgentAnswered as AgentAnswered
from mle_star.events.agents import AgentAsked as AgentAsked
from mle_star.events.agents import PartMeasured as PartMeasured
from mle_star.events.agents import WebFound as WebFound
from mle_star.events.base import Emit as Emit
from mle_star.events.base import Event as Event
from mle_star.events.handwork import Handwork as Handwork
from mle_star.events.hooks import HookFinished as HookFinished
from mle_star.events.warm import DriftMeasured as DriftMeasured
from mle_star.events.warm import ModelsCompared as ModelsCompared


@dataclass(frozen=True, slots=True)
class SessionStarted(Event):
    """A run begins. `settings` are the resolved options; `version` is the program's.

    `parent` is the id of the session that it goes on from, if there is one.
    """

    type: ClassVar[str] = "session_started"
    loose: ClassVar[frozenset[str]] = frozenset({"folder", "settings"})
    session: str
    name: str
    folder: str
    settings: dict[str, Any]
    version: str = ""
    parent: str = ""


@dataclass(frozen=True, slots=True)
class SessionResumed(Event):
    """A run goes on: of what was logged before, the first `kept` events of each task stand."""

    type: ClassVar[str] = "session_resumed"
    kept: dict[str, int]


@dataclass(frozen=True, slots=True)
class WorkflowPlanned(Event):
    """What is going to be done: tasks with `id`, `phase`, `depends` and `agents`, in order."""

    type: ClassVar[str] = "workflow_planned"
    name: str
    tasks: list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class TaskStarted(Event):
    """A task of the workflow begins, with the seconds it may use (None: no limit of its own)."""

    type: ClassVar[str] = "task_started"
    loose: ClassVar[frozenset[str]] = frozenset({"seconds"})
    task: str
    phase: str
    agents: list[str]
    attempt: int
    seconds: float | None


@dataclass(frozen=True, slots=True)
class TaskFinished(Event):
    """A task ended: `status` is done, failed or skipped; `summary` what came of it, or why."""

    type: ClassVar[str] = "task_finished"
    loose: ClassVar[frozenset[str]] = frozenset({"seconds", "summary"})
    task: str
    phase: str
    status: str
    summary: str
    seconds: float


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
    loose: ClassVar[frozenset[str]] = frozenset({"seconds"})
    phase: str
    seconds: float | None


@dataclass(frozen=True, slots=True)
class PhaseFinished(Event):
    """A phase ended; `summary` is one sentence for a person."""

    type: ClassVar[str] = "phase_finished"
    loose: ClassVar[frozenset[str]] = frozenset({"seconds", "summary"})
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
class BlockSeen(Event):
    """The source of a block, told before the first evaluation of a solution that holds it."""

    type: ClassVar[str] = "block_seen"
    digest: str
    role: str
    recipe: str
    source: str
    foreign: bool = False


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
    """A candidate was judged: either `score` or `failure` is set.

    `seconds` are summed over folds, `fit_seconds` the mean of a fold's fit. `sample_rows` and
    `sample_folds` are the fidelity asked for (None: all).
    """

    type: ClassVar[str] = "evaluation_finished"
    loose: ClassVar[frozenset[str]] = frozenset({"seconds", "fit_seconds", "peak_mib"})
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
    sample_rows: int | None = None
    sample_folds: int | None = None
    fit_seconds: float = 0.0


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
    proposer: str = ""


@dataclass(frozen=True, slots=True)
class StepFinished(Event):
    """A step of refinement ended; `state` is all that the next one needs to know."""

    type: ClassVar[str] = "step_finished"
    step: int
    start: str
    best: str
    role: str
    used: int
    state: dict[str, Any]


@dataclass(frozen=True, slots=True)
class ChoiceMade(Event):
    """A person answered; a resumed run takes the answer as it is and does not ask again."""

    type: ClassVar[str] = "choice_made"
    question: str
    answer: str


@dataclass(frozen=True, slots=True)
class ValueKept(Event):
    """Something measured that a resumed run takes as it is, such as a latency."""

    type: ClassVar[str] = "value_kept"
    loose: ClassVar[frozenset[str]] = frozenset({"value"})
    key: str
    value: Any


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
    loose: ClassVar[frozenset[str]] = frozenset({"measured"})
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
    loose: ClassVar[frozenset[str]] = frozenset({"message"})
    level: str
    message: str


@dataclass(frozen=True, slots=True)
class SessionFinished(Event):
    """The run ended with this exit status."""

    type: ClassVar[str] = "session_finished"
    loose: ClassVar[frozenset[str]] = frozenset({"seconds", "summary"})
    exit_code: int
    seconds: float
    summary: dict[str, Any]
