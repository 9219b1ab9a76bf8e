"""``mle-star validate``: the gates of what a session would ship now; and shipping it."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import click

from mle_star.cli.hand import named, on_bench
from mle_star.cli.launch import program
from mle_star.errors import EXIT_GATE, EXIT_OK
from mle_star.files import to_json


def execute(values: dict[str, Any]) -> int:
    """Measure the gates, and package what passed if that is asked for."""
    ship = bool(values["ship"])
    with on_bench(values) as bench:
        from mle_star.bench.closing import validate

        found = validate(bench, ship=ship)
        folder = bench.folder.root
    if values["json"]:
        click.echo(to_json(asdict(found), indent=True).decode())
        return EXIT_OK if found.passed else EXIT_GATE
    from mle_star.bench.closing import told_looks, told_members

    click.echo(f"{found.what}: {told_members(found.members)}")
    for gate in found.gates:
        click.echo(f"  {gate['verdict']:8} {gate['gate']:40} {gate['measured']}")
        if gate["verdict"] in ("fail", "warn"):
            click.echo(f"           {gate['explanation']}")
    click.echo(told_looks(found.looks))
    if found.shipped:
        click.echo(f"it is in {folder / 'model'} now", err=True)
    elif ship:
        click.echo("a gate failed: the model that was there before is left in its place", err=True)
    elif found.passed:
        command = f"{program().engine} validate {named(folder)} --ship"
        click.echo(f"to ship it: {command}", err=True)
    return EXIT_OK if found.passed else EXIT_GATE
