"""Events in one line each."""

from __future__ import annotations

from mle_star import events as e
from mle_star.cli.progress import Progress
from mle_star.events import Event
from mle_star.report.words import count, spread, took


def event_line(event: Event, progress: Progress, *, verbose: bool) -> str:
    """What there is to say of an event in one line; empty if nothing."""
    match event:
        case e.SessionStarted():
            return f"{event.name}: result in {event.folder}"
        case e.DataProfiled():
            return f"read {event.rows:,} rows, {event.columns:,} columns"
        case e.TaskResolved():
            targets = ", ".join(event.task["targets"])
            return f"{event.task['kind']} task, target {targets}, metric {event.task['metric']}"
        case e.PhaseStarted():
            share = f" (up to {took(event.seconds)})" if event.seconds else ""
            return f"{event.phase} begins{share}"
        case e.PhaseFinished():
            return f"{event.phase} done in {took(event.seconds)}: {event.summary}"
        case e.IncumbentChanged():
            return f"{progress.best_line()}: {event.name}; {progress.effort_line()}"
        case e.Noted() if event.level == "warning" or verbose:
            return f"{event.level}: {event.message}"
        case _:
            return detail_line(event) if verbose else ""


def detail_line(event: Event) -> str:
    """What --verbose adds: candidates, proposals, combinations and gates; empty for the rest."""
    match event:
        case e.EvaluationFinished() if not event.cached:
            return evaluation_line(event)
        case e.ProposalJudged():
            verdict = "accepted" if event.accepted else "not accepted"
            return f"{event.role}, {event.plan}: {verdict}, {event.reason}"
        case e.EnsembleCompared():
            return f"{event.strategy}: {spread(event.score, event.spread)} {event.reason}".rstrip()
        case e.GateMeasured():
            return f"gate {event.gate}: {event.verdict}, {event.measured}"
        case _:
            return ""


def evaluation_line(event: e.EvaluationFinished) -> str:
    """One judged candidate as a line."""
    seconds = took(event.seconds)
    if event.score is None:
        return f"{event.name}: {event.failure} ({seconds})"
    folds = count(len(event.folds), "fold")
    return f"{event.name}: {spread(event.score, event.spread)} ({folds}, {seconds})"
