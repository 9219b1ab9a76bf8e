"""The stage ``task``: what is decided before anything is tried, and why."""

from __future__ import annotations

from typing import Any

from mle_star.cli.doctor import cores
from mle_star.errors import UsageError
from mle_star.judge import gates
from mle_star.report.sections import Section
from mle_star.session.plan import workflow_of
from mle_star.session.settings import Settings, resolve


def task_sections(given: dict[str, Any]) -> list[Section]:
    """Target, metric, splits and gates, each with its reason."""
    from mle_star.data.prepare import prepare
    from mle_star.judge.metrics import get_metric
    from mle_star.session.opening import divided, request_of, task_facts

    if not given.get("target"):
        raise UsageError("no target is known yet", "say it, as in: ml mle-star task predict COLUMN")
    settings = resolve(given, cores=cores())
    prepared = prepare(request_of(settings))
    metric = get_metric(prepared.task.metric, prepared.task)
    task = task_facts(prepared, metric)
    splits = divided(settings, prepared, settings.seconds)
    better = "higher" if metric.greater_is_better else "lower"
    facts = (
        ("Target", f"{', '.join(task['targets'])} ({task['kind']})"),
        ("Metric", f"{metric.name} ({better} is better)"),
        ("Groups", task["group"] or "none"),
        ("Time", task["time"] or "none"),
    )
    rows = (
        ("search", f"{len(splits.search):,}", f"{splits.scheme}: candidates are compared here"),
        ("selection", f"{len(splits.selection):,}", "finalists are chosen among here, once"),
        ("holdout", f"{len(splits.holdout):,}", "the chosen model is measured here, once"),
    )
    return [
        Section("Task", tuple(prepared.reasons), ("", ""), facts),
        Section("Rows", headers=("part", "rows>", "what for"), rows=rows),
        _gates(given, settings),
    ]


def _gates(given: dict[str, Any], settings: Settings) -> Section:
    threshold = workflow_of(given).settings.quality_threshold
    latency = settings.latency_ms or gates.SINGLE_ROW_MS
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
