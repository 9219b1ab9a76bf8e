"""Names and paths that options give: checked before anything is made of them."""

from __future__ import annotations

import re
from pathlib import Path

from mle_star.errors import UsageError
from mle_star.session.lock import holder, in_use
from mle_star.session.lookup import never_began
from mle_star.session.stages import FILE as STAGES

_LONGEST_NAME = 100
_UNNAMEABLE = re.compile(r"[/\\\x00-\x1f\x7f]")


def checked_name(name: str | None) -> str:
    """A run's name that can be a file's; empty if none is given."""
    if name is None:
        return ""
    if (
        not name.strip()
        or len(name) > _LONGEST_NAME
        or _UNNAMEABLE.search(name)
        or name.startswith(("-", "."))
    ):
        raise UsageError(
            f"--name cannot be {name[:40]!r}",
            f"use at most {_LONGEST_NAME} characters without / or \\, not starting with - or .",
        )
    return name.strip()


def path_of(option: str, text: str | None) -> Path | None:
    """The path that an option names."""
    if text is None:
        return None
    if not text.strip() or "\0" in text:
        raise UsageError(f"--{option} got {text!r}", "give a path")
    return Path(text).expanduser()


def checked_output(text: str | None) -> Path | None:
    """Refuse what cannot become a folder of ours; never overwrite."""
    path = path_of("output", text)
    if path is None:
        return None
    try:
        file = next((p for p in (path, *path.parents) if p.exists() and not p.is_dir()), None)
        names = {found.name for found in path.iterdir()} if path.is_dir() else set()
        taken = file is not None or (names - {STAGES} and not never_began(path))
    except OSError as error:
        raise UsageError(f"--output {path}: {error.strerror}", "choose another folder") from error
    if holder(path) is not None:
        raise in_use(path)
    if taken:
        what = f"cannot be a folder: {file} is a file" if file else "is not empty"
        raise UsageError(
            f"--output {path} {what}",
            "choose a new or empty folder: a run never overwrites",
        )
    return path
