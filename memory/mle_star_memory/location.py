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
    """The store's file."""
    return home() / "memory.sqlite3"
