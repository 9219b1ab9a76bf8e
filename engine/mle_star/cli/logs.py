"""``mle-star logs``: the steps of a run, a line each, from its log on disk."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import click

from mle_star.cli.follow import Line, Tail, beats, resume_command
from mle_star.cli.lines import told
from mle_star.cli.row import clean
from mle_star.cli.sought import sought
from mle_star.eventlog import BY_HAND, Logged
from mle_star.events import SessionFinished
from mle_star.report.words import clock
from mle_star.session.lock import holder

ENGINE_LOG = "engine.log"
"""What a detached run had to say outside of its events."""

_MOST = 200
_TASK = 24


def execute(values: dict[str, Any]) -> int:
    """Print the steps of a run, once or until it ends."""
    found = sought(values["session"])
    tail = Tail(found.log)
    last: Logged | None = None
    try:
        for _ in beats(found.log):
            running = holder(found.folder) is not None  # before reading: all that it wrote is there
            added = tail.read()
            _show(added, raw=values["json"])
            own = [logged for _, logged in added if logged.of != BY_HAND]
            last = own[-1] if own else last
            if not (running and values["follow"]):
                break
    except KeyboardInterrupt:
        click.echo("the run itself was not touched", err=True)
        return 0
    if not values["json"]:
        _show_engine_log(found.folder / ENGINE_LOG)
    if not running and not (last and isinstance(last.event, SessionFinished)):
        click.echo(f"nobody runs it; go on with: {resume_command(found.folder)}", err=True)
    return 0


def line_of(logged: Logged) -> str:
    """One step: when it was, by the clock and since the beginning, the task, and what it was."""
    when = datetime.fromtimestamp(logged.time).strftime("%Y-%m-%d %H:%M:%S")
    return f"{when} {clock(logged.elapsed):>7}  {logged.of:{_TASK}}  {clean(told(logged.event))}"


def _show(lines: list[Line], *, raw: bool) -> None:
    if lines:
        click.echo("\n".join(line.decode() if raw else line_of(logged) for line, logged in lines))


def _show_engine_log(path: Path) -> None:
    """The end of what stands in the file, if there is one."""
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return
    if lines:
        left_out = f", the last {_MOST} of {len(lines):,} lines" if len(lines) > _MOST else ""
        click.echo(f"-- {path}{left_out}")
        click.echo("\n".join(map(clean, lines[-_MOST:])))
