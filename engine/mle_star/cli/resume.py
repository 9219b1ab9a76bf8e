"""``mle-star resume``: go on with a run that was stopped."""

from __future__ import annotations

import contextlib
import os
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from mle_star.cli.hooked import hooks_of, tell
from mle_star.cli.launch import Launch, launch, program, show
from mle_star.cli.sought import sought
from mle_star.errors import StateError
from mle_star.eventlog import TASK, History, read_log
from mle_star.events import Emit, SessionFinished
from mle_star.report.result import fold
from mle_star.report.writer import ReportWriter
from mle_star.session.ending import DONE
from mle_star.session.folder import WORK, reclaim
from mle_star.session.identity import Identity, digest_of, identity_of
from mle_star.session.lookup import EVENTS
from mle_star.session.plan import reread
from mle_star.session.settings import Settings
from mle_star_memory.location import memory_path


def execute(values: dict[str, Any]) -> int:
    """Find the session and go on with it; gives back its exit status."""
    root = sought(values["session"]).folder.resolve()
    identity, settings = identity_of(read_log(root / EVENTS), root)
    settings = _changed(settings, values)
    root = _as_it_was(root, identity)
    closed = not (root / WORK).is_dir()
    folder = reclaim(root)
    history = read_log(folder.events)
    if (code := _ended(history)) is not None:
        if not closed:
            _close(history, settings, root)
        folder.clean()
        click.echo(f"mle-star: {root} is finished; this came out", err=True)
        show(fold(line.event for line in history.standing), settings)
        return code
    if digest_of(settings.dataset) != identity.data:
        folder.lock.close()
        raise StateError(
            f"{settings.dataset} is not what it was when the run began",
            "put the file back as it was, or start a new run",
        )
    if settings.agents:
        from mle_star.session.hiring import check

        check(settings)
    hooks = hooks_of(settings)
    tell(hooks, settings)
    graph = reread(folder.workflow)
    start = Launch(settings, graph, folder, identity, history, hooks.hooks)
    if values["detach"]:
        from mle_star.cli.detach import detach

        return detach(start)
    return launch(start)


def _ended(history: History) -> int | None:
    """Exit status of a run that came to its end; None where there is something to go on with."""
    for line in history.standing:
        if isinstance(line.event, SessionFinished) and line.event.summary.get("status") == DONE:
            return line.event.exit_code
    return None


def _close(history: History, settings: Settings, root: Path) -> None:
    """Write what a run did not that was killed right at its end: the report, and into the store."""
    readers: list[Emit] = [ReportWriter(root, program())]
    path = memory_path(settings.memory)
    with contextlib.ExitStack() as stack:
        if path is not None:
            from mle_star.session.recorder import Recorder

            recorder = Recorder(path, time.time, readers[0])
            readers.append(stack.enter_context(contextlib.closing(recorder)))
        for line in history.standing:
            TASK.set(line.of)
            for reader in readers:
                reader(line.event)


def _changed(settings: Settings, values: dict[str, Any]) -> Settings:
    """What may be asked for anew: how much is told, and in which form."""
    form = values["output_format"] or settings.output_format
    quiet = values["quiet"] or settings.quiet
    return replace(settings, output_format=form, quiet=quiet)


def _as_it_was(root: Path, identity: Identity) -> Path:
    """Work where the run was begun, so that relative paths mean the same; its folder from there."""
    with contextlib.suppress(OSError):
        os.chdir(identity.cwd)
    named = Path(identity.folder)
    return named if named.exists() and named.samefile(root) else root
