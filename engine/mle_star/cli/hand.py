"""What commands that work on a session by hand have in common."""

from __future__ import annotations

import contextlib
import shlex
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import click

from mle_star.cli.launch import program
from mle_star.cli.lines import told
from mle_star.cli.main import STARTED
from mle_star.cli.row import clean
from mle_star.cli.signals import ended_cleanly, ends_at
from mle_star.cli.sought import sought
from mle_star.errors import BudgetError
from mle_star.events import (
    AblationMeasured,
    EnsembleCompared,
    EvaluationStarted,
    Event,
    GateMeasured,
)
from mle_star.report.result import fold
from mle_star.report.writer import ReportWriter
from mle_star.session.ending import TimeLimit
from mle_star.session.lock import in_use

if TYPE_CHECKING:
    from mle_star.bench.bench import Bench

_TOLD = (EvaluationStarted, AblationMeasured, EnsembleCompared, GateMeasured)


@contextlib.contextmanager
def on_bench(values: Mapping[str, Any]) -> Iterator[Bench]:
    """Claim the session that is asked for; its report is renewed with what is done.

    Parameters
    ----------
    values : mapping of str to Any
        By option key.

    Raises
    ------
    UsageError
        If there is no such session, or it is running.
    BudgetError
        If ``--time-budget`` ended before the work was done.
    """
    from mle_star.bench.bench import claimed

    found = sought(values["session"])
    if found.holder is not None:
        raise in_use(found.folder)
    root, limit = found.folder.resolve(), values["time_budget"]
    report = ReportWriter(root, program())
    try:
        with (
            ended_cleanly(),
            claimed(root, _tell, allow_unsandboxed=values["allow_unsandboxed"]) as bench,
            ends_at(limit, STARTED),
        ):
            report.result = fold(bench.standing.events)
            report.result.session["folder"] = str(found.folder)
            bench.handbook.readers.append(report)
            yield bench
    except TimeLimit as end:
        raise BudgetError(
            f"not done in {limit:g} s; the session is as it was",
            "allow more with --time-budget: what was finished is not done again",
        ) from end


def named(folder: object) -> str:
    """A session's folder, as it is typed."""
    return shlex.quote(str(folder))


def _tell(event: Event) -> None:
    if isinstance(event, _TOLD):
        click.echo(clean(told(event)), err=True)
