"""Runs in the background: begun here, gone on with by a process of their own."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time

import click

from mle_star.cli.launch import Launch, program
from mle_star.cli.signals import LIFELINE
from mle_star.errors import EXIT_GATE, MleStarError, StateError
from mle_star.eventlog import EventLog
from mle_star.files import to_json
from mle_star.session.identity import started
from mle_star.session.lock import holder
from mle_star.session.recorder import Recorder
from mle_star_memory.location import memory_path

_POLL = 0.05
_QUICKLY_READ = 20 * 2**20
"""Bytes of a data file that is looked at before, so that what is wrong with it is told at once."""

LOG = "engine.log"
"""What the background process says, in the session's folder."""


def detach(start: Launch) -> int:
    """Let a process of its own run the session, and print the session's id.

    Parameters
    ----------
    start : Launch
        Claimed by this process, which lets go of it.
    """
    folder, settings = start.folder, start.settings
    if start.history is None:
        _check(start)
        _begin(start)
    folder.lock.close()
    command = [sys.executable, "-P", "-m", "mle_star", "resume", str(folder.root.resolve())]
    command.append("--quiet")  # its steps are in the log of events
    if settings.output_format != "text":
        command += ["--output-format", settings.output_format]
    try:
        with (folder.root / LOG).open("ab") as log:
            process = subprocess.Popen(  # noqa: S603 - our own interpreter and program
                command,
                env={name: value for name, value in os.environ.items() if name != LIFELINE},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
    except OSError as error:
        raise StateError(f"cannot start in the background: {error}", "run without it") from error
    while process.poll() is None and holder(folder.root) is None:
        time.sleep(_POLL)  # from now on it is found
    if process.poll() not in (None, 0, EXIT_GATE):
        raise StateError(
            f"the run in the background ended with status {process.returncode}",
            f"see {folder.root / LOG}",
        )
    _tell(start, process.pid)
    return 0


def _check(start: Launch) -> None:
    """Refuse data that cannot be used; a large file is left to the background."""
    from mle_star.data.prepare import prepare
    from mle_star.judge.metrics import get_metric
    from mle_star.session.opening import request_of

    dataset = start.settings.dataset
    try:
        if not dataset.is_file() or dataset.stat().st_size <= _QUICKLY_READ:
            task = prepare(request_of(start.settings)).task
            get_metric(task.metric, task)
    except MleStarError:
        start.folder.lock.close()
        start.folder.discard()
        raise


def _begin(start: Launch) -> None:
    """Log the session's first event, so that it can be found from now on."""
    event = started(start.settings, start.identity)
    with contextlib.closing(EventLog(start.folder.events, time.time)) as log:
        for one in (event, *start.before):
            log(one)
    path = memory_path(start.settings.memory)
    if path is not None:
        with contextlib.closing(Recorder(path, time.time, lambda _: None)) as recorder:
            recorder(event)


def _tell(start: Launch, pid: int) -> None:
    identity, folder = start.identity.session, str(start.folder.root)
    if start.settings.output_format != "text":
        told = {"session": identity, "name": start.settings.name, "folder": folder, "pid": pid}
        click.echo(to_json(told).decode())
        return
    click.echo(identity)
    engine = program().engine
    click.echo(f"{start.settings.name} runs in {folder}; see: {engine} status {identity}", err=True)
