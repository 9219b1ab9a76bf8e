"""PostToolUse of Write and Edit: a file of a session is looked at for leakage, and run if asked."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mle_star_hooks.project import Project, beginning, clean, resolved, settings_of
from mle_star_hooks.rerun import ask_for_run
from mle_star_hooks.solution import is_solution, solution_findings
from mle_star_hooks.table import data_findings
from mle_star_hooks.test_rows import known_test_files
from mle_star_hooks.workflow import workflow_findings
from mle_star_memory.glance import Glance, Seen

_MOST = 5
"""Findings that are told."""


def hear(event: dict[str, Any], project: Project) -> str:
    """What was found, and whether a run was asked for; nothing for other people's files."""
    path = os.path.realpath(str(event["tool_input"]["file_path"]))
    with project.remembered() as glance:
        if glance is None:
            return ""
        sessions = glance.sessions(project.folder)
        session, what = _meant(glance, sessions, path)
        if session is None:
            return ""
        found = list(_findings(glance, project, session, path, what))
    lines = [
        f"mle-star looked at {project.shown(path)} for leakage:",
        *(f"- {f}" for f in found[:_MOST]),
    ]
    told = lines if found else []
    if project.wants_runs:
        ask_for_run(project, session, path, f"{what} {project.shown(path)} was edited")
        told.append(
            f"mle-star: a judged run of {clean(session.name)} with this {what} is queued; "
            "`mle-star watch` works the queue off"
        )
    return "\n".join(told)


def _meant(glance: Glance, sessions: list[Seen], path: str) -> tuple[Seen | None, str]:
    """The session that a file belongs to, and what the file is to it."""
    for session in sessions:
        if path == session.dataset:
            return session, "data file"
        if path.startswith(session.folder + os.sep):
            if Path(path).name == "workflow.json":
                return session, "workflow"
            if path.endswith(".py") and is_solution(beginning(path)):
                return session, "solution"
            return None, ""
    if path.endswith(".py"):
        alone = sessions and Path(path).name == "solution.py" and is_solution(beginning(path))
        return (sessions[0], "solution") if alone else (None, "")
    for session in sessions[:_MOST]:
        settings = settings_of(glance, session)
        for name, what in (("test", "test file"), ("workflow", "workflow")):
            given = settings.get(name)
            if given and path == resolved(given, settings.get("cwd", "")):
                return session, what
    return None, ""


def _findings(
    glance: Glance, project: Project, session: Seen, path: str, what: str
) -> Iterator[str]:
    known = known_test_files(glance, project)
    targets = session.target.split(", ")
    if what == "solution":
        for line, problem in solution_findings(
            beginning(path), targets, str(Path(path).parent), known
        ):
            yield f"line {line}: {problem}"
    elif what == "workflow":
        yield from workflow_findings(beginning(path), path, known)
    else:
        settings = settings_of(glance, session)
        given = settings.get("test")
        test = resolved(given, settings.get("cwd", "")) if given else ""
        yield from data_findings(session.dataset, test, targets)
