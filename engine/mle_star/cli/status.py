"""``mle-star status``: where a run stands, from any terminal, by its log alone."""

from __future__ import annotations

import os
import sys
import time
from dataclasses import asdict
from typing import Any

import click

from mle_star.cli.activity import RUNNING, Activity
from mle_star.cli.follow import Watched, beats, resume_command
from mle_star.cli.lines import is_alarm, is_brief, told
from mle_star.cli.live import LiveView
from mle_star.cli.page import Moment, page
from mle_star.cli.row import clean, drawn, plain
from mle_star.cli.screen import is_terminal, size_of
from mle_star.cli.sought import sought
from mle_star.cli.usage import MemoryUse
from mle_star.files import to_json
from mle_star.report.words import clock, took

_PLAIN = 100, 36
"""Columns, and rows at most, where there is no terminal."""


def execute(values: dict[str, Any]) -> int:
    """Show where a run stands, once or until it ends."""
    watched = Watched(sought(values["session"]))
    watched.refresh()
    if values["json"]:
        show = _show_json
    elif values["follow"] and is_terminal(sys.stdout):
        show = _show_live
    else:
        show = _show
    try:
        show(watched, follow=values["follow"])
    except KeyboardInterrupt:
        click.echo("the run itself was not touched", err=True)
        return 0
    if not values["json"]:
        click.echo(_word(watched), err=True)
    return 0


def plain_status(watched: Watched) -> dict[str, Any]:
    """Where a run stands, as plain values."""
    progress, now = watched.progress, watched.now()
    finish = progress.finish
    return {
        "session": progress.session,
        "name": progress.name,
        "folder": str(watched.found.folder.resolve()),
        "state": watched.state,
        "exit_code": finish.exit_code if finish else None,
        "pid": watched.holder.pid if watched.holder else None,
        "tasks": [_plain_task(one, now) for one in progress.activities.values()],
        "metric": progress.task.get("metric"),
        "best": asdict(progress.best) if progress.best else None,
        "baseline": progress.baseline,
        "gain": progress.gain,
        "ablation": [asdict(one) for one in progress.ablation.values()],
        "ensemble": asdict(progress.combined) if progress.combined else None,
        "gates": [asdict(one) for one in progress.gates.values()],
        "judged": progress.judged,
        "failed": progress.failed,
        "dropped": progress.dropped,
        "elapsed": now,
        "seconds": progress.seconds,
        "evaluations": progress.evaluations,
        "left": progress.left(now),
        "warnings": progress.warned,
        "events": progress.events,
    }


def _plain_task(one: Activity, now: float) -> dict[str, Any]:
    return {
        "task": one.name,
        "status": one.status,
        "agents": list(one.agents),
        "phase": one.phase,
        "seconds": now - one.began if one.status == RUNNING else one.seconds,
        "summary": one.summary,
        "trying": [{"name": x.name, "why": x.why} for x in one.trying.values()],
    }


def _show_json(watched: Watched, *, follow: bool) -> None:
    """One object; one a line whenever something happened, if the run is followed."""
    if not follow:
        click.echo(to_json(plain_status(watched), indent=True).decode())
        return
    first = True
    for _ in beats(watched.found.log):
        if watched.refresh() or first or watched.holder is None:
            click.echo(to_json(plain_status(watched)).decode())
        if watched.holder is None:
            return
        first = False


def _show(watched: Watched, *, follow: bool) -> None:
    """The page once; while the run is followed a line for each step, and the page at its end."""
    _show_page(watched)
    if not follow or watched.holder is None:
        return
    for _ in beats(watched.found.log):
        for logged in watched.refresh():
            if is_brief(logged.event):
                click.echo(f"[{clock(logged.elapsed)}] {clean(told(logged.event))}")
        if watched.holder is None:
            break
    _show_page(watched)


def _show_page(watched: Watched) -> None:
    terminal = is_terminal(sys.stdout)
    width, height = size_of(sys.stdout) if terminal else _PLAIN
    memory = MemoryUse(watched.holder.pid)() if watched.holder else ""
    moment = Moment(watched.now(), watched.state, memory=memory, ends=_ends(watched))
    colours = not os.environ.get("NO_COLOR")
    for row in page(watched.progress, moment, width, height - 3):
        click.echo(drawn(row, width, colours=colours) if terminal else plain(row, width))


def _show_live(watched: Watched, *, follow: bool) -> None:
    """The page, drawn again and again until nobody runs the session any more."""
    pid = watched.holder.pid if watched.holder else None
    with LiveView(watched.progress, watched.now, sys.stdout, pid=pid) as live:
        for _ in beats(watched.found.log):
            with live.held():
                added = watched.refresh()
                live.progress = watched.progress
            for logged in added:
                if is_alarm(logged.event):
                    live.tell(told(logged.event), "yellow")
            live.state, live.ends = watched.state, _ends(watched)
            if watched.holder is None:
                return


def _ends(watched: Watched) -> str:
    return f"(process {watched.holder.pid})" if watched.holder else ""


def _word(watched: Watched) -> str:
    """Who runs it, how to go on with it, or how it ended."""
    folder = watched.found.folder
    if watched.holder is not None:
        age = took(max(0.0, time.time() - watched.holder.started))
        return f"process {watched.holder.pid} runs it, for {age} now"
    if watched.state == "stopped":
        return f"nobody runs it; go on with: {resume_command(folder)}"
    finish = watched.progress.finish
    return f"ended with exit status {finish.exit_code if finish else 1}; result in {folder}"
