"""The sessions that the store knows, for commands that look for one."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from typing import TypeVar

from mle_star_memory.location import memory_path
from mle_star_memory.opening import open_store
from mle_star_memory.store import Record, Session, Store

_MOST = 10_000

Found = TypeVar("Found")


def past_sessions(memory: str | None) -> list[Session]:
    """Sessions, newest first; none where the store cannot be read.

    Parameters
    ----------
    memory : str or None
        The store, as typed; None: the user's own.
    """
    return _asked(memory, lambda store: store.sessions(limit=_MOST))


def records_of(memory: str | None, session: str, kind: str) -> list[Record]:
    """Records of one kind of a session; none where the store cannot be read.

    Parameters
    ----------
    memory : str or None
        The store, as typed; None: the user's own.
    session : str
        Its id.
    kind : str
        Such as ``search``.
    """
    return _asked(memory, lambda store: store.records(session, kind))


def newest(memory: str | None, kind: str, limit: int) -> list[Record]:
    """Newest records of one kind of all sessions; none where the store cannot be read.

    Parameters
    ----------
    memory : str or None
        The store, as typed; None: the user's own.
    kind : str
        Such as ``resources``.
    limit : int
        At most so many.
    """
    return _asked(memory, lambda store: [m.record for m in store.query("", kind, limit=limit)])


def _asked(memory: str | None, question: Callable[[Store], list[Found]]) -> list[Found]:
    """What a store answers; nothing where there is none, or it cannot be read."""
    try:
        path = memory_path(memory)
        if path is None or not path.exists():
            return []
        with open_store(path) as store:
            return question(store)
    except (sqlite3.Error, OSError, ValueError):
        return []
