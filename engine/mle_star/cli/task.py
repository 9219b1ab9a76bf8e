"""The stage ``task``: what is decided before anything is tried, and why."""

from __future__ import annotations

from collections.abc import Mapping, Sized
from typing import Any

from mle_star.cli.run import prepared
from mle_star.errors import UsageError
from mle_star.judge import gates
from mle_star.report.sections import Section
from mle_star.session.settings import Settings
from mle_star.workflow.workflow import Workflow

_NESTED = "none: finalists are chosen among by nested cross-validation"
_NONE_HELD = "none (--holdout 0): the gates rest on nested cross-validation"


def ensure_target(options: Mapping[str, Any]) -> None:
    """See that it is known what is predicted.

    Raises
    ------
    UsageError
        If it is not.
    """
    if not options.get("target"):
        raise UsageError("no target is known yet", "say it, as in: ml mle-star task predict COLUMN")


def task_sections(options: Mapping[str, Any]) -> list[Section]:
    """Target, metric, splits and gates, each with its reason.

    Parameters
    ----------
    options : mapping of str to Any
        Of the run, by key.

    Raises
    ------
    UsageError
        If an option cannot be used, or no target is known.
    """
    from mle_star.data.prepare import prepare
    from mle_star.judge.metrics import get_metric
    from mle_star.session.opening import divided, request_of, task_facts

    ensure_target(options)
    workflow, settings = prepared(options)
    data = prepare(request_of(settings))
    metric = get_metric(data.task.metric, data.task)
    task = task_facts(data, metric)
    splits = divided(settings, data, settings.seconds)
    better = "higher" if metric.greater_is_better else "lower"
    facts = (
        ("Target", f"{', '.join(task['targets'])} ({task['kind']})"),
        ("Metric", f"{metric.name} ({better} is better)"),
        ("Groups", task["group"] or "none"),
        ("Time", task["time"] or "none"),
    )
    rows = (
        ("search", f"{len(splits.search):,}", f"{splits.scheme}: candidates are compared here"),
        ("selection", *_part(splits.selection, "finalists are chosen among here, once", _NESTED)),
        ("holdout", *_part(splits.holdout, "the chosen model is measured here, once", _NONE_HELD)),
    )
    return [
        Section("Task", tuple(data.reasons), ("", ""), facts),
        Section("Rows", headers=("part", "rows>", "what for"), rows=rows),
        _gates(workflow, settings),
    ]


def _part(rows: Sized, what: str, without: str) -> tuple[str, str]:
    return f"{len(rows):,}", what if len(rows) else without


def _gates(workflow: Workflow, settings: Settings) -> Section:
    threshold = workflow.settings.quality_threshold
    of_file = [t.parameters["latency_ms"] for t in workflow.tasks if "latency_ms" in t.parameters]
    latency = of_file[0] if of_file else settings.latency_ms or gates.SINGLE_ROW_MS
    rows = [
        (
            "improvement over baseline",
            f"over folds p < {gates.P_VALUE}, on the holdout above 0",
        ),
        ("fold spread", f"< {gates.FOLD_SPREAD:.0%}"),
        ("holdout against cross-validation", f"within {gates.HOLDOUT_DRIFT:.0%}, or the interval"),
        ("train against validation", f"< {gates.TRAIN_GAP:.0%}"),
        (
            "leakage",
            "duplicates across splits, columns that give the target away, shuffled labels",
        ),
        ("latency", f"< {latency:g} ms for one row"),
        ("memory", f"fitting below {gates.MEMORY_SHARE:.0%} of the machine's"),
    ]
    if threshold is not None:
        rows.insert(0, ("quality threshold", f"{threshold:g}"))
    return Section("Gates", headers=("gate", "wanted"), rows=tuple(rows))
