"""``mle-star workflow show``: the graph of a run, or of a workflow file."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from mle_star.files import to_json
from mle_star.install.engine_command import engine_command
from mle_star.report.render import show as show_sections
from mle_star.report.sections import Section
from mle_star.report.words import count
from mle_star.workflow.claude_flow import one_task
from mle_star.workflow.read import read_workflow
from mle_star.workflow.shape import plain
from mle_star.workflow.variables import OPTIONS, parse_variables
from mle_star.workflow.workflow import Workflow, WorkflowTask

_WIDE = 10_000
"""Columns where there is no terminal, so that no cell is folded."""

_HEADERS = ("task", "phase", "after", "agents", "condition", "parameters")


def show(values: dict[str, Any]) -> int:
    """Print the graph."""
    from rich.console import Console

    from mle_star.judge.combine import STRATEGIES
    from mle_star.judge.metrics import METRICS

    path = Path(values["workflow"]).expanduser() if values["workflow"] else None
    variables = parse_variables(values["variables"])
    workflow = read_workflow(path, variables, known_metrics=METRICS, known_strategies=STRATEGIES)
    if values["claude_flow"]:
        said = {n: v for n, v in workflow.variables.items() if n in OPTIONS or n in variables}
        click.echo(to_json(one_task(_engine(), said, path), indent=True).decode())
        return 0
    if values["json"]:
        click.echo(to_json(plain(workflow), indent=True).decode())
        return 0
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = _WIDE
    show_sections(_sections(workflow), console)
    return 0


def _engine() -> Sequence[str]:
    """What starts this engine on a command line: its name, where that is on PATH."""
    return ["mle-star"] if shutil.which("mle-star") else engine_command().words


def _sections(workflow: Workflow) -> list[Section]:
    tasks = tuple(_row(task) for task in workflow.tasks)
    variables = tuple((name, _told(value)) for name, value in workflow.variables.items())
    found = [
        Section(f"{workflow.name}: {count(len(tasks), 'task')}", headers=_HEADERS, rows=tasks),
        Section("Settings", headers=("", ""), rows=_settings(workflow)),
        Section("Variables", headers=("", ""), rows=variables),
        Section("Notes", workflow.notes),
    ]
    return [section for section in found if section.rows or section.lines]


def _row(task: WorkflowTask) -> tuple[str, ...]:
    limits = {"retries": task.retries or None, "timeout": task.timeout}
    parameters = {**task.parameters, **limits}
    return (
        task.id,
        str(task.phase),
        ", ".join(task.depends) or "-",
        ", ".join(task.agents),
        task.condition.text if task.condition else "-",
        _listed(parameters) or "-",
    )


def _settings(workflow: Workflow) -> tuple[tuple[str, str], ...]:
    said = workflow.settings
    threshold, seconds = said.quality_threshold, said.timeout
    return (
        ("Tasks at once", str(said.max_concurrency or "as --max-agents says")),
        ("After a failure", said.failure_policy),
        ("Quality threshold", "none" if threshold is None else f"{threshold:g}"),
        ("Timeout", "none" if seconds is None else f"{seconds:g} s"),
    )


def _listed(parameters: Mapping[str, Any]) -> str:
    return ", ".join(f"{k} {_told(v)}" for k, v in parameters.items() if v is not None)


def _told(value: Any) -> str:
    if isinstance(value, tuple):
        return " + ".join(str(item) for item in value)
    if isinstance(value, float):
        return f"{value:g}"
    return value if isinstance(value, str) else to_json(value).decode()
