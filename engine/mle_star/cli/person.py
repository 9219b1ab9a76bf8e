"""Asking a person on this terminal: before a run, and while it goes on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
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
from mle_star.session.plan import workflow_of
from mle_star.session.question import Asker, Question
from mle_star.session.questions import (
    group_question,
    metric_question,
    target_question,
    time_question,
)
from mle_star.session.settings import Settings, names, resolve
from mle_star.session.stages import carried
from mle_star.workflow.variables import settings_of


def confirmed(values: Mapping[str, Any]) -> dict[str, Any]:
    """The options with what a person confirmed of them: target, metric, time and group columns.

    Parameters
    ----------
    values : mapping of str to Any
        By option key. What is given, by stages or by variables of a workflow as well, is not asked
        about.

    Raises
    ------
    UsageError
        If there is no terminal, an option cannot be used, or no data file was named.
    """
    found, _ = carried(values)
    said = settings_of(workflow_of(found))
    if not (said | found).get("dataset"):
        raise UsageError("--dataset is needed", "name a data file")
    resolve({"target": "?"} | said | found, cores=cores())  # before anything is asked
    ensure_terminal()
    ask = _asker()

    def confirm(key: str, question_of: Callable[[Settings], Question[Any]]) -> None:
        if not (said | found).get(key):
            question = question_of(resolve(said | found, cores=cores()))
            answer = question.read(ask(question))
            if answer is not None:
                found[key] = answer

    if not (said | found).get("target"):
        question = about_target(said | found)
        found["target"] = question.read(ask(question))
    confirm("time_column", lambda settings: time_question(prepare(request_of(settings))))
    confirm("group", lambda settings: group_question(prepare(request_of(settings))))
    confirm("metric", lambda settings: metric_question(prepare(request_of(settings)).task))
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


def about_target(options: Mapping[str, Any]) -> Question[str]:
    """Which column of a file is predicted, of those that are not left out.

    Parameters
    ----------
    options : mapping of str to Any
        Of the run, by key.
    """
    dataset = Path(options["dataset"]).expanduser()
    strings = load(dataset).strings
    left_out = {*names(options.get("drop")), *names(options.get("id"))}
    kept = [name for name in strings.columns if name not in left_out] or list(strings.columns)
    cells = {name: cells_of(strings[name]) for name in kept}
    columns = infer_columns(cells, safe_names(list(strings.columns)), ())
    return target_question(columns, cells, file=dataset.name)
