"""Asking for a judged run: a request in the project's queue, which ``mle-star watch`` works off."""

from __future__ import annotations

import os
import time
from datetime import datetime, timezone

from mle_star_hooks.project import Project
from mle_star_hooks.writing import put
from mle_star_memory.glance import Seen


def ask_for_run(project: Project, session: Seen, path: str, reason: str) -> None:
    """Put a request into the queue, if the project asked for that; see ``docs/watch.md``.

    Parameters
    ----------
    project : Project
        Whose queue.
    session : Seen
        What is to be run again.
    path : str
        The file that changed, absolute.
    reason : str
        Why, in words.
    """
    now = time.time()
    name = f"{int(1000 * now)}-{os.getpid()}.json"
    put(
        project.own / "queue" / name,
        {
            "reason": reason,
            "session": session.id,
            "dataset": session.dataset or None,
            "path": path,
            "asked": datetime.fromtimestamp(now, timezone.utc).isoformat(),  # noqa: UP017
        },
    )
