"""SessionEnd: what waits is taken into the store; the next conversation hears what came since."""

from __future__ import annotations

import time
from typing import Any

from mle_star_hooks.findings import take_in
from mle_star_hooks.project import Project
from mle_star_hooks.seen import mark_seen


def hear(event: dict[str, Any], project: Project) -> str:
    """Persist; says nothing."""
    del event
    now = time.time()
    if project.sessions():
        mark_seen(project.folder, now)
        take_in(project, now)
    return ""
