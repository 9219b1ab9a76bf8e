"""The session that a command is about."""

from __future__ import annotations

import sqlite3

from mle_star.session.lookup import Found, find
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
