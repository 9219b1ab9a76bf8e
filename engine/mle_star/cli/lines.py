"""Every kind of event in one line, for views without a page and for the log of steps."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mle_star import events as e
from mle_star.cli.progress import Progress
from mle_star.events import Event
from mle_star.report.words import clock, count, p_value, signed, spread, took

Teller = Callable[[Any], str]


def told(event: Event) -> str:
    """What there is to say of an event."""
    teller = TELLERS.get(type(event))
    return teller(event) if teller else event.type


def best_line(progress: Progress, now: float) -> str:
    """The best score so far and what is gained over the baseline; what was done, what is left."""
    if progress.best is None:
        return f"no {progress.metric} yet"
    best = progress.best
    parts = [f"best {progress.metric} {spread(best.score, best.spread)}"]
    if progress.gain is not None:
        parts.append(f"{signed(progress.gain)} over the baseline")
    return f"{', '.join(parts)}: {best.name}; {effort_line(progress, now)}"


def effort_line(progress: Progress, now: float) -> str:
    """How much was judged, and what is left of time or evaluations."""
    parts = [f"{progress.judged:,} judged"]
    if progress.failed:
        parts.append(f"{progress.failed:,} failed")
    if (left := progress.left(now)) is not None:
        counted = progress.evaluations is not None
        parts.append(f"{left:.0f} left to judge" if counted else f"{clock(left)} left")
    return ", ".join(parts)


def is_brief(event: Event) -> bool:
    """Whether an event is one that every view tells of, not only ``--verbose``."""
    return isinstance(event, _BRIEF) or is_alarm(event)


def is_detail(event: Event) -> bool:
    """Whether ``--verbose`` tells of an event as well."""
    return isinstance(event, _DETAILS) and not (
        isinstance(event, e.EvaluationFinished) and event.cached
    )


def is_alarm(event: Event) -> bool:
    """Whether an event is a warning, or a task that failed: no view keeps silent about it."""
    if isinstance(event, e.Noted):
        return event.level == "warning"
    return isinstance(event, e.TaskFinished) and event.status == "failed"


def _planned(event: e.WorkflowPlanned) -> str:
    names = ", ".join(str(task["id"]) for task in event.tasks)
    return f"workflow {event.name}: {names}"


def _task_begins(event: e.TaskStarted) -> str:
    agents = f", {', '.join(event.agents)}" if event.agents else ""
    again = f", attempt {event.attempt}" if event.attempt > 1 else ""
    return f"{event.task} begins{agents}{again}{_limit(event.seconds)}"


def _task_ended(event: e.TaskFinished) -> str:
    if event.status == "skipped":
        return f"{event.task} skipped: {event.summary}"
    return f"{event.task} {event.status} in {took(event.seconds)}: {event.summary}"


def _resolved(event: e.TaskResolved) -> str:
    task = event.task
    targets = ", ".join(task["targets"])
    return f"{task['kind']} task, target {targets}, metric {task['metric']}"


def _splits(event: e.SplitsMade) -> str:
    held = f"{event.holdout:,}" if event.holdout else "none"
    parts = f"{event.search:,} rows to search, {held} held out"
    return f"{event.scheme}; {parts}"


def _technique(event: e.TechniqueFound) -> str:
    return f"found {event.recipe} ({event.role}): {event.reason}"


def _evaluation(event: e.EvaluationFinished) -> str:
    known = "known already" if event.cached else took(event.seconds)
    if event.score is None:
        return f"{event.name}: {event.failure} ({known})"
    folds = count(len(event.folds), "fold")
    return f"{event.name}: {spread(event.score, event.spread)} ({folds}, {known})"


def _answer(event: e.AgentAnswered) -> str:
    cost = "" if event.cost is None else f", ${event.cost:.4f}"
    what = "known already" if event.from_record else f"{took(event.seconds)}{cost}"
    return f"{event.agent}, {event.step}: {event.failure or 'answered'} ({what})"


def _best(event: e.IncumbentChanged) -> str:
    line = f"best {spread(event.score, event.spread)}: {event.name}"
    if event.gain_over_baseline is None:
        return line
    return f"{line}, {signed(event.gain_over_baseline)} over the baseline"


def _merge(event: e.MergeTried) -> str:
    verdict = "accepted" if event.accepted else "not accepted"
    return f"{event.base} with {event.added}: {verdict}, {event.reason}"


def _effect(event: e.AblationMeasured) -> str:
    if event.effect is None:
        return f"effect of {event.role}: {event.failure}"
    chance = f" (p = {p_value(event.p_value)})"
    return f"effect of {event.role}: {event.impact} {signed(event.effect)}{chance}"


def _part(event: e.PartMeasured) -> str:
    if event.effect is None:
        return f"effect of {event.part} ({event.role}): {event.failure}"
    chance = f" (p = {p_value(event.p_value)})"
    return f"effect of {event.part} ({event.role}): {signed(event.effect)}{chance}"


def _proposal(event: e.ProposalJudged) -> str:
    """The verdict first: a plan can be long."""
    verdict = "accepted" if event.accepted else "not accepted"
    gain = f" {signed(event.gain)}" if event.gain is not None else ""
    return f"{event.role} {verdict}{gain}, {event.reason}: {event.plan}"


def _step(event: e.StepFinished) -> str:
    return f"step {event.step} ended: {event.role}, {event.used} tried"


def _combination(event: e.EnsembleCompared) -> str:
    chosen = "chosen, " if event.chosen else ""
    return f"{event.strategy}: {spread(event.score, event.spread)}, {chosen}{event.reason}"


def _gain(event: e.ModelsCompared) -> str:
    if event.gain is None:
        return f"gain over session {event.parent}: {event.what}"
    bounds = "" if event.low is None else f" ({signed(event.low)} to {signed(event.high)})"
    return f"gain over session {event.parent} {signed(event.gain)}{bounds}, {event.what}"


def _hook(event: e.HookFinished) -> str:
    of = f" of {event.task}" if event.task else ""
    said = f": {event.said}" if event.said else ""
    return f"hook {event.hook} ({event.event}{of}) {event.status} in {took(event.seconds)}{said}"


def _finish(event: e.SessionFinished) -> str:
    status = event.summary.get("status", "ended")
    return f"{status} in {took(event.seconds)}, exit status {event.exit_code}"


def _limit(seconds: float | None) -> str:
    return f" (up to {took(seconds)})" if seconds else ""


TELLERS: dict[type[Event], Teller] = {
    e.SessionStarted: lambda x: f"{x.name}: result in {x.folder}",
    e.SessionResumed: lambda x: f"resumed: {count(sum(x.kept.values()), 'event')} stand",
    e.WorkflowPlanned: _planned,
    e.TaskStarted: _task_begins,
    e.TaskFinished: _task_ended,
    e.DataProfiled: lambda x: f"read {x.rows:,} rows, {x.columns:,} columns",
    e.TaskResolved: _resolved,
    e.SplitsMade: _splits,
    e.PhaseStarted: lambda x: f"{x.phase} begins{_limit(x.seconds)}",
    e.PhaseFinished: lambda x: f"{x.phase} done in {took(x.seconds)}: {x.summary}",
    e.TechniqueFound: _technique,
    e.BlockSeen: lambda x: f"block {x.recipe or x.digest} ({x.role})",
    e.EvaluationStarted: lambda x: f"trying {x.name} ({count(x.folds, 'fold')}, {x.rows:,} rows)",
    e.EvaluationFinished: _evaluation,
    e.AgentAsked: lambda x: f"asking {x.agent}: {x.step} ({x.prompt_bytes / 1000:.1f} kB)",
    e.AgentAnswered: _answer,
    e.WebFound: lambda x: f"found {x.name} ({x.role}): {x.url or 'from the model'}",
    e.PartMeasured: _part,
    e.IncumbentChanged: _best,
    e.MergeTried: _merge,
    e.AblationMeasured: _effect,
    e.ProposalJudged: _proposal,
    e.StepFinished: _step,
    e.ChoiceMade: lambda x: f"{x.question} {x.answer}",
    e.ValueKept: lambda x: f"measured {x.key}",
    e.EnsembleCompared: _combination,
    e.GateMeasured: lambda x: f"gate {x.gate}: {x.verdict}, {x.measured}",
    e.Handwork: lambda x: f"by hand {x.number}, {x.action}: {x.outcome}",
    e.DriftMeasured: lambda x: f"since session {x.parent}: {'; '.join(x.lines)}",
    e.ModelsCompared: _gain,
    e.HookFinished: _hook,
    e.ArtifactWritten: lambda x: f"wrote {x.path}: {x.what}",
    e.Noted: lambda x: f"{x.level}: {x.message}",
    e.SessionFinished: _finish,
}

_BRIEF = (
    e.SessionStarted, e.SessionResumed, e.DataProfiled, e.TaskResolved, e.TaskStarted,
    e.TaskFinished, e.PhaseStarted, e.PhaseFinished, e.IncumbentChanged, e.ChoiceMade,
)  # fmt: skip
_DETAILS = (
    e.WorkflowPlanned, e.SplitsMade, e.EvaluationFinished, e.AgentAnswered, e.MergeTried,
    e.AblationMeasured, e.ProposalJudged, e.EnsembleCompared, e.GateMeasured, e.Noted,
    e.HookFinished,
)  # fmt: skip
