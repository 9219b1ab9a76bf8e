"""The store's schema as numbered steps; each runs once, in one transaction."""

from __future__ import annotations

import sqlite3

MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (
        """CREATE TABLE sessions (
            id TEXT PRIMARY KEY,
            name TEXT NOT NULL,
            folder TEXT NOT NULL,
            dataset TEXT NOT NULL,
            target TEXT NOT NULL,
            task TEXT NOT NULL DEFAULT '',
            metric TEXT NOT NULL DEFAULT '',
            status TEXT NOT NULL,
            started REAL NOT NULL,
            finished REAL,
            best_score REAL,
            exit_code INTEGER
        )""",
        "CREATE INDEX sessions_by_start ON sessions (started DESC)",
        """CREATE TABLE records (
            number INTEGER PRIMARY KEY,
            session TEXT NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
            kind TEXT NOT NULL,
            content BLOB NOT NULL
        )""",
        "CREATE INDEX records_by_session ON records (session, kind, number)",
    ),
)
"""The statements of each version, oldest first; only ever appended to."""


def migrate(connection: sqlite3.Connection) -> None:
    """Bring a database to the newest version.

    Parameters
    ----------
    connection : sqlite3.Connection
        In autocommit mode. Safe when several processes do this at once.

    Raises
    ------
    sqlite3.DatabaseError
        If the database is of a newer version than this code, or cannot be changed.
    """
    if _version(connection) == len(MIGRATIONS):
        return
    connection.execute("BEGIN IMMEDIATE")
    try:
        found = _version(connection)
        if found > len(MIGRATIONS):
            raise sqlite3.DatabaseError(
                f"the store has version {found}, this program knows {len(MIGRATIONS)}"
            )
        for number, statements in enumerate(MIGRATIONS[found:], start=found + 1):
            for statement in statements:
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {number}")
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])
