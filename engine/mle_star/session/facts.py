"""Values measured so far, as plain values: for conditions of a workflow, and for the summary."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from mle_star.errors import MleStarError
from mle_star.judge.evaluation import Score
from mle_star.judge.gates import FAIL, PASS
from mle_star.judge.metrics import ScoreError, get_metric
from mle_star.session.handover import Handover
from mle_star.session.session import Session

Value = float | str | bool | None


def lookup(session: Session, found: Handover) -> Callable[[str], Value]:
    """A way to look up values by the names that conditions use.

    Parameters
    ----------
    session : Session
        Its variables and its clock.
    found : Handover
        What was measured on the way to the task.
    """

    def value(name: str) -> Value:
        known = _measured(session, found)
        if name in known:
            return known[name]
        if name == "quality_threshold":
            return session.workflow.settings.quality_threshold
        if name in session.workflow.variables:
            given: Value = session.workflow.variables[name]
            return given
        return _metric(found, name)

    return value


def score_facts(score: Score, what: str) -> dict[str, Any]:
    """A cross-validated score as plain values."""
    return {"score": score.mean, "spread": score.spread, "folds": len(score.folds), "what": what}


def _measured(session: Session, found: Handover) -> dict[str, Value]:
    best, base, validated = found.best, found.baseline, found.validated
    score = best.score if best else None
    baseline = base.score if base else None
    gates = [gate.verdict for gate in validated.gates] if validated else None
    context, prepared, budget = found.context, session.prepared, session.budget
    left = budget.seconds - budget.elapsed
    return {
        "score": score.mean if score else None,
        "spread": score.spread if score else None,
        "baseline": baseline.mean if baseline else None,
        "gain": score.gain_over(baseline) if score and baseline else None,
        "holdout": validated.holdout_score if validated else None,
        "gates_passed": gates.count(PASS) if gates is not None else None,
        "gates_failed": gates.count(FAIL) if gates is not None else None,
        "rows": len(prepared.table) if prepared else None,
        "columns": len(prepared.table.columns) if prepared else None,
        "techniques": len(found.techniques) if found.techniques else None,
        "steps": found.step if best else None,
        "evaluations": sum(found.used.values()),
        "failures": sum(e.score is None for e in context.ledger) if context else 0,
        "elapsed": budget.elapsed,
        "seconds_left": left if np.isfinite(left) else None,
    }


def _metric(found: Handover, name: str) -> Value:
    """Any metric of the best solution, from its out-of-fold predictions."""
    context, best = found.context, found.best
    if context is None or best is None or best.oof is None:
        return None
    judge = context.judge
    try:
        metric = get_metric(name, context.task)
        return float(metric.score_task(context.task, judge.labels(judge.oof_rows), best.oof()))
    except (ScoreError, MleStarError):  # it does not fit this task
        return None
