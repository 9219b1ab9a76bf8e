"""``mle-star stop``: end a run cleanly from another terminal."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from typing import Any

import click

from mle_star.cli.launch import program
from mle_star.cli.sought import sought
from mle_star.errors import StateError, UsageError
from mle_star.session.lock import holder

PATIENCE = 10.0
"""Seconds that a run is given to end after being asked to."""

_POLL = 0.1


def execute(values: dict[str, Any]) -> int:
    """Ask the session's process to stop, and wait until it has."""
    found = sought(values["session"])
    if found.holder is None:
        raise UsageError(f"nobody runs {found.folder}", "see: mle-star status")
    pid = found.holder.pid
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGTERM)
    last = time.monotonic() + PATIENCE
    while holder(found.folder) is not None:
        if time.monotonic() > last:
            raise StateError(
                f"process {pid} did not stop in {PATIENCE:.0f} s", f"end it with: kill -9 {pid}"
            )
        time.sleep(_POLL)
    click.echo(f"stopped; go on with: {program().engine} resume {found.folder}", err=True)
    return 0
