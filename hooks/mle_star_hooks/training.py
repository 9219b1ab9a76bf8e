"""PreToolUse of Bash: warns when test rows are about to be trained on, or a run cannot go well.

A warning only: nothing is ever blocked.
"""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

from mle_star_hooks.command_line import Simple, simple_commands
from mle_star_hooks.project import Project, beginning, clean, is_on_path, resolved
from mle_star_hooks.test_rows import holds_test_rows, known_test_files, learnt_from_test_rows

_WORTH_A_LOOK = re.compile(r"mle[-_]star|python|\btrain", re.IGNORECASE)
_TRAINS = re.compile(r"train|\bfit|solution\.py$", re.IGNORECASE)
_TRAINING_OPTIONS = (
    "--train", "--train-data", "--train_data", "--training-data", "--train-file", "--train_file",
    "--train-path", "--data", "--dataset", "--input", "-d",
)  # fmt: skip
_OTHER_OPTIONS = re.compile(
    r"^--?(test|predict|eval|valid|holdout|output|out|score|o$)", re.IGNORECASE
)
_NAMES = ("mle-star", "mle-star.js")
_FREE = 500 * 2**20
"""Bytes of disk below which a run may not end well."""
_LARGEST = 200_000
"""Characters of a script that are read."""


def hear(event: dict[str, Any], project: Project) -> str:
    """Warnings, a line each; nothing for commands that train nothing."""
    command = str(event["tool_input"]["command"])
    if event.get("tool_name") != "Bash" or not _WORTH_A_LOOK.search(command):
        return ""
    here = os.path.realpath(str(event.get("cwd") or project.folder))
    with project.remembered() as glance:
        known = known_test_files(glance, project) if glance else set()
        has_sessions = bool(glance and glance.sessions(project.folder))
    found: list[str] = []
    for simple in simple_commands(command):
        if simple.program == "cd" and simple.words:
            here = resolved(simple.words[0], here)
        elif run := _engine_words(simple):
            found += _about_run(run, here, known)
        elif has_sessions:
            found += _about_script(simple, here, known)
    return "\n".join(f"mle-star: {line}" for line in dict.fromkeys(found))


def _engine_words(simple: Simple) -> Simple | None:
    """A run of the engine, as the words that follow its name; None if it is something else."""
    words = simple.words
    if simple.program == "node" and words and Path(words[0]).name in _NAMES:
        words = words[1:]
    elif simple.module == "mle_star":
        words = words[words.index("mle_star") + 1 :]
    elif simple.program not in (*_NAMES, "claude-flow"):
        return None
    runs = words[:1] == ("run",) or words[:2] in (("automation", "mle-star"), ("ml", "mle-star"))
    return Simple(simple.program, words) if runs else None


def _about_run(run: Simple, here: str, known: Collection[str]) -> Iterator[str]:
    dataset, test = run.value("--dataset"), run.value("--test")
    if run.program == "mle-star" and not is_on_path("mle-star"):
        yield "no program of that name is on PATH here: the tools of the plugin do the same"
    if dataset and "$" not in dataset:
        path = resolved(dataset, here)
        if not Path(path).exists():
            yield f"there is no data file {clean(dataset)} in {clean(here)}"
        elif test and path == resolved(test, here):
            yield f"{clean(dataset)} would be trained on and tested on: the score would say nothing"
        elif holds_test_rows(dataset, here, known):
            yield _warning(dataset)
    free = _free_bytes(here)
    if free is not None and free < _FREE:
        yield f"only {free // 2**20} MiB of disk are free in {clean(here)}"


def _about_script(simple: Simple, here: str, known: Collection[str]) -> Iterator[str]:
    """Training by a script or by code given with the command."""
    source, name = simple.code, "the code"
    if simple.script:
        name = simple.script
        source = beginning(resolved(name, here), _LARGEST)
    for line, problem in learnt_from_test_rows(source, here, known):
        yield f"{clean(name)}, line {line}: {problem}"
    if not simple.script and not simple.module:
        return
    if not _TRAINS.search(simple.script or simple.module) and ".fit(" not in source:
        return
    for file in _training_files(simple):
        if holds_test_rows(file, here, known):
            yield _warning(file)


def _training_files(simple: Simple) -> Iterator[str]:
    """Values of options that name training data, and words that follow no option."""
    before = ""
    for word in simple.words:
        name, equals, value = word.partition("=")
        if equals and name in _TRAINING_OPTIONS:
            yield value
        elif not word.startswith("-") and (before in _TRAINING_OPTIONS or not before):
            yield word
        before = word if word.startswith("-") and not equals else ""
        if _OTHER_OPTIONS.match(before):
            before = "other"


def _warning(file: str) -> str:
    return (
        f"{clean(file)} holds test rows and is about to be trained on: a score on it would mean "
        "nothing afterwards. Train on other rows, or name it with --test (--predict of solution.py)"
    )


def _free_bytes(folder: str) -> int | None:
    try:
        found = os.statvfs(folder)
    except (AttributeError, OSError):
        return None
    return found.f_bavail * found.f_frsize
