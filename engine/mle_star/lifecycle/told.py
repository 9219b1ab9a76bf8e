"""What hooks are told, as plain values; docs/hooks.md describes it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from mle_star import __version__
from mle_star.eventlog import Logged, plain
from mle_star.events import DataProfiled, GateMeasured, SessionFinished, SessionStarted
from mle_star.hooks import DURING, POST, PRE, RUN, TASKS
from mle_star.lifecycle.hook import Hook
from mle_star.lifecycle.monitor import Monitor

_SAMPLE_TASK = ("foundation_building", "foundation")


def about(settings: Mapping[str, Any], session: str, project: str) -> dict[str, Any]:
    """What every hook is told of a run.

    Parameters
    ----------
    settings : mapping
        The run's options as plain values.
    session : str
        Its id.
    project : str
        The folder that it was started in.
    """
    return {
        "version": 1,
        "mle_star": __version__,
        "session": session,
        "name": settings["name"],
        "project": project,
        "folder": None,
        "dataset": str((Path(project) / settings["dataset"]).resolve()),
        "targets": list(settings["targets"]),
        "settings": dict(settings),
    }


def gates_of(gates: Iterable[GateMeasured]) -> list[dict[str, Any]]:
    """Gates as plain values."""
    return [{"gate": one.gate, "verdict": one.verdict, "measured": one.measured} for one in gates]


def moment(event: str, task: str = "", phase: str = "") -> dict[str, Any]:
    """When a hook is called.

    Parameters
    ----------
    event : str
        ``pre-task``, ``during-task`` or ``post-task``.
    task, phase : str, default ""
        Of the workflow's task; empty for the run.
    """
    return {"event": event, "of": task or RUN, "phase": phase or None}


def made_up(hook: Hook, project: Path) -> dict[str, Any]:
    """An event to try a hook with.

    Parameters
    ----------
    hook : Hook
        What it is for.
    project : Path
        The folder that the hook works in.
    """
    settings = {
        "name": "customers-churn", "dataset": "customers.csv", "targets": ["churn"], "seed": 0,
        "seconds": 600.0, "jobs": 2,
    }  # fmt: skip
    told = about(settings, "000000000000", str(project))
    told |= moment(hook.event, *_task_of(hook))
    if hook.event != PRE or hook.of != RUN:
        told |= {"folder": str(project / "models" / "customers-churn"), "elapsed": 12.5}
        told |= {"data": {"rows": 5000, "columns": 12}, "progress": Monitor(lambda: 0.0).facts()}
    if hook.event == DURING:
        happened = {"type": hook.on[0], "name": "lightgbm", "score": 0.84, "digest": "0" * 16}
        told |= {"happened": happened, "missed": 0}
    if hook.event == POST:
        score = {"score": 0.84, "spread": 0.01, "folds": 5, "what": "made up"}
        told |= {"status": "done", "exit_code": 0, "summary": {"cross_validation": score}}
        told |= {"gates": [{"gate": "quality", "verdict": "pass", "measured": "0.84"}]}
    return told


def of_session(hook: Hook, lines: Iterable[Logged], folder: Path) -> dict[str, Any]:
    """The event that a hook would be given in a session that ran, from its log.

    Parameters
    ----------
    hook : Hook
        What it is for.
    lines : iterable of Logged
        What stands in the log.
    folder : Path
        Of the session.
    """
    told: dict[str, Any] = {}
    monitor = Monitor(lambda: 0.0)
    for line in lines:
        event = line.event
        monitor(event)
        match event:
            case SessionStarted():
                project = event.settings.get("cwd") or str(folder)
                told |= about(event.settings, event.session, project)
                told |= moment(hook.event, *_task_of(hook)) | {"folder": str(folder.resolve())}
            case DataProfiled():
                told["data"] = {"rows": event.rows, "columns": event.columns}
            case SessionFinished() if hook.event == POST:
                told |= {"status": event.summary.get("status"), "exit_code": event.exit_code}
                told |= {"summary": event.summary, "gates": gates_of(monitor.gates)}
        if hook.event == DURING and event.type in hook.on:
            told |= {"happened": plain(event), "missed": 0}
        told["elapsed"] = line.elapsed
    return {**told, "progress": monitor.facts()}


def _task_of(hook: Hook) -> tuple[str, str]:
    if hook.of == RUN:
        return "", ""
    return _SAMPLE_TASK if hook.of == TASKS else (hook.of, hook.of)
