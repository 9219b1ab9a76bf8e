"""The stage ``situation``: what there is, and what it will take."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from mle_star.cli.profile import profile_sections
from mle_star.cli.run import prepared
from mle_star.report.sections import Section
from mle_star.report.words import took
from mle_star.session.settings import Settings

if TYPE_CHECKING:
    from mle_star.data.prepare import Prepared


def situation_sections(options: Mapping[str, Any]) -> list[Section]:
    """Profile, quality issues, complexity, and what resources it will take.

    Parameters
    ----------
    options : mapping of str to Any
        Of the run, by key; without a target the likely ones are told.

    Raises
    ------
    UsageError
        If an option cannot be used.
    """
    from mle_star.data.prepare import prepare
    from mle_star.session.opening import request_of

    if not options.get("target"):
        return _without_target(options)
    _, settings = prepared(options)
    data = prepare(request_of(settings))
    return [*profile_sections(data), _estimate(data, settings)]


def _without_target(options: Mapping[str, Any]) -> list[Section]:
    """Columns that are likely to be predicted; the other options are checked all the same."""
    from mle_star.cli.person import about_target

    question = about_target(options)
    prepared({**options, "target": question.default})
    rows = tuple((one.label, one.why) for one in question.choices)
    line = "No target is known yet: name one with --target, or say it, as in: predict COLUMN."
    return [Section("Likely targets", (line,), ("column", "why"), rows)]


def _estimate(data: Prepared, settings: Settings) -> Section:
    """How large the task is and what it takes, with what that rests on."""
    from mle_star.phases.pace import FIT_SECONDS_A_ROW, guessed_seconds
    from mle_star.recipes.recipe import Facts
    from mle_star.session.opening import divided

    facts = Facts(**data.facts)
    splits = divided(settings, data, settings.seconds)
    fit, folds, jobs = guessed_seconds(facts), len(splits.folds), settings.jobs
    candidate = fit * folds / min(folds, jobs)
    memory = data.table.memory_usage(deep=True).sum() / 2**20
    size = "large" if facts.is_large else "middling" if facts.rows > 10_000 else "small"
    rows = [
        ("Complexity", f"{size}: {facts.rows:,} rows, {len(data.table.columns)} columns, "
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
