"""The stage ``situation``: what there is, and what it will take."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from mle_star.cli.doctor import cores
from mle_star.cli.profile import profile_sections
from mle_star.report.sections import Section
from mle_star.report.words import took
from mle_star.session.settings import Settings, resolve

if TYPE_CHECKING:
    from mle_star.data.prepare import Prepared


def situation_sections(given: dict[str, Any]) -> list[Section]:
    """Profile, quality issues, complexity, and what resources it will take."""
    from mle_star.data.prepare import prepare
    from mle_star.session.opening import request_of

    if not given.get("target"):
        return _without_target(Path(given["dataset"]).expanduser())
    settings = resolve(given, cores=cores())
    prepared = prepare(request_of(settings))
    return [*profile_sections(prepared), _estimate(prepared, settings)]


def _without_target(dataset: Path) -> list[Section]:
    """The columns, and which of them are likely to be predicted."""
    from mle_star.cli.person import about_target

    question = about_target(dataset)
    rows = tuple((one.value, one.why) for one in question.choices)
    line = "No target is known yet: name one with --target, or say it, as in: predict COLUMN."
    return [Section("Likely targets", (line,), ("column", "why"), rows)]


def _estimate(prepared: Prepared, settings: Settings) -> Section:
    """How large the task is and what it takes, with what that rests on."""
    from mle_star.phases.pace import FIT_SECONDS_A_ROW, guessed_seconds
    from mle_star.recipes.recipe import Facts
    from mle_star.session.opening import divided

    facts = Facts(**prepared.facts)
    splits = divided(settings, prepared, settings.seconds)
    fit, folds, jobs = guessed_seconds(facts), len(splits.folds), settings.jobs
    candidate = fit * folds / min(folds, jobs)
    memory = prepared.table.memory_usage(deep=True).sum() / 2**20
    size = "large" if facts.is_large else "middling" if facts.rows > 10_000 else "small"
    rows = [
        ("Complexity", f"{size}: {facts.rows:,} rows, {len(prepared.table.columns)} columns, "
         f"{max(1, facts.classes)} classes, {facts.text} columns of text"),
        ("One candidate", f"about {took(candidate)}: {folds} folds of about {took(fit)}, "
         f"{jobs} at once"),
        ("Memory", f"{memory:.0f} MiB for the table in each of {jobs} workers"),
    ]  # fmt: skip
    if settings.evaluations is not None:
        rows.append(("The run", f"{settings.evaluations} candidates, so about "
                     f"{took(settings.evaluations * candidate)} and packaging"))  # fmt: skip
    else:
        most = int(0.6 * settings.seconds / max(candidate, 0.2))
        rows.append(("The run", f"{took(settings.seconds)}, so roughly {most:,} candidates"))
    line = (
        f"An estimate, from {1e6 * FIT_SECONDS_A_ROW:.0f} µs a row and class on one core for a "
        "booster of usual size; the run measures what candidates take and keeps to its time."
    )
    return Section("What it will take", (line,), ("", ""), tuple(rows))
