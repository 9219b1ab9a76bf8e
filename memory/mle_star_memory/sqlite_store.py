"""The store in one SQLite file: the default."""

from __future__ import annotations

import contextlib
import json
import sqlite3
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, astuple
from pathlib import Path
from typing import Any

from mle_star_memory.migrations import migrate
from mle_star_memory.store import (
    BUSY_SECONDS,
    SESSION_FIELDS,
    Match,
    Record,
    Session,
    Store,
    StoreBusyError,
    StoreError,
    checked,
    encode,
    no_session,
)
from mle_star_memory.transaction import transaction
from mle_star_memory.versions import Move, Version, moved, numbered
from mle_star_memory.words import rank, wanted

_RECORD = "kind, key, content, time, text"
_MATCH = """SELECT s.id, s.name, r.kind, r.key, r.content, r.time, r.text
    FROM {tables} JOIN sessions s ON s.id = r.session
    WHERE {condition} AND (:kind IS NULL OR r.kind = :kind)
        AND (:session IS NULL OR r.session = :session)
    ORDER BY {order} LIMIT :limit"""
_NEWEST = _MATCH.format(tables="records r", condition="1", order="r.time DESC, r.number DESC")
_BEST = _MATCH.format(
    tables="words JOIN records r ON r.number = words.rowid",
    condition="words MATCH :words",
    order="words.rank, r.number DESC",
)
_PUT = f"""INSERT INTO records (session, {_RECORD}) VALUES {{rows}}
    ON CONFLICT (session, kind, key) DO UPDATE
    SET content = excluded.content, time = excluded.time, text = excluded.text
    WHERE content IS NOT excluded.content"""  # noqa: S608
_AT_ONCE = 100
"""Rows of a statement: at the end of each the index is written, which costs more than the rows."""
_MOST = 2**62


class SqliteStore(Store):
    """The store in one SQLite file, made and brought up to date when opened.

    Parameters
    ----------
    path : Path
        The database file; its folder is made if absent.

    Raises
    ------
    StoreError
        If it cannot be opened, is no such file or of a newer version.
    """

    def __init__(self, path: Path) -> None:
        with _told():
            path.parent.mkdir(parents=True, exist_ok=True)
            self._connection = sqlite3.connect(
                str(path), timeout=BUSY_SECONDS, isolation_level=None
            )
            try:
                _use_wal(self._connection)
                self._connection.execute("PRAGMA synchronous = NORMAL")
                self._connection.execute("PRAGMA foreign_keys = ON")
                migrate(self._connection)
            except BaseException:
                self._connection.close()
                raise

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def add_session(self, session: Session) -> None:
        """See :meth:`Store.add_session`."""
        marks = ", ".join("?" * len(SESSION_FIELDS))
        updates = ", ".join(f"{name} = excluded.{name}" for name in SESSION_FIELDS[1:])
        with self._change():
            self._connection.execute(
                f"INSERT INTO sessions ({', '.join(SESSION_FIELDS)}) VALUES ({marks}) "  # noqa: S608
                f"ON CONFLICT (id) DO UPDATE SET {updates}",
                astuple(session),
            )

    def update_session(self, identity: str, **values: Any) -> None:
        """See :meth:`Store.update_session`."""
        changes = ", ".join(f"{name} = ?" for name in checked(values))
        with self._change():
            self._connection.execute(
                f"UPDATE sessions SET {changes} WHERE id = ?",  # noqa: S608
                (*values.values(), identity),
            )

    def session(self, identity: str) -> Session | None:
        """See :meth:`Store.session`."""
        return next(iter(self._sessions("WHERE id = ?", (identity,))), None)

    def sessions(self, limit: int | None = 50) -> list[Session]:
        """See :meth:`Store.sessions`."""
        most = _MOST if limit is None else min(limit, _MOST)
        return self._sessions("ORDER BY started DESC, id LIMIT ?", (most,))

    def add_records(self, session: str, records: Sequence[Record]) -> None:
        """See :meth:`Store.add_records`."""
        rows = [(session, r.kind, r.key, encode(r.content), r.time, r.text) for r in records]
        try:
            with self._change():
                for start in range(0, len(rows), _AT_ONCE):
                    part = rows[start : start + _AT_ONCE]
                    marks = ", ".join(["(?, ?, ?, ?, ?, ?)"] * len(part))
                    values = [value for row in part for value in row]
                    self._connection.execute(_PUT.format(rows=marks), values)
        except StoreError as error:
            if isinstance(error.__cause__, sqlite3.IntegrityError):
                raise no_session(session) from error
            raise

    def records(self, session: str, kind: str | None = None) -> list[Record]:
        """See :meth:`Store.records`."""
        with _told():
            rows = self._connection.execute(
                f"SELECT {_RECORD} FROM records "  # noqa: S608
                "WHERE session = ?1 AND (?2 IS NULL OR kind = ?2) ORDER BY number",
                (session, kind),
            )
            return [_record(row) for row in rows]

    def query(
        self, text: str, kind: str | None = None, session: str | None = None, limit: int = 20
    ) -> list[Match]:
        """See :meth:`Store.query`."""
        given = {"kind": kind, "session": session, "limit": min(limit, _MOST)}
        with _told():
            if not text.strip():
                return self._matches(_NEWEST, given)
            asked = wanted(text)
            if not asked:
                return []
            try:
                return self._best(asked, given)
            except sqlite3.OperationalError as error:
                if not str(error).startswith(("no such table", "no such module")):
                    raise
                return self._ranked(asked, given)

    def add_version(self, version: Version) -> Version:
        """See :meth:`Store.add_version`."""
        with self._change():
            fresh = numbered(self._versions(version.name), version)
            self._connection.execute(
                "INSERT INTO versions VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
                (fresh.name, fresh.number, fresh.session, fresh.stage, encode(asdict(fresh))),
            )
        return fresh

    def versions(self, name: str | None = None) -> list[Version]:
        """See :meth:`Store.versions`."""
        with _told():
            return self._versions(name)

    def move_version(self, name: str, number: int, move: Move) -> list[Version]:
        """See :meth:`Store.move_version`."""
        with self._change():
            changed = moved(self._versions(name), name, number, move)
            for one in changed:
                self._connection.execute(
                    "UPDATE versions SET stage = ?, content = ? WHERE name = ? AND number = ?",
                    (one.stage, encode(asdict(one)), one.name, one.number),
                )
        return changed

    def _versions(self, name: str | None) -> list[Version]:
        rows = self._connection.execute(
            "SELECT content FROM versions WHERE ?1 IS NULL OR name = ?1 ORDER BY name, number",
            (name,),
        )
        return [Version.made(json.loads(content)) for (content,) in rows]

    def _best(self, asked: list[str], given: dict[str, Any]) -> list[Match]:
        """Those that hold all words, or else any, by the index."""
        quoted = [f'"{word}"*' for word in asked]
        return self._matches(_BEST, {**given, "words": " AND ".join(quoted)}) or self._matches(
            _BEST, {**given, "words": " OR ".join(quoted)}
        )

    def _ranked(self, asked: list[str], given: dict[str, Any]) -> list[Match]:
        """The same without the index, where this Python's SQLite has no FTS5."""
        oldest_first = self._matches(_NEWEST, {**given, "limit": _MOST})[::-1]
        places = rank(asked, [match.record.text for match in oldest_first])
        return [oldest_first[place] for place in places[: given["limit"]]]

    def _matches(self, statement: str, given: dict[str, Any]) -> list[Match]:
        rows = self._connection.execute(statement, given)
        return [Match(session, name, _record(row)) for session, name, *row in rows]

    def _sessions(self, which: str, values: tuple[Any, ...]) -> list[Session]:
        with _told():
            rows = self._connection.execute(
                f"SELECT {', '.join(SESSION_FIELDS)} FROM sessions {which}",  # noqa: S608
                values,
            )
            return [Session(*row) for row in rows]

    @contextlib.contextmanager
    def _change(self) -> Iterator[None]:
        with _told(), transaction(self._connection):
            yield


def _record(row: Sequence[Any]) -> Record:
    kind, key, content, when, text = row
    return Record(kind, key, json.loads(content), when, text)


@contextlib.contextmanager
def _told() -> Iterator[None]:
    """What SQLite and the system say, in the words of the contract."""
    try:
        yield
    except sqlite3.Error as error:
        raise (StoreBusyError if _is_busy(error) else StoreError)(str(error)) from error
    except OSError as error:
        raise error if isinstance(error, StoreError) else StoreError(str(error)) from error


def _is_busy(error: sqlite3.Error) -> bool:
    return isinstance(error, sqlite3.OperationalError) and "lock" in str(error)


def _use_wal(connection: sqlite3.Connection) -> None:
    """Readers and a writer at once; SQLite itself does not wait when another process switches."""
    last = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if not _is_busy(error) or time.monotonic() > last:
                raise
            time.sleep(0.01)
        else:
            return
