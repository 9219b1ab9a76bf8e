"""``mle-star run``: resolve the options, run a session, show what came out."""

from __future__ import annotations

import contextlib
import shlex
import shutil
import sys
import time
import uuid
from typing import Any

import click

from mle_star.cli.crash import report_crash
from mle_star.cli.doctor import cores
from mle_star.cli.main import STARTED
from mle_star.cli.signals import ended_cleanly, ends_at
from mle_star.cli.view import view
from mle_star.errors import MleStarError
from mle_star.events import Bus, Emit, Event, EventLog
from mle_star.files import to_json
from mle_star.report.result import Result
from mle_star.report.sections import Program, sections
from mle_star.report.writer import ReportWriter
from mle_star.session.folder import Folder, claim
from mle_star.session.settings import Settings, resolve
from mle_star_memory.location import database


def execute(values: dict[str, Any]) -> int:
    """Run a session; gives back its exit status."""
    settings = resolve(values, cores=cores())
    folder = claim(settings)
    report = ReportWriter(folder.root, program())
    try:
        with ended_cleanly(), ends_at(settings.timeout, STARTED):
            code = _run(settings, folder, report)
    except MleStarError:
        raise
    except Exception as error:  # the process boundary, with a folder to write the details to
        return report_crash(error, sys.argv[1:], verbose=settings.verbose, folder=folder.root)
    _show(report.result, settings)
    return code


def program() -> Program:
    """How things are started again, as it is typed."""
    python = shlex.quote(sys.executable)
    return Program("mle-star" if shutil.which("mle-star") else f"{python} -m mle_star", python)


def _run(settings: Settings, folder: Folder, report: ReportWriter) -> int:
    from mle_star.judge.pool import Pool
    from mle_star.session.recorder import Recorder

    bus = Bus()
    with (
        contextlib.closing(Pool(settings.jobs, folder.work)) as pool,
        contextlib.closing(EventLog(folder.events, time.time)) as log,
        contextlib.closing(Recorder(database(), time.time, bus)) as recorder,
        view(settings.name, _since_start, quiet=settings.quiet, verbose=settings.verbose) as show,
    ):
        pool.warm()  # the workers import their libraries while this process imports its own
        from mle_star.session.runner import run_session

        bus.readers += [report, log, recorder, _while_open(show)]
        return run_session(
            settings,
            folder,
            bus,
            pool,
            identity=uuid.uuid4().hex[:12],
            clock=time.monotonic,
            now=time.time,
            started=STARTED,
        )


def _since_start() -> float:
    return time.monotonic() - STARTED


def _while_open(show: Emit) -> Emit:
    """A view whose terminal may go away without ending the run."""
    closed = False

    def reader(event: Event) -> None:
        nonlocal closed
        if not closed:
            try:
                show(event)
            except OSError:
                closed = True

    return reader


def _show(result: Result, settings: Settings) -> None:
    """The result on standard output, and nothing else there."""
    if settings.output_format == "json":
        click.echo(to_json(result.plain(), indent=True).decode())
        return
    from rich.console import Console

    from mle_star.report.render import show

    console = Console(highlight=False, width=None if sys.stdout.isatty() else 100)
    show(sections(result, program()), console)
