"""Progress while a run goes on, on standard error: a live page on a terminal, else plain lines."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import click

from mle_star import events as e
from mle_star.cli.lines import event_line
from mle_star.cli.progress import Progress
from mle_star.events import Emit, Event
from mle_star.report.words import clock

if TYPE_CHECKING:
    from rich.console import Console


@contextlib.contextmanager
def view(name: str, now: Callable[[], float], *, quiet: bool, verbose: bool) -> Iterator[Emit]:
    """A reader of events that shows them.

    Parameters
    ----------
    name : str
        Of the run.
    now : callable
        Seconds since the run began.
    quiet : bool
        Show warnings only.
    verbose : bool
        Show every judged candidate, and why one failed.

    Yields
    ------
    callable
        Takes each event.
    """
    if quiet:
        yield _warn
        return
    console = _console()
    if not console.is_terminal:
        yield PlainView(Progress(now, name), verbose=verbose)
        return
    from mle_star.cli.live import LiveView

    with LiveView(Progress(now, name), console, verbose=verbose) as live:
        yield live


class PlainView:
    """One line a step, for logs and pipes.

    Parameters
    ----------
    progress : Progress
        Where the run stands.
    verbose : bool
        Whether to show every judged candidate.
    """

    def __init__(self, progress: Progress, *, verbose: bool) -> None:
        self._progress = progress
        self._verbose = verbose

    def __call__(self, event: Event) -> None:
        """Show one event."""
        self._progress.add(event)
        if line := event_line(event, self._progress, verbose=self._verbose):
            click.echo(f"[{clock(self._progress.now())}] {line}", err=True)


def _warn(event: Event) -> None:
    if isinstance(event, e.Noted) and event.level == "warning":
        click.echo(f"warning: {event.message}", err=True)


def _console() -> Console:
    from rich.console import Console

    return Console(stderr=True, highlight=False)
