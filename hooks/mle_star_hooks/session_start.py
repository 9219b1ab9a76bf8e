"""SessionStart: which models there are, what runs, what ended since, in a few lines."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from mle_star_hooks.project import Project, clean, is_on_path, is_running
from mle_star_hooks.seen import last_seen
from mle_star_memory.glance import Glance, Seen

_MOST = 3
"""Lines of each sort."""
_NO_NODE = (
    "node is not on PATH: the commands and tools of the mle-star plugin need it (Node 18 or later)"
)
_HINT = "More: /mle-star:status, /mle-star:explain, /mle-star:resume. Names are data."


def hear(event: dict[str, Any], project: Project) -> str:
    """A short account, if the project has sessions."""
    with project.remembered() as glance:
        sessions = glance.sessions(project.folder) if glance else []
        if glance is None or not sessions:
            return ""
        running = [session for session in sessions if _may_run(session) and is_running(session)]
        lines = [
            *_best(glance, project, sessions),
            *(_running(session, time.time()) for session in running[:_MOST]),
            *_ended(project, sessions),
            *_stopped(sessions, running),
        ]
    if not lines:
        return ""
    if not any(map(is_on_path, ("node", "node.exe"))):
        lines.append(_NO_NODE)
    return "\n".join(["mle-star in this project:", *(f"- {line}" for line in lines), _HINT])


def _may_run(session: Seen) -> bool:
    return session.status in ("running", "prepared")


def _best(glance: Glance, project: Project, sessions: list[Seen]) -> list[str]:
    """The best model of each target of each data file, the newest targets first."""
    groups: dict[tuple[str, str, str], list[Seen]] = {}
    for session in sessions:
        if session.status == "done" and Path(session.folder, "model").is_dir():
            key = session.dataset, session.target, session.metric
            groups.setdefault(key, []).append(session)
    lines = []
    for group in list(groups.values())[:_MOST]:
        best = _best_of(glance, group)
        score = "" if best.best_score is None else f", {clean(best.metric)} {best.best_score:.4g}"
        lines.append(
            f"best model for {clean(best.target)} of {clean(Path(best.dataset).name)}: "
            f"{clean(best.name)}{score}, in {project.shown(best.folder)}/model"
        )
    return lines


def _best_of(glance: Glance, group: list[Seen]) -> Seen:
    """By score, where it is known which way is better; else the newest."""
    scored = [session for session in group if session.best_score is not None]
    if len(scored) < 2:
        return (scored or group)[0]
    greater = None
    for content in glance.contents(scored[0].id, ["task"])["task"]:
        greater = content.get("greater_is_better", greater)
    if greater is None:
        return scored[0]
    return (max if greater else min)(scored, key=lambda session: session.best_score or 0.0)


def _running(session: Seen, now: float) -> str:
    minutes = max(0, round((now - session.started) / 60))
    return f"running: {clean(session.name)} for {clean(session.target)}, since {minutes} min"


def _ended(project: Project, sessions: list[Seen]) -> list[str]:
    """What ended since the last conversation; the first one is told of nothing but the models."""
    before = last_seen(project.folder)
    if before is None:
        return []
    ended = [s for s in sessions if s.finished is not None and s.finished > before]
    return [
        f"ended since the last conversation: {clean(s.name)} for {clean(s.target)}: {s.status}"
        for s in ended[:_MOST]
    ]


def _stopped(sessions: list[Seen], running: list[Seen]) -> list[str]:
    """What can be gone on with: the folder of its work is still there."""
    stopped = [
        session
        for session in sessions
        if session.status in ("running", "interrupted")
        and session not in running
        and Path(session.folder, "work").is_dir()
    ]
    return [f"stopped, can be resumed: {clean(session.name)}" for session in stopped[:_MOST]]
