"""``mle-star install claude-code``: two slash commands for those who do not use the plugin."""

from __future__ import annotations

import shutil
from typing import Any

import click

from mle_star.errors import UsageError
from mle_star.install.claude_code import PROGRAM, commands_folder, install


def execute(values: dict[str, Any]) -> int:
    """Write the commands; their paths go to standard output."""
    if values["user"] and values["project"]:
        raise UsageError("--user and --project were both given", "give one of them")
    folder = commands_folder(user=values["user"])
    written = install(folder)
    for path in written:
        click.echo(path)
    done = "written" if written else "already there"
    click.echo(f"/ml:mle-star and /automation:mle-star: {done}, in {folder}", err=True)
    if shutil.which(PROGRAM) is None:
        click.echo(
            f"They start {PROGRAM}, which is not on your PATH yet: put it there, or they will only "
            "say that it is missing",
            err=True,
        )
    return 0
