"""A look at the store, and a note in it, for those who may not wait: hooks of other programs.

Takes the SQLite file as it is: makes none, brings none up to date, waits a moment at most, and asks
only for columns that the store has had since its first version, so that a hook and an engine of
different versions understand each other. Standard library only, for any Python from 3.8 on, and no
more of it than is needed: dataclasses take longer to import than all else here.
"""

from __future__ import annotations

import contextlib
import json
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

_PATIENCE = 0.2
"""Seconds to wait for a writer."""

_FIELDS = "id, name, folder, dataset, target, metric, status, started, finished, best_score"


class Seen(NamedTuple):
    """What is seen of a session; the fields mean what they do in a full one.

    Parameters
    ----------
    id, name, folder, dataset, target, metric, status : str
        Its identity, its paths, its metric and how it stands.
    started : float
        Seconds since the epoch.
    finished : float or None
        Seconds since the epoch.
    best_score : float or None
        In the metric's own units.
    """

    id: str
    name: str
    folder: str
    dataset: str
    target: str
    metric: str
    status: str
    started: float
    finished: float | None
    best_score: float | None


class Glance:
    """An open look.

    Parameters
    ----------
    path : Path
        The store's file.

    Raises
    ------
    sqlite3.Error
        If there is none, or it is no store; so do all methods.
    """

    def __init__(self, path: Path) -> None:
        self._connection = _open(path, "ro")

    def __enter__(self) -> Glance:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def sessions(self, folder: str) -> list[Seen]:
        """Sessions whose result or data file lies in a folder, newest first."""
        beginning = folder.rstrip("/") + "/"
        rows = self._connection.execute(
            f"SELECT {_FIELDS} FROM sessions "  # noqa: S608
            "WHERE substr(folder, 1, ?1) = ?2 OR substr(dataset, 1, ?1) = ?2 "
            "ORDER BY started DESC, id",
            (len(beginning), beginning),
        )
        return [Seen(*row) for row in rows]

    def contents(self, session: str, kinds: Sequence[str]) -> dict[str, list[Any]]:
        """Contents of a session's records by kind, in the order in which they came up."""
        marks = ", ".join("?" * len(kinds))
        rows = self._connection.execute(
            "SELECT kind, content FROM records "  # noqa: S608
            f"WHERE session = ? AND kind IN ({marks}) ORDER BY number",
            (session, *kinds),
        )
        found: dict[str, list[Any]] = {kind: [] for kind in kinds}
        for kind, content in rows:
            found[kind].append(json.loads(content))
        return found


def note(
    path: Path, session: str, kind: str, key: str, content: dict[str, Any], text: str, when: float
) -> None:
    """Record one thing of a session, in place of what has the same kind and key.

    Parameters
    ----------
    path : Path
        The store's file.
    session, kind, key, text : str
        As in a record of the store.
    content : dict
        Plain values.
    when : float
        Seconds since the epoch.

    Raises
    ------
    sqlite3.Error
        If it cannot be done at once: the store is busy, too old or too new.
    """
    values = session, kind, key, json.dumps(content, ensure_ascii=False).encode(), text, when
    with contextlib.closing(_open(path, "rw")) as connection, connection:
        connection.execute(
            "INSERT INTO records (session, kind, key, content, text, time) "
            "VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (session, kind, key) DO UPDATE "
            "SET content = excluded.content, text = excluded.text, time = excluded.time",
            values,
        )


def _open(path: Path, mode: str) -> sqlite3.Connection:
    uri = f"{path.absolute().as_uri()}?mode={mode}"
    return sqlite3.connect(uri, uri=True, timeout=_PATIENCE)
