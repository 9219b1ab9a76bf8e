"""One change of an SQLite file: all of it or nothing."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator


@contextlib.contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """Wait for the write lock, change, commit; whatever fails leaves the file as it was.

    Parameters
    ----------
    connection : sqlite3.Connection
        In autocommit mode.
    """
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        commit(connection)
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def commit(connection: sqlite3.Connection) -> None:
    """The one place where anything is committed."""
    connection.execute("COMMIT")
