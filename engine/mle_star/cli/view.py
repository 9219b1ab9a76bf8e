"""Progress while a run goes on, on standard error: a live page on a terminal, else plain lines."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Protocol

import click

from mle_star.cli.lines import best_line, is_alarm, is_brief, is_detail, told
from mle_star.cli.progress import Progress
from mle_star.cli.row import clean
from mle_star.cli.screen import is_terminal
from mle_star.eventlog import TASK
from mle_star.events import Event, IncumbentChanged
from mle_star.report.words import clock


class View(Protocol):
    """Shows events as they come."""

    def __call__(self, event: Event) -> None:
        """Show one event."""

    def paused(self) -> AbstractContextManager[None]:
        """Keep the terminal free while a person is asked something."""


@contextlib.contextmanager
def view(
    name: str, now: Callable[[], float], *, quiet: bool, verbose: bool = False
) -> Iterator[View]:
    """A reader of events that shows them.

    Parameters
    ----------
    name : str
        Of the run.
    now : callable
        Seconds of the session.
    quiet : bool
        Show warnings only.
    verbose : bool, default False
        Show every judged candidate, and why one failed.

    Yields
    ------
    View
        Takes each event.
    """
    if quiet:
        yield QuietView()
    elif not is_terminal(sys.stderr):
        yield PlainView(Progress(name), now, verbose=verbose)
    else:
        from mle_star.cli.live import LiveView

        with LiveView(Progress(name), now, sys.stderr, verbose=verbose) as live:
            yield live


class QuietView:
    """Warnings and failures only."""

    def __call__(self, event: Event) -> None:
        """Show one event, if it must not be missed."""
        if is_alarm(event):
            click.echo(clean(told(event)), err=True)

    def paused(self) -> AbstractContextManager[None]:
        """Nothing is in the way of a question."""
        return contextlib.nullcontext()


class PlainView:
    """One line a step, for logs and pipes.

    Parameters
    ----------
    progress : Progress
        Where the run stands.
    now : callable
        Seconds of the session.
    verbose : bool, default False
        Whether to show every judged candidate.
    """

    def __init__(
        self, progress: Progress, now: Callable[[], float], *, verbose: bool = False
    ) -> None:
        self._progress = progress
        self._now = now
        self._verbose = verbose

    def __call__(self, event: Event) -> None:
        """Show one event."""
        now = self._now()
        self._progress.add(event, now, TASK.get())
        if is_brief(event) or (self._verbose and is_detail(event)):
            new_best = isinstance(event, IncumbentChanged)
            line = best_line(self._progress, now) if new_best else told(event)
            click.echo(f"[{clock(now)}] {clean(line)}", err=True)

    def paused(self) -> AbstractContextManager[None]:
        """Nothing is in the way of a question."""
        return contextlib.nullcontext()
