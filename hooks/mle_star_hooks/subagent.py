"""SubagentStop: what one of our six agents found is kept."""

from __future__ import annotations

import time
from typing import Any

from mle_star_hooks.findings import keep, take_in
from mle_star_hooks.project import Project

_OURS = "mle-star:"


def hear(event: dict[str, Any], project: Project) -> str:
    """Keep the agent's last words; says nothing."""
    agent = str(event.get("agent_type") or "")
    if agent.startswith(_OURS):
        now = time.time()
        key = f"{event.get('session_id', '')} {event.get('agent_id', now)}"
        text = str(event.get("last_assistant_message") or "")
        keep(project, agent[len(_OURS) :], text, key, now)
        take_in(project, now)
    return ""
