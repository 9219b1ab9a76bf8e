"""``mle-star install claude-flow``: our commands under the name claude-flow, where asked for."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import click

from mle_star.errors import UsageError
from mle_star.install import claude_flow
from mle_star.install.claude_flow import PROGRAM, Place
from mle_star.install.engine_command import engine_command


def execute(values: dict[str, Any]) -> int:
    """Write the launcher; its path goes to standard output."""
    place = claude_flow.look(_folder(values["into"]))
    click.echo(f"Writing the launcher {place.file}{_instead_of(place)}", err=True)
    claude_flow.install(place, engine_command())
    for line in (_answers(place), *_reached(place.file), *_warnings(place)):
        click.echo(line, err=True)
    click.echo(place.file)
    return 0


def _folder(into: str | None) -> Path:
    if into:
        return Path(into).expanduser().absolute()
    found = claude_flow.project_folder(Path.cwd(), Path.home())
    if found is None:
        raise UsageError(
            f"there is no node_modules/.bin in {Path.cwd()} or in the project that it is part of",
            "give --into FOLDER, best one that is on your PATH before any other claude-flow; "
            "nothing else on this machine is changed",
        )
    return found


def _instead_of(place: Place) -> str:
    if place.ours:
        return " anew"
    return f" in place of npm's link to {place.link}" if place.link else ""


def _answers(place: Place) -> str:
    ours = "claude-flow automation mle-star, claude-flow ml mle-star: this mle-star."
    if place.package:
        version = claude_flow.version_of(place.package)
        return f"{ours} All else: claude-flow {version} in {place.package}, as before."
    return f"{ours} All else: the next claude-flow on PATH, or in a node_modules above."


def _reached(file: Path) -> tuple[str, ...]:
    """How to call it: by its name alone only if no other program of that name comes first."""
    first = shutil.which(PROGRAM)
    if first and os.path.realpath(first) == os.path.realpath(file):
        return (f"{PROGRAM} on your PATH is this one.",)
    if file.parent.name == ".bin":
        return (f"In this project: npx {PROGRAM} automation mle-star --help",)
    if first:
        return (f"{PROGRAM} on your PATH is still {first}: put {file.parent} before it.",)
    return (f'{file.parent} is not on your PATH: export PATH="{file.parent}:$PATH"',)


def _warnings(place: Place) -> tuple[str, ...]:
    """What npm does to it."""
    if not place.link and not place.package:
        return ()
    if place.file.parent.name == ".bin":
        return (
            "When npm upgrades claude-flow it puts its own link back: install this again then.",
        )
    return (
        "npm will not upgrade a global claude-flow while a launcher stands in its place: "
        "run mle-star uninstall claude-flow before that, and install it again afterwards.",
    )
