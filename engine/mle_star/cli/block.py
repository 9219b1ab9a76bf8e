"""``mle-star block``: the blocks of a solution, shown, judged and edited by hand."""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mle_star.cli.hand import named, on_bench
from mle_star.cli.launch import program
from mle_star.cli.sought import sought
from mle_star.errors import EXIT_GATE, UsageError
from mle_star.eventlog import read_log
from mle_star.files import to_json
from mle_star.report.words import number, p_value, signed, spread
from mle_star.types import Role

if TYPE_CHECKING:
    from mle_star.bench.block import Verdict


def show(values: dict[str, Any]) -> int:
    """Print the code of a solution, or of one of its blocks."""
    from mle_star.bench.standing import Standing
    from mle_star.solution.solution import render

    found = sought(values["session"])
    standing = Standing(read_log(found.log))
    judged = standing.judged(values["solution"])
    solution, asked = standing.solution(judged), values["role"]
    blocks = [block for block in solution.blocks if asked in (None, block.role)]
    if not blocks:
        roles = ", ".join(block.role for block in solution.blocks)
        raise UsageError(f"{solution.name} has no {asked} block", f"its blocks are {roles}")
    if not values["json"]:
        click.echo(blocks[0].source if asked else render(solution), nl=bool(asked))
        return 0
    told = {
        "session_folder": str(found.folder.resolve()),
        "digest": solution.digest,
        "name": solution.name,
        "score": judged.score,
        "spread": judged.spread,
        "folds": judged.folds,
        "parent": solution.parent,
        "changed": str(solution.changed or ""),
        "origin": solution.origin,
        "blocks": [
            {
                "id": block.digest,
                "role": str(block.role),
                "recipe": block.recipe,
                "foreign": block.foreign,
                "source": block.source,
            }
            for block in blocks
        ],
    }
    click.echo(to_json(told, indent=True).decode())
    return 0


def judge(values: dict[str, Any]) -> int:
    """Judge a block in place of another."""
    return _judge(values, keep=False)


def edit(values: dict[str, Any]) -> int:
    """Judge a block in place of another, and keep it if it is accepted."""
    return _judge(values, keep=True)


def _judge(values: dict[str, Any], *, keep: bool) -> int:
    source = _source(values["code"])
    with on_bench(values) as bench:
        from mle_star.bench.block import judge_block

        verdict = judge_block(
            bench,
            Role(values["role"]),
            source,
            why=values["why"] or "",
            start=values["solution"],
            keep=keep,
        )
        folder = bench.folder.root
    if values["json"]:
        click.echo(to_json(asdict(verdict), indent=True).decode())
    else:
        _show(verdict, keep=keep)
        if verdict.in_place:
            command = f"{program().engine} validate {named(folder)} --ship"
            click.echo(f"it is the session's best now; to ship it: {command}", err=True)
    return EXIT_GATE if keep and not verdict.in_place else 0


def _source(code: str) -> str:
    """The code of a file, or of standard input."""
    if code == "-":
        return sys.stdin.read()
    try:
        return Path(code).expanduser().read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is no UTF-8 text"
        raise UsageError(
            f"--code {code}: {why}", "name a Python file, or - for standard input"
        ) from error


def _show(verdict: Verdict, *, keep: bool) -> None:
    word = (
        "accepted" if verdict.in_place else "would be accepted" if verdict.accepted else "refused"
    )
    click.echo(f"{word}: {verdict.reason}")
    click.echo(f"  start  {number(verdict.start_score)}  {verdict.start[:8]} {verdict.start_name}")
    if verdict.score is not None:
        told = spread(verdict.score, verdict.spread)
        click.echo(f"  now    {told}  {verdict.digest[:8]} {verdict.name}")
        interval = f"{signed(verdict.low)} to {signed(verdict.high)}"
        chance = p_value(verdict.p_value)
        click.echo(f"  gain   {signed(verdict.gain)} (95 %: {interval}, p = {chance})")
    if verdict.accepted and not keep:
        click.echo("  nothing is changed; to keep it: block edit, with the same words")
