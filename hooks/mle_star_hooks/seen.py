"""When the last conversation in a project ended, beside the store."""

from __future__ import annotations

import json
import os
import zlib
from pathlib import Path

from mle_star_hooks.writing import put
from mle_star_memory.location import home


def last_seen(project: str) -> float | None:
    """Seconds since the epoch at which it ended; None if there was none."""
    try:
        found = json.loads(_file(project).read_bytes())
        return float(found["ended"]) if found["project"] == project else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def mark_seen(project: str, now: float) -> None:
    """Remember that a conversation in the project ends now."""
    put(_file(project), {"project": project, "ended": now})


def _file(project: str) -> Path:
    return home() / "claude" / "seen" / f"{zlib.crc32(os.fsencode(project)):08x}.json"
