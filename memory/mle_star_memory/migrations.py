"""The schema of the SQLite store as numbered steps; each runs once, all needed ones together."""

from __future__ import annotations

import sqlite3

from mle_star_memory.transaction import transaction

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
    (
        "ALTER TABLE sessions ADD COLUMN fingerprint TEXT NOT NULL DEFAULT ''",
        "ALTER TABLE sessions ADD COLUMN stage TEXT NOT NULL DEFAULT ''",
        """CREATE TABLE keyed (
            number INTEGER PRIMARY KEY,
            session TEXT NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
            kind TEXT NOT NULL,
            key TEXT NOT NULL,
            content BLOB NOT NULL,
            text TEXT NOT NULL,
            time REAL NOT NULL,
            UNIQUE (session, kind, key)
        )""",
        """INSERT INTO keyed
            SELECT number, session, kind, 'number ' || number, content, CAST(content AS TEXT),
                (SELECT coalesce(finished, started) FROM sessions WHERE id = session)
            FROM records""",
        "DROP TABLE records",
        "ALTER TABLE keyed RENAME TO records",
        "CREATE INDEX records_by_time ON records (time, number)",
    ),
    (
        """CREATE VIRTUAL TABLE words USING fts5 (
            text, content = 'records', content_rowid = 'number',
            tokenize = 'unicode61 remove_diacritics 2'
        )""",
        "INSERT INTO words (words) VALUES ('rebuild')",
        """CREATE TRIGGER records_added AFTER INSERT ON records BEGIN
            INSERT INTO words (rowid, text) VALUES (new.number, new.text);
        END""",
        """CREATE TRIGGER records_removed AFTER DELETE ON records BEGIN
            INSERT INTO words (words, rowid, text) VALUES ('delete', old.number, old.text);
        END""",
        """CREATE TRIGGER records_changed AFTER UPDATE ON records BEGIN
            INSERT INTO words (words, rowid, text) VALUES ('delete', old.number, old.text);
            INSERT INTO words (rowid, text) VALUES (new.number, new.text);
        END""",
    ),
    (
        """CREATE TABLE versions (
            name TEXT NOT NULL,
            number INTEGER NOT NULL,
            session TEXT NOT NULL,
            stage TEXT NOT NULL,
            content BLOB NOT NULL,
            PRIMARY KEY (name, number)
        )""",
        "CREATE UNIQUE INDEX in_production ON versions (name) WHERE stage = 'production'",
    ),
)
"""The statements of each version, oldest first; only ever appended to."""

FULL_TEXT = 3
"""The step that an SQLite without FTS5 leaves out; it is made up for when one with it comes."""


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
    full_text = _is_indexed(connection) or has_full_text(connection)
    if _version(connection) == len(MIGRATIONS) and _is_indexed(connection) == full_text:
        return
    with transaction(connection):
        found = _version(connection)
        if found > len(MIGRATIONS):
            raise sqlite3.DatabaseError(
                f"the store has version {found}, this program knows {len(MIGRATIONS)}"
            )
        for number, statements in enumerate(MIGRATIONS, start=1):
            is_wanted = number > found
            if number == FULL_TEXT:
                is_wanted = full_text and not _is_indexed(connection)
            for statement in statements if is_wanted else ():
                connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")


def _is_indexed(connection: sqlite3.Connection) -> bool:
    """Whether the full-text index is there; cheap, as it only looks at the schema."""
    asked = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'words'"
    return connection.execute(asked).fetchone() is not None


def has_full_text(connection: sqlite3.Connection) -> bool:
    """Whether this Python's SQLite was built with FTS5."""
    try:
        connection.execute("CREATE VIRTUAL TABLE temp.probe USING fts5 (text)")
    except sqlite3.OperationalError:
        return False
    connection.execute("DROP TABLE temp.probe")
    return True


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])
