"""The sessions that the store knows, for commands that look for one."""

from __future__ import annotations

import sqlite3

from mle_star_memory.location import memory_path
from mle_star_memory.opening import open_store
from mle_star_memory.store import Session

_MOST = 10_000


def past_sessions(memory: str | None) -> list[Session]:
    """Sessions, newest first; none where the store cannot be read.

    Parameters
    ----------
    memory : str or None
        The store, as typed; None: the user's own.
    """
    try:
        path = memory_path(memory)
        if path is None or not path.exists():
            return []
        with open_store(path) as store:
            return store.sessions(limit=_MOST)
    except (sqlite3.Error, OSError, ValueError):
        return []
