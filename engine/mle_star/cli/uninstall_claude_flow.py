"""``mle-star uninstall claude-flow``: what stood in the launcher's place stands there again."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import click

from mle_star.errors import UsageError
from mle_star.install import claude_flow
from mle_star.install.claude_flow import PROGRAM


def execute(values: dict[str, Any]) -> int:
    """Take the launcher away; its path goes to standard output."""
    file = _launcher(values["into"])
    place = claude_flow.look(file.parent)
    link = claude_flow.uninstall(place)
    after = f"; npm's link to {link} stands there again" if link else ""
    click.echo(f"Removed the launcher {file}{after}", err=True)
    if place.link and not link:
        gone = f"claude-flow has been removed since, so its link to {place.link} was not put back."
        click.echo(gone, err=True)
    click.echo(file)
    return 0


def _launcher(into: str | None) -> Path:
    """The one that is meant."""
    folders = [Path(into).expanduser().absolute()] if into else _likely()
    files = [folder / PROGRAM for folder in folders]
    found = [file for file in files if claude_flow.is_launcher(file)]
    if not found:
        where = ", ".join(map(str, files[:1])) if into else "in this project or on PATH"
        raise UsageError(
            f"there is no launcher of ours: {where}",
            "give the folder that it was written into with --into, if there is one elsewhere",
        )
    if len(found) > 1:
        listed = ", ".join(map(str, found))
        raise UsageError(f"there are several launchers of ours: {listed}", "choose with --into")
    return found[0]


def _likely() -> list[Path]:
    project = claude_flow.project_folder(Path.cwd(), Path.home())
    on_path = [
        Path(name).absolute() for name in os.environ.get("PATH", "").split(os.pathsep) if name
    ]
    return list(dict.fromkeys([*([project] if project else []), *on_path]))
