"""Starting a session in this process, new or resumed, with everything that reads its events."""

from __future__ import annotations

import contextlib
import errno
import shlex
import shutil
import sys
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mle_star.cli.crash import report_crash
from mle_star.cli.main import STARTED
from mle_star.cli.signals import ended_cleanly, ends_at
from mle_star.cli.view import View, view
from mle_star.errors import EXIT_INTERRUPTED, BudgetError, MleStarError, StateError, UsageError
from mle_star.eventlog import EventLog, History
from mle_star.events import Emit, Event
from mle_star.files import to_json
from mle_star.report.result import Result
from mle_star.report.sections import Program, sections
from mle_star.report.writer import ReportWriter
from mle_star.session.clock import SessionClock
from mle_star.session.ending import TimeLimit
from mle_star.session.folder import Folder
from mle_star.session.identity import Identity, digest_of, parent_of
from mle_star.session.journal import Journal
from mle_star.session.settings import Settings
from mle_star.workflow.workflow import Workflow
from mle_star_memory.location import memory_path

if TYPE_CHECKING:
    from mle_star.judge.pool import Pool
    from mle_star.lifecycle.hook import Hook

STREAM = "stream-json"
_DISK = (errno.ENOSPC, errno.EIO, errno.EDQUOT, errno.EROFS)


@dataclass(frozen=True, slots=True)
class Launch:
    """A session that is about to begin, or to go on.

    Parameters
    ----------
    settings : Settings
        Its options.
    workflow : Workflow
        What is to be done.
    folder : Folder
        Claimed by this process.
    identity : Identity
        Who it is.
    history : History or None, default None
        What was logged before.
    hooks : tuple of Hook, default ()
        That are called on its way.
    before : tuple of Event, default ()
        What came up before there was a log.
    """

    settings: Settings
    workflow: Workflow
    folder: Folder
    identity: Identity
    history: History | None = None
    hooks: tuple[Hook, ...] = ()
    before: tuple[Event, ...] = ()


def new_identity(settings: Settings, folder: Folder, session: str | None = None) -> Identity:
    """Who a new session is; `session` is its id, if it has one already."""
    return Identity(
        session or uuid.uuid4().hex[:12],
        datetime.now(UTC).isoformat(timespec="seconds"),
        str(folder.root),
        digest_of(settings.dataset),
        str(Path.cwd()),
        parent_of(settings),
    )


def launch(start: Launch) -> int:
    """Run a session to its end and show what came out; gives back its exit status."""
    settings, folder = start.settings, start.folder
    report = ReportWriter(folder.root, program())
    _say_who_proposes(start)
    try:
        with ended_cleanly(), ends_at(settings.timeout, STARTED):
            code = _run(start, report)
    except TimeLimit as error:  # the session itself had not begun, or had ended
        if not folder.events.is_file() or not folder.events.stat().st_size:
            folder.discard()
        raise BudgetError(
            f"--timeout {1000 * (settings.timeout or 0):.0f} was over before a run could begin",
            "allow more milliseconds",
        ) from error
    except MleStarError as error:
        if folder.work.is_dir() and "resume" not in error.remedy:
            error.remedy = f"{error.remedy or 'see above'}; go on with: {_resuming(folder)}"
        raise
    except Exception as error:  # the process boundary, with a folder to write the details to
        if isinstance(error, OSError) and error.errno in _DISK:
            raise _disk_error(error, folder) from error
        code = report_crash(error, sys.argv[1:], verbose=settings.verbose, folder=folder.root)
        _hint(folder)
        return code
    finally:
        folder.lock.close()
    show(report.result, settings)
    if code == EXIT_INTERRUPTED:
        _hint(folder)
    return code


def program() -> Program:
    """How things are started again, as it is typed."""
    python = shlex.quote(sys.executable)
    return Program("mle-star" if shutil.which("mle-star") else f"{python} -m mle_star", python)


def show(result: Result, settings: Settings) -> None:
    """The result on standard output, and nothing else there."""
    if settings.output_format == STREAM:
        return
    if settings.output_format == "json":
        click.echo(to_json(result.plain(), indent=True).decode())
        return
    from rich.console import Console

    from mle_star.report.render import show as render

    console = Console(highlight=False, width=None if sys.stdout.isatty() else 100)
    render(sections(result, program()), console)


def _say_who_proposes(start: Launch) -> None:
    """Say once that no language model takes part, unless that was declined."""
    settings = start.settings
    told = settings.output_format == "text" and not settings.quiet
    if settings.claude_warning and told and start.history is None and not settings.agents:
        click.echo(
            "mle-star: the built-in agent proposes, from its library of recipes; --claude lets "
            "Claude agents take part. --no-claude-warning leaves this line out",
            err=True,
        )


def _run(start: Launch, report: ReportWriter) -> int:
    from mle_star.judge.pool import Pool

    settings, folder = start.settings, start.folder
    clock = SessionClock(time.monotonic, STARTED)
    with contextlib.ExitStack() as stack:
        pool = stack.enter_context(contextlib.closing(Pool(settings.jobs, folder.work)))
        pool.warm()  # the workers import their libraries while this process imports its own
        log = EventLog(folder.events, time.time, start.history)
        stack.enter_context(contextlib.closing(log))
        shown = stack.enter_context(
            view(settings.name, clock, quiet=_is_quiet(settings), verbose=settings.verbose)
        )
        line = _print_line if settings.output_format == STREAM else None
        journal = Journal(log, clock, start.history, [report], line)
        stack.enter_context(_remembering(settings, journal))
        journal.readers.append(_while_open(shown))
        return _session(start, pool, clock, journal, shown)


def _session(start: Launch, pool: Pool, clock: SessionClock, journal: Journal, shown: View) -> int:
    from mle_star.session.runner import budget_of, run_session
    from mle_star.session.session import Session

    settings, folder = start.settings, start.folder
    session = Session(
        settings,
        start.workflow,
        folder,
        pool,
        budget_of(settings, clock),
        journal,
        start.identity.created,
        start.history,
        hooks=start.hooks,
    )
    if settings.interactive:
        from mle_star.cli.person import at_terminal

        session.person = at_terminal(shown, journal)
    return run_session(session, start.identity, start.before)


@contextlib.contextmanager
def _remembering(settings: Settings, journal: Journal) -> Iterator[None]:
    """Writes the run into the store, unless that was declined."""
    path = memory_path(settings.memory)
    if path is None:
        yield
        return
    from mle_star.session.recorder import Recorder

    with contextlib.closing(Recorder(path, time.time, journal)) as recorder:
        journal.readers.append(recorder)
        yield


def _disk_error(error: OSError, folder: Folder) -> StateError:
    """A disk that is full or broken is no bug of ours."""
    what = f"{error.filename}: {error.strerror}" if error.filename else str(error.strerror)
    remedy = f"free some disk space, then go on with: {_resuming(folder)}"
    return StateError(f"cannot write {what}", remedy)


def _hint(folder: Folder) -> None:
    """How to go on, if there is something to go on with."""
    if folder.work.is_dir():
        click.echo(f"mle-star: nothing finished is lost; go on with: {_resuming(folder)}", err=True)


def _resuming(folder: Folder) -> str:
    return f"{program().engine} resume {shlex.quote(str(folder.root))}"


def _is_quiet(settings: Settings) -> bool:
    """Whether the page stays away: asked for, or events take the same terminal."""
    return settings.quiet or (settings.output_format == STREAM and sys.stdout.isatty())


def _print_line(line: bytes) -> None:
    try:
        sys.stdout.buffer.write(line)
        sys.stdout.buffer.flush()
    except BrokenPipeError as error:
        raise UsageError("standard output was closed", "read it to its end") from error


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
