"""``mle-star uninstall claude-code``: exactly what was written is taken away."""

from __future__ import annotations

from typing import Any

import click

from mle_star.install.claude_code import commands_folder, uninstall

_KEPT = {
    "edited": "kept, because it was changed since it was written",
    "foreign": "kept, because it is not ours",
}


def execute(values: dict[str, Any]) -> int:
    """Take the commands away, of the project and of the user unless one is asked for."""
    both = values["user"] == values["project"]
    removed = False
    for user in (False, True):
        if both or values["user" if user else "project"]:
            for one in uninstall(commands_folder(user=user)):
                if one.state == "ours":
                    removed = True
                    click.echo(one.path)
                elif one.state in _KEPT:
                    click.echo(f"{one.path}: {_KEPT[one.state]}", err=True)
    click.echo("removed" if removed else "nothing of ours was there", err=True)
    return 0
