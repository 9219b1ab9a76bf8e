"""Writing files so that a reader never sees half of one: write, fsync, rename."""

from __future__ import annotations

import contextlib
import json
import os
from pathlib import Path
from typing import Any


def put(path: Path, content: dict[str, Any]) -> None:
    """Write JSON; nothing is left under the final name if that fails.

    Parameters
    ----------
    path : Path
        Final name; parent folders are made.
    content : dict
        Plain values.
    """
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with partial.open("w", encoding="utf-8") as file:
            json.dump(content, file)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    except OSError:
        with contextlib.suppress(OSError):
            partial.unlink()
        raise
