"""Stop: what was concluded from measurements made in this turn is kept."""

from __future__ import annotations

import os
import re
import time
from pathlib import Path
from typing import Any

from mle_star_hooks.findings import keep, take_in
from mle_star_hooks.project import Project

_TAIL = 1_000_000
"""Bytes of the transcript's end that are read."""
_MEASURED = re.compile(
    rb'"name":\s*"mcp__plugin_mle-star_engine__(judge_block|edit_block|ensemble|validate|ablation)"'
)
_PROMPT = re.compile(rb'"role":\s*"user",\s*"content":\s*"')
"""A line of the transcript with what a person said; answers of tools are lists."""


def hear(event: dict[str, Any], project: Project) -> str:
    """Keep the last words of a turn in which something was measured; says nothing."""
    now = time.time()
    if _has_measured(str(event.get("transcript_path") or "")):
        key = f"{event.get('session_id', '')} {event.get('prompt_id', int(now))}"
        keep(project, "conversation", str(event.get("last_assistant_message") or ""), key, now)
    take_in(project, now)
    return ""


def _has_measured(path: str) -> bool:
    try:
        with Path(path).open("rb") as file:
            file.seek(0, os.SEEK_END)
            file.seek(max(0, file.tell() - _TAIL))
            lines = file.read().splitlines()
    except OSError:
        return False
    for line in reversed(lines):
        if _MEASURED.search(line):
            return True
        if _PROMPT.search(line) and b'"isMeta":true' not in line:
            return False
    return False
