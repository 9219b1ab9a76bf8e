"""``mle-star profile``: what a data file holds, without training."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from mle_star.cli.doctor import cores
from mle_star.files import to_json
from mle_star.report.sections import Section
from mle_star.report.words import count
from mle_star.session.settings import resolve

if TYPE_CHECKING:
    from mle_star.data.prepare import Prepared


def execute(values: dict[str, Any]) -> int:
    """Read a file, tell of its columns and of the task."""
    from mle_star.data.prepare import prepare
    from mle_star.judge.metrics import get_metric
    from mle_star.session.opening import request_of, task_facts

    given = {key: value for key, value in values.items() if key != "json"}
    prepared = prepare(request_of(resolve(given, cores=cores())))
    task = task_facts(prepared, get_metric(prepared.task.metric, prepared.task))
    if values["json"]:
        facts = {
            "task": task,
            "reasons": prepared.reasons,
            "notes": prepared.notes,
            **prepared.profile.to_json(),
        }
        click.echo(to_json(facts, indent=True).decode())
        return 0
    _show(profile_sections(prepared))
    return 0


def profile_sections(prepared: Prepared) -> list[Section]:
    """What a data file holds: rows, task, columns, and what is worth a look."""
    from mle_star.judge.metrics import get_metric
    from mle_star.session.opening import task_facts

    profile = prepared.profile
    task = task_facts(prepared, get_metric(prepared.task.metric, prepared.task))
    facts = (
        ("Rows", f"{profile.rows:,} usable, {profile.duplicate_rows:,} of them repeated"),
        ("Missing", f"{profile.missing:.1%} of the feature cells"),
        ("Task", f"{task['kind']}, target {', '.join(task['targets'])}"),
        ("Metric", task["metric"]),
    )
    rows = tuple(
        (c.original, c.kind, c.role, f"{c.missing:.1%}", f"{c.distinct:,}", c.example)
        for c in profile.columns
    )
    issues = tuple(
        f"{i.severity}: {i.message}{i.remedy and f'; {i.remedy}'}" for i in profile.issues
    )
    headers = ("column", "kind", "role", "missing>", "distinct>", "example")
    found = [
        Section("Data", tuple(prepared.reasons), ("", ""), facts),
        Section(count(len(rows), "column"), headers=headers, rows=rows),
        Section("Worth a look", (*issues, *prepared.notes)),
    ]
    return [section for section in found if section.rows or section.lines]


def _show(sections: list[Section]) -> None:
    from rich.console import Console

    from mle_star.report.render import show

    show(sections, Console(highlight=False))
