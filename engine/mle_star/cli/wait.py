"""``mle-star wait``: come back when a run has ended, with its exit status."""

from __future__ import annotations

import time
from typing import Any

import click

from mle_star.cli.follow import Watched, beats, resume_command
from mle_star.cli.sought import sought
from mle_star.errors import EXIT_INTERRUPTED
from mle_star.session.lock import holder


def execute(values: dict[str, Any]) -> int:
    """Wait until nobody runs the session."""
    found = sought(values["session"])
    began = time.monotonic()
    for _ in beats(found.log):
        running = holder(found.folder)
        if running is None:
            break
        waited = time.monotonic() - began
        if values["timeout"] is not None and waited >= values["timeout"]:
            click.echo(f"after {waited:.0f} s process {running.pid} still runs it", err=True)
            return 1
    watched = Watched(found)
    watched.refresh()
    return _ended(watched)


def _ended(watched: Watched) -> int:
    finish = watched.progress.finish
    code = finish.exit_code if finish is not None else EXIT_INTERRUPTED
    if code == EXIT_INTERRUPTED:
        how = "was stopped" if finish is not None else "ended before it was finished"
        command = resume_command(watched.found.folder)
        click.echo(f"the run {how}; go on with: {command}", err=True)
    return code
