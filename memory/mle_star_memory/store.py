"""The store: past sessions and what was measured in them, in one SQLite file.

Many processes may use one file at once. Encoding of records needs orjson; listing sessions needs
the standard library only, so that a hook can do it under any Python.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import astuple, dataclass, fields
from pathlib import Path
from typing import Any

from mle_star_memory.migrations import migrate

_BUSY_SECONDS = 10.0


@dataclass(frozen=True)
class Session:
    """One run, as it is remembered.

    Parameters
    ----------
    id, name, folder, dataset, target : str
        Its identity, its name, and absolute paths of its result and data.
    started : float
        Seconds since the epoch.
    task, metric : str
        Kind of task and name of the metric; empty until known.
    status : str
        ``running``, ``done``, ``failed`` or ``interrupted``.
    finished : float or None
        Seconds since the epoch.
    best_score : float or None
        In the metric's own units.
    exit_code : int or None
        Exit status of the run.
    """

    id: str
    name: str
    folder: str
    dataset: str
    target: str
    started: float
    task: str = ""
    metric: str = ""
    status: str = "running"
    finished: float | None = None
    best_score: float | None = None
    exit_code: int | None = None


_COLUMNS = tuple(field.name for field in fields(Session))


class Store:
    """The store in one file, made and brought up to date when opened.

    Parameters
    ----------
    path : Path
        The database file; its folder is made if absent.
    """

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._connection = sqlite3.connect(path, timeout=_BUSY_SECONDS, isolation_level=None)
        try:
            self._connection.execute("PRAGMA journal_mode = WAL")
            self._connection.execute("PRAGMA synchronous = NORMAL")
            self._connection.execute("PRAGMA foreign_keys = ON")
            migrate(self._connection)
        except BaseException:
            self._connection.close()
            raise

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def add_session(self, session: Session) -> None:
        """Remember a session; one with the same id is replaced."""
        marks = ", ".join("?" * len(_COLUMNS))
        updates = ", ".join(f"{name} = excluded.{name}" for name in _COLUMNS[1:])
        with self._transaction():
            self._connection.execute(
                f"INSERT INTO sessions ({', '.join(_COLUMNS)}) VALUES ({marks}) "  # noqa: S608
                f"ON CONFLICT (id) DO UPDATE SET {updates}",
                astuple(session),
            )

    def update_session(self, identity: str, **values: Any) -> None:
        """Change some fields of a session.

        Parameters
        ----------
        identity : str
            The session's id.
        **values
            New values by field name.

        Raises
        ------
        KeyError
            If a field is unknown.
        """
        if unknown := set(values) - set(_COLUMNS):
            raise KeyError(f"a session has no field {', '.join(sorted(unknown))}")
        changes = ", ".join(f"{name} = ?" for name in values)
        with self._transaction():
            self._connection.execute(
                f"UPDATE sessions SET {changes} WHERE id = ?",  # noqa: S608
                (*values.values(), identity),
            )

    def sessions(self, limit: int = 50) -> list[Session]:
        """Sessions, newest first.

        Parameters
        ----------
        limit : int, default 50
            At most so many.
        """
        rows = self._connection.execute(
            f"SELECT {', '.join(_COLUMNS)} FROM sessions "  # noqa: S608
            "ORDER BY started DESC, id LIMIT ?",
            (limit,),
        )
        return [Session(*row) for row in rows]

    def add_records(self, session: str, kind: str, contents: Sequence[Any]) -> None:
        """Append records of one kind to a session, all or none.

        Parameters
        ----------
        session : str
            The session's id.
        kind : str
            Such as ``candidate`` or ``metric``.
        contents : sequence
            Plain values.
        """
        import orjson

        rows = [(session, kind, orjson.dumps(content)) for content in contents]
        with self._transaction():
            self._connection.executemany(
                "INSERT INTO records (session, kind, content) VALUES (?, ?, ?)", rows
            )

    def records(self, session: str, kind: str) -> list[Any]:
        """Records of one kind of a session, in the order added."""
        import orjson

        rows: Iterable[tuple[bytes]] = self._connection.execute(
            "SELECT content FROM records WHERE session = ? AND kind = ? ORDER BY number",
            (session, kind),
        )
        return [orjson.loads(content) for (content,) in rows]

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[None]:
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._connection.execute("ROLLBACK")
            raise
        self._connection.execute("COMMIT")
