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
    from mle_star.session.life import estimate_of
    from mle_star.session.opening import divided

    folds, jobs = len(divided(settings, data, settings.seconds).folds), settings.jobs
    found = estimate_of(settings, data, folds)
    one, expected, facts = found.candidate_seconds, found.expected, data.facts
    rows = [
        ("Complexity", f"{found.size}: {facts['rows']:,} rows, {len(data.table.columns)} columns, "
         f"{max(1, facts.get('classes', 0))} classes, {facts['text']} columns of text"),
        ("One candidate", f"about {took(one)}: {folds} folds of about "
         f"{took(expected.fit_seconds or 0.0)}, {jobs} at once"),
        ("Memory", f"about {expected.memory_mib:.0f} MiB in each of {jobs} workers"),
        ("Disk", f"about {expected.disk_mib:.0f} MiB in the folder of the run"),
    ]  # fmt: skip
    if settings.evaluations is not None:
        rows.append(("The run", f"{settings.evaluations} candidates, so about "
                     f"{took(expected.seconds or 0.0)} with packaging"))  # fmt: skip
    else:
        most = int(0.6 * settings.seconds / max(one, 0.2))
        rows.append(("The run", f"{took(settings.seconds)}, so roughly {most:,} candidates"))
    line = (
        f"An estimate, {found.basis}; the run measures what candidates take and keeps to its time."
    )
    return Section("What it will take", (line,), ("", ""), tuple(rows))
