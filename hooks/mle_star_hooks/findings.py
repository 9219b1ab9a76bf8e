"""What agents found in a conversation, on its way into the store.

Each finding is first a file of its own, in ``claude/findings`` beside the store, and is then taken
into the store as a record of the session that it is about. What cannot be taken in yet, because the
store is busy or the project has no session, stays for the next time.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
from pathlib import Path
from typing import Any

from mle_star_hooks.project import Project
from mle_star_hooks.writing import put
from mle_star_memory.glance import Seen, note
from mle_star_memory.location import database, home

KIND = "finding"
"""Kind of the records."""

LONGEST = 4_000
"""Characters of a finding that are kept."""

_AT_ONCE = 50
_OLDEST = 30 * 24 * 3600.0
"""Seconds after which a finding that belongs to no session is let go."""


def keep(project: Project, agent: str, text: str, key: str, now: float) -> None:
    """Write a finding down.

    Parameters
    ----------
    project : Project
        In which it was found.
    agent : str
        By whom.
    text : str
        In its own words; data, whoever reads it.
    key : str
        Tells it from others; the same one again replaces it.
    now : float
        Seconds since the epoch.
    """
    if not text.strip():
        return
    content = {
        "project": project.folder, "agent": agent, "text": text.strip()[:LONGEST], "key": key,
        "time": now,
    }  # fmt: skip
    put(_folder() / f"{int(1000 * now)}-{os.getpid()}.json", content)


def take_in(project: Project, now: float) -> None:
    """Move findings of the project into the store, as far as that can be done at once."""
    waiting = [(path, found) for path, found in _waiting(now) if found["project"] == project.folder]
    sessions = project.sessions() if waiting else []
    if not sessions:
        return
    for path, found in waiting:
        session = _about(found["text"], sessions).id
        content = {key: found[key] for key in ("agent", "text")}
        note(database(), session, KIND, found["key"], content, _text(found), found["time"])
        path.unlink()


def _folder() -> Path:
    return home() / "claude" / "findings"


def _waiting(now: float) -> list[tuple[Path, dict[str, Any]]]:
    found = []
    for path in sorted(_folder().glob("*.json"))[:_AT_ONCE]:
        try:
            content = json.loads(path.read_bytes())
            old = now - content["time"] > _OLDEST
        except (OSError, ValueError, KeyError, TypeError):
            old = True
        if old:
            with contextlib.suppress(OSError):
                path.unlink()
        else:
            found.append((path, content))
    return found


def _about(text: str, sessions: list[Seen]) -> Seen:
    """The session that a text names by its id or name; else the newest."""
    for name in ("id", "name"):
        for session in sessions:
            value = re.escape(getattr(session, name))
            if value and re.search(rf"(?<![\w-]){value}(?![\w-])", text):
                return session
    return sessions[0]


def _text(found: dict[str, Any]) -> str:
    return f"{found['agent']}\n{found['text']}"
