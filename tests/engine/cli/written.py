"""Sessions on disk that nobody ran, and events of a made-up workflow."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.engine.report.story import judged, story

from mle_star import events as e
from mle_star.cli.page import Moment, page
from mle_star.cli.progress import Progress
from mle_star.cli.row import plain
from mle_star.cli.view import View
from mle_star.eventlog import TASK, EventLog
from mle_star.events import Event

Told = tuple[Event, str]
"""An event and the task that it is of."""

TASKS: list[dict[str, Any]] = [
    {"id": "web_search_phase", "phase": "search", "depends": [], "agents": ["ml-researcher"]},
    {"id": "dataset_analysis", "phase": "profile", "depends": [], "agents": ["feature-engineer"]},
    {
        "id": "foundation_building",
        "phase": "foundation",
        "depends": ["web_search_phase", "dataset_analysis"],
        "agents": ["feature-engineer", "ml-researcher"],
    },
    {
        "id": "targeted_refinement",
        "phase": "refinement",
        "depends": ["foundation_building"],
        "agents": ["model-optimizer"],
    },
    {
        "id": "validation_and_debugging",
        "phase": "validation",
        "depends": ["targeted_refinement"],
        "agents": ["deployment-engineer"],
    },
]
REASON = "fits 5,000 rows; the first choice on nearly every table"


def beginning() -> list[Told]:
    """A run with a plan, whose first two tasks are done."""
    started, profiled, resolved, splits = story()[:4]
    found = e.TechniqueFound("lightgbm", "model", 0.9, REASON, ["a paper"], 1)
    return [
        (started, ""),
        (e.WorkflowPlanned("MLE-STAR", TASKS), ""),
        (e.TaskStarted("dataset_analysis", "profile", ["feature-engineer"], 1, None), ""),
        (e.TaskStarted("web_search_phase", "search", ["ml-researcher"], 1, None), ""),
        (profiled, "dataset_analysis"),
        (resolved, "dataset_analysis"),
        (splits, "dataset_analysis"),
        (found, "web_search_phase"),
        (_done("dataset_analysis", "profile", "5,000 rows, 20 columns"), ""),
        (_done("web_search_phase", "search", "24 techniques, 51 sources"), ""),
    ]


def middle() -> list[Told]:
    """The foundation, with a candidate being judged and one that failed."""
    of = "foundation_building"
    return [
        (e.TaskStarted(of, "foundation", ["feature-engineer", "ml-researcher"], 1, 20.0), ""),
        (e.PhaseStarted("foundation", 20.0), of),
        (e.EvaluationStarted("digest of linear", "linear", 3000, 5), of),
        (judged("linear", 0.80), of),
        (e.IncumbentChanged("digest of linear", "linear", 0.80, 0.01, 0.0), of),
        (judged("broken", None), of),
        (e.EvaluationStarted("digest of lightgbm", "lightgbm", 3000, 5), of),
    ]


def end(code: int = 0) -> list[Told]:
    """The rest of the run."""
    of = "foundation_building"
    rest = [(event, "validation_and_debugging") for event in story()[14:-1]]
    return [
        (judged("lightgbm", 0.84), of),
        (e.IncumbentChanged("digest of lightgbm", "lightgbm", 0.84, 0.01, 0.04), of),
        (_done(of, "foundation", "3 judged, best lightgbm"), ""),
        (e.TaskFinished("targeted_refinement", "refinement", "skipped", "not wanted", 0.0), ""),
        *rest,
        (e.SessionFinished(code, 58.2, {"status": "done"}), ""),
    ]


def folded(events: Sequence[Told], name: str = "churn") -> Progress:
    """Where a run stands after these, one a second."""
    progress = Progress(name)
    for second, (event, of) in enumerate(events):
        progress.add(event, float(second), of)
    return progress


def lines(progress: Progress, width: int = 80, height: int = 24, **moment: Any) -> list[str]:
    """The page as plain text."""
    given = Moment(**{"now": 30.0, **moment})
    return [plain(row, width) for row in page(progress, given, width, height)]


def tell(shown: View, events: Sequence[Told]) -> None:
    """Show events, each in its task."""
    for event, of in events:
        TASK.set(of)
        shown(event)


def write(folder: Path, events: Sequence[Told], elapsed: float = 1.0) -> Path:
    """A log in a folder, or more of it, an event a second; gives back its path."""
    log = folder / "events.jsonl"
    before = log.read_bytes() if log.is_file() else b""
    file = EventLog(folder / "more.jsonl", time.time)
    lines = [file(event, elapsed + n, of) for n, (event, of) in enumerate(events)]
    file.close()
    (folder / "more.jsonl").unlink()
    log.write_bytes(before + b"".join(lines))
    return log


def _done(task: str, phase: str, summary: str) -> e.TaskFinished:
    return e.TaskFinished(task, phase, "done", summary, 0.4)
