"""Opening a store, whichever its form."""

from __future__ import annotations

from pathlib import Path

from mle_star_memory.json_store import JsonStore
from mle_star_memory.sqlite_store import SqliteStore
from mle_star_memory.store import Store


def open_store(path: Path) -> Store:
    """Open a store, made if absent: a JSON file if its name ends in ``.json``, else SQLite.

    Parameters
    ----------
    path : Path
        The file.

    Raises
    ------
    StoreError
        If it cannot be opened.
    """
    return JsonStore(path) if path.suffix.lower() == ".json" else SqliteStore(path)
