"""The stage ``results``: what came of a session so far."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import click

from mle_star.cli.launch import STREAM, program, show
from mle_star.cli.sought import sought, staged
from mle_star.errors import UsageError
from mle_star.eventlog import read_log
from mle_star.events import ArtifactWritten
from mle_star.report.result import Result, fold
from mle_star.report.writer import FILES
from mle_star.session.identity import identity_of
from mle_star.session.lookup import Found
from mle_star.session.stages import Stages, named


def results(values: dict[str, Any]) -> int:
    """Show what was found: leaderboard, ablation, ensemble, validation and files."""
    found = _found(values)
    _, settings = identity_of(read_log(found.log), found.folder)
    form = values["output_format"] or settings.output_format
    if form == STREAM:
        click.echo(found.log.read_bytes(), nl=False)
        return 0
    show(result_of(found), replace(settings, output_format=form))
    return 0


def result_of(found: Found) -> Result:
    """What a session on disk came to so far, with the files of its report."""
    history = read_log(found.log)
    result = fold(line.event for line in history.standing)
    result.session["folder"] = str(found.folder)
    if not result.finish:
        result.finish = {"exit_code": None, "seconds": history.elapsed, "summary": {}}
    _add_report(result, found)
    return result


def _found(values: dict[str, Any]) -> Found:
    asked = values["session"]
    stages = staged(asked, values["memory"]) if asked else named(values)
    if stages is None and not (asked or values["output"] or values["name"]):
        stages = staged(None, values["memory"], runs=True)
    if stages is not None and not stages.has_begun:
        raise UsageError(
            f"nothing has run yet in {stages.folder}", f"run it with: {_action(stages)}"
        )
    folder = stages.folder if stages else None
    return sought(folder or asked or values["output"] or values["name"], values["memory"])


def _action(stages: Stages) -> str:
    return f"{program().engine} ml mle-star action --session {stages.folder}"


def _add_report(result: Result, found: Found) -> None:
    """The report's own files, which no event tells of."""
    for path, what in FILES:
        if (found.folder / path).is_file():
            result.add(ArtifactWritten(path, what))
