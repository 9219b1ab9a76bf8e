"""From an event to the hook's answer: which module hears it, and in which form it is told."""

from __future__ import annotations

import importlib
import json
import os
from typing import Any, Callable, Dict  # noqa: UP035 - what Python 3.8 can evaluate

from mle_star_hooks.project import Project

Event = Dict[str, Any]  # noqa: UP006
"""What Claude Code tells; fields may be missing in some version or other."""

_MODULES = {
    "SessionStart": "session_start",
    "UserPromptSubmit": "prompt",
    "PreToolUse": "training",
    "PostToolUse": "edited",
    "SubagentStop": "subagent",
    "Stop": "conversation",
    "SessionEnd": "session_end",
}
_WARNINGS = ("PreToolUse", "PostToolUse")
"""Events whose answer the person is to see, not the model alone."""

LONGEST = 8_000
"""Characters of an answer; Claude Code moves longer ones to a file."""


def answer(given: bytes) -> str:
    """What the hook prints.

    Parameters
    ----------
    given : bytes
        The event as JSON.

    Returns
    -------
    str
        JSON, or nothing where there is nothing to say.
    """
    event = json.loads(given)
    name = event["hook_event_name"]
    if name not in _MODULES:
        return ""
    module = importlib.import_module(f"mle_star_hooks.{_MODULES[name]}")
    heard: Callable[[Event, Project], str] = module.hear
    folder = os.environ.get("CLAUDE_PROJECT_DIR") or event["cwd"]
    text = heard(event, Project(os.path.realpath(folder)))[:LONGEST]
    if not text:
        return ""
    told: dict[str, Any] = {
        "hookSpecificOutput": {"hookEventName": name, "additionalContext": text}
    }
    if name in _WARNINGS:
        told["systemMessage"] = text
    return json.dumps(told)
