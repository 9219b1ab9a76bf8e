"""The beginning of a session: what is asked of the data, and the judge made for it."""

from __future__ import annotations

import math
from typing import Any

from mle_star.agents.builtin import BuiltinAgent
from mle_star.agents.knowledge import load_knowledge
from mle_star.agents.trials import Trials
from mle_star.data.prepare import DataRequest, Prepared
from mle_star.events import DataProfiled, Emit, Noted, SplitsMade, TaskResolved
from mle_star.judge.evaluation import Splits
from mle_star.judge.judge import Judge
from mle_star.judge.metrics import Metric, get_metric
from mle_star.judge.splits import fewer_folds, make_splits
from mle_star.phases.context import Context
from mle_star.recipes.recipe import Facts
from mle_star.session.replay import evaluations_of
from mle_star.session.session import Session
from mle_star.session.settings import Settings
from mle_star.session.shares import folds_within

_CANDIDATE_SHARE = 0.35
"""Share of a time budget that one candidate may take."""


def open_session(session: Session, prepared: Prepared) -> Context:
    """Decide how scores are made, divide the rows, hand the table to the workers.

    No event comes before everything that a user can have wrong is checked.

    Parameters
    ----------
    session : Session
        Whose data it is.
    prepared : Prepared
        The data.

    Raises
    ------
    DataError, UsageError
        If the data or the options cannot be used.
    """
    settings, budget, emit = session.settings, session.budget, session.journal
    metric = get_metric(prepared.task.metric, prepared.task)
    seconds = math.inf if budget.counts_evaluations else budget.seconds
    splits = divided(settings, prepared, seconds)
    _tell(prepared, metric, splits, emit)
    judge = _judge(session, prepared, splits, metric)
    recipes = session.recipes
    context = Context(
        task=prepared.task,
        facts=Facts(**prepared.facts),
        columns=prepared.columns,
        judge=judge,
        agent=BuiltinAgent(recipes, load_knowledge()),
        recipes=recipes,
        emit=emit,
        budget=budget,
        seed=settings.seed,
        folder=session.folder.work,
        jobs=settings.jobs,
        trials=Trials(session.folder.trials),
        once=session.journal.once,
        chaining=settings.chaining,
    )
    if settings.agents:
        from mle_star.session.hiring import hire

        hire(session, context, prepared)
    elif any(block.foreign for block in session.blocks.values()):
        from mle_star.session.by_hand import guard

        guard(session, context, allow_unsandboxed=settings.allow_unsandboxed)
    return context


def _judge(session: Session, prepared: Prepared, splits: Splits, metric: Metric) -> Judge:
    """A judge that knows what was judged before a resumption."""
    settings, budget = session.settings, session.budget
    judge = Judge.open(
        prepared.table,
        prepared.labels,
        prepared.task,
        prepared.columns,
        splits,
        folder=session.folder.work,
        jobs=settings.jobs,
        budget=budget,
        emit=session.journal,
        seed=settings.seed,
        metric=metric,
        pool=session.pool,
    )
    if not budget.counts_evaluations:
        judge.candidate_seconds = min(
            judge.candidate_seconds, _CANDIDATE_SHARE * budget.seconds * settings.jobs
        )
    judge.verdicts.remember(evaluations_of(session.logged, judge, session.blocks))
    return judge


def divided(settings: Settings, prepared: Prepared, seconds: float) -> Splits:
    """Divide the rows; into few folds where there is little time.

    Parameters
    ----------
    settings : Settings
        The run's options.
    prepared : Prepared
        The data.
    seconds : float
        Of the whole run; inf where evaluations are counted.
    """
    splits = make_splits(
        prepared.task,
        prepared.labels,
        prepared.groups,
        prepared.times,
        seed=settings.seed,
        holdout=settings.holdout,
    )
    return fewer_folds(splits, folds_within(seconds, Facts(**prepared.facts), settings.jobs))


def request_of(settings: Settings) -> DataRequest:
    """What the options ask of the data file."""
    return DataRequest(
        path=settings.dataset,
        targets=settings.targets,
        kind=settings.task,
        metric=settings.metric,
        group=settings.group,
        time=settings.time_column,
        ids=settings.id,
        drop=settings.drop,
    )


def task_facts(prepared: Prepared, metric: Metric) -> dict[str, Any]:
    """The task as plain values, targets by their names in the file."""
    task = prepared.task
    return {
        "kind": str(task.kind),
        "targets": [output.original for output in task.outputs],
        "classes": [list(output.classes) for output in task.outputs],
        "metric": metric.name,
        "greater_is_better": metric.greater_is_better,
        "group": _original(prepared, task.group),
        "time": _original(prepared, task.time),
    }


def _tell(prepared: Prepared, metric: Metric, splits: Splits, emit: Emit) -> None:
    profile = prepared.profile
    emit(DataProfiled(profile.rows, len(profile.columns), profile.to_json()))
    for note in prepared.notes:
        emit(Noted("info", note))
    for issue in profile.issues:
        level = "info" if issue.severity == "info" else "warning"
        emit(Noted(level, f"{issue.message}; {issue.remedy}" if issue.remedy else issue.message))
    emit(TaskResolved(task_facts(prepared, metric), prepared.reasons))
    sizes = {part: len(getattr(splits, part)) for part in ("search", "selection", "holdout")}
    emit(SplitsMade(**sizes, folds=len(splits.folds), scheme=splits.scheme))


def _original(prepared: Prepared, name: str | None) -> str | None:
    return next((c.original for c in prepared.schema.specs if c.name == name), None)
