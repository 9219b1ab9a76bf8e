"""Asking a person on this terminal: before a run, and while it goes on."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mle_star.cli.asking import ensure_terminal, terminal_asker
from mle_star.cli.doctor import cores
from mle_star.cli.view import View
from mle_star.data.cells import cells_of
from mle_star.data.columns import safe_names
from mle_star.data.kinds import infer_columns
from mle_star.data.load import load
from mle_star.data.prepare import prepare
from mle_star.errors import UsageError
from mle_star.session.journal import Journal
from mle_star.session.opening import request_of
from mle_star.session.persons import Person
from mle_star.session.question import Asker, Question
from mle_star.session.questions import (
    group_question,
    metric_question,
    target_question,
    time_question,
)
from mle_star.session.settings import resolve


def confirmed(given: Mapping[str, Any]) -> dict[str, Any]:
    """The options with what a person confirmed of them: target, metric, time and group columns.

    Parameters
    ----------
    given : mapping of str to Any
        By option key; what is given is not asked about.

    Raises
    ------
    UsageError
        If there is no terminal, or no data file was named.
    """
    ensure_terminal()
    if not given.get("dataset"):
        raise UsageError("--dataset is needed", "name a data file")
    ask, found = _asker(), dict(given)
    if not found.get("target"):
        question = about_target(Path(found["dataset"]).expanduser())
        found["target"] = _quoted(question.read(ask(question)))
    for key, question_of in (("time_column", time_question), ("group", group_question)):
        if not found.get(key):
            about: Question[Any] = question_of(prepare(request_of(resolve(found, cores=cores()))))
            found[key] = about.read(ask(about)) or "none"
    if not found.get("metric"):
        task = prepare(request_of(resolve(found, cores=cores()))).task
        metric = metric_question(task)
        found["metric"] = metric.read(ask(metric))
    return found


def at_terminal(shown: View, journal: Journal) -> Person:
    """Who is asked while a run goes on; the page is out of the way meanwhile."""
    asker = _asker()

    def ask(question: Question[Any]) -> str:
        with shown.paused():
            return asker(question)

    return Person(ask, journal)


def _asker() -> Asker:
    from rich.console import Console

    return terminal_asker(Console(stderr=True, highlight=False))


def about_target(dataset: Path) -> Question[str]:
    """Which column of a file is predicted."""
    strings = load(dataset).strings
    cells = {name: cells_of(strings[name]) for name in strings.columns}
    columns = infer_columns(cells, safe_names(list(strings.columns)), ())
    return target_question(columns, cells, file=dataset.name)


def _quoted(name: str) -> str:
    """A column's name as the option takes it, which is a list."""
    return f'"{name}"' if "," in name else name
