"""``mle-star report``: the report of a run, finished or not."""

from __future__ import annotations

from typing import Any

import click

from mle_star.cli.launch import program
from mle_star.cli.remembered import console
from mle_star.cli.results import result_of
from mle_star.cli.sought import sought
from mle_star.files import to_json
from mle_star.report.render import show
from mle_star.report.sections import sections


def execute(values: dict[str, Any]) -> int:
    """Print the report."""
    result = result_of(sought(values["session"]))
    if values["json"]:
        click.echo(to_json(result.plain(), indent=True).decode())
    else:
        show(sections(result, program()), console())
    return 0
