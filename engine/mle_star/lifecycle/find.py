"""Which hooks there are, in the order in which they are called: the user's, then the project's."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from mle_star.lifecycle.calling import IN_HOOK
from mle_star.lifecycle.hook import PROJECT, USER, Hook
from mle_star.lifecycle.source import Unusable, hooks_in

IN_PROJECT = Path(".mle-star") / "hooks"
"""Folder of hooks within the folder that a run is started in."""


@dataclass(frozen=True, slots=True)
class Found:
    """The hooks of the folders.

    Parameters
    ----------
    hooks : tuple of Hook
        In the order in which they are called.
    problems : tuple of str
        Of files that are meant as hooks and cannot be used, one sentence each.
    """

    hooks: tuple[Hook, ...]
    problems: tuple[str, ...]


def folders() -> tuple[tuple[str, Path], ...]:
    """Where hooks are looked for, with where they then come from."""
    config = os.environ.get("XDG_CONFIG_HOME")
    user = Path(config) if config and Path(config).is_absolute() else Path.home() / ".config"
    return (USER, user / "mle-star" / "hooks"), (PROJECT, Path.cwd() / IN_PROJECT)


def find() -> Found:
    """The hooks of the user and of the project; their files are read, none is run."""
    hooks: list[Hook] = []
    problems: list[str] = []
    for source, folder in folders():
        for path in _files(folder, problems):
            try:
                hooks += hooks_in(path, source)
            except Unusable as reason:
                problems.append(f"{path}: {reason}")
    return Found(tuple(_told_apart(hooks)), tuple(problems))


def is_in_hook() -> bool:
    """Whether this process was started by a hook: a run in it calls no hooks."""
    return IN_HOOK in os.environ


def _files(folder: Path, problems: list[str]) -> list[Path]:
    try:
        with os.scandir(folder) as entries:
            names = sorted(entry.name for entry in entries if entry.is_file())
    except FileNotFoundError:
        return []
    except OSError as error:
        problems.append(f"{folder}: it cannot be read: {error.strerror}")
        return []
    return [folder / name for name in names if not name.startswith((".", "_"))]


def _told_apart(hooks: list[Hook]) -> Iterator[Hook]:
    """Names that occur more than once get that of their file, or a number."""
    counts = Counter(hook.name for hook in hooks)
    taken: Counter[str] = Counter()
    for hook in hooks:
        file = hook.path.name if hook.path else hook.source
        name = f"{hook.source}/{file}:{hook.name}" if counts[hook.name] > 1 else hook.name
        taken[name] += 1
        yield replace(hook, name=name if taken[name] == 1 else f"{name} {taken[name]}")
