"""``mle-star ensemble``: combine anew all that was judged in a session."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import click

from mle_star.cli.hand import named, on_bench
from mle_star.cli.launch import program
from mle_star.files import to_json
from mle_star.report.words import spread


def execute(values: dict[str, Any]) -> int:
    """Compare the ways to combine, and choose."""
    with on_bench(values) as bench:
        from mle_star.bench.closing import combine, told_combined

        found = combine(bench)
        folder = bench.folder.root
    if values["json"]:
        click.echo(to_json(asdict(found), indent=True).decode())
        return 0
    click.echo(told_combined(found))
    for way in found.ways:
        mark = "*" if way["chosen"] else " "
        score = spread(way["score"], way["spread"])
        click.echo(f"{mark} {way['strategy']:24} {score:20} {way['reason']}")
    command = f"{program().engine} validate {named(folder)} --ship"
    click.echo(f"to measure its gates and ship it: {command}", err=True)
    return 0
