"""Hooks written into a folder."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from mle_star.lifecycle.find import IN_PROJECT
from mle_star.lifecycle.hook import PROJECT, Hook

IMPORTS = "from mle_star.hooks import Block, hook\n"


def write(project: Path, name: str, text: str, *, executable: bool = False) -> Path:
    """Write a file into the hooks of a project."""
    path = project / IN_PROJECT / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    if executable:
        path.chmod(0o755)
    return path


def python(code: str, event: str = "pre-task", **other: Any) -> Hook:
    """A hook that runs some Python."""
    command = [sys.executable, "-c", code]
    return Hook("mine", event, PROJECT, command=lambda _: command, **other)
