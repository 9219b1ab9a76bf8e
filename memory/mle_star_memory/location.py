"""Where the store lives."""

from __future__ import annotations

import os
from pathlib import Path


def home() -> Path:
    """The store's folder: ``MLE_STAR_HOME``, else ``mle-star`` in the user's data folder."""
    if own := os.environ.get("MLE_STAR_HOME"):
        return Path(own)
    data = os.environ.get("XDG_DATA_HOME")
    return (Path(data) if data else Path.home() / ".local" / "share") / "mle-star"


def database() -> Path:
    """The store's file, where no other is asked for."""
    return home() / "memory.sqlite3"


def memory_path(asked: str | None) -> Path | None:
    """The file of the store that is asked for.

    Parameters
    ----------
    asked : str or None
        A path, ``none`` for no store, None for the default one.

    Returns
    -------
    Path or None
        None: nothing is to be remembered.

    Raises
    ------
    ValueError
        If it cannot be a path.
    """
    if asked is None:
        return database()
    if not asked.strip() or "\0" in asked:
        raise ValueError(f"{asked!r} is no path")
    return None if asked == "none" else Path(asked).expanduser()
