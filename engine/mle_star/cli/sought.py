"""The session that a command is about."""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path

from mle_star.session.lookup import Found, find
from mle_star.session.stages import Stages, stages_in
from mle_star_memory.location import memory_path
from mle_star_memory.opening import open_store
from mle_star_memory.store import Session


def sought(asked: str | None, memory: str | None = None) -> Found:
    """Find a session by id, name or folder; a store that cannot be read is passed over.

    Parameters
    ----------
    asked : str or None
        What was typed; None: the newest session.
    memory : str or None, default None
        The store, as typed.

    Raises
    ------
    UsageError
        If there is none.
    """
    return find(asked, _remembered(memory))


def _remembered(memory: str | None) -> list[Session]:
    try:
        path = memory_path(memory)
        if path is None or not path.exists():
            return []
        with open_store(path) as store:
            return store.sessions(limit=10_000)
    except (sqlite3.Error, OSError, ValueError):
        return []


def newest_prepared(asked: str | None = None) -> Stages | None:
    """The newest session that is gone through by stages; `asked` is its id or its name."""
    for session in _remembered(None):
        if asked in (None, session.id, session.name):
            found = stages_in(Path(session.folder))
            if found is not None:
                return found
    return None


def remember_stage(stages: Stages, now: float) -> None:
    """Let the session be found before it runs; a store that fails is passed over."""
    given = stages.given
    path = memory_path(given.get("memory"))
    if path is None:
        return
    session = Session(
        stages.session,
        stages.name,
        str(Path(stages.folder).resolve()),
        str(Path(given["dataset"]).resolve()),
        str(given.get("target") or ""),
        now,
        status="prepared",
        stage=stages.stage,
    )
    with contextlib.suppress(sqlite3.Error, OSError), open_store(path) as store:
        store.add_session(session)
