"""``mle-star explain``: what a run judged and measured, and what was done with it by hand."""

from __future__ import annotations

from typing import Any

import click

from mle_star.bench.standing import Standing
from mle_star.cli.follow import Watched
from mle_star.cli.memory import limit_of
from mle_star.cli.sought import sought
from mle_star.commands import EXPLAIN
from mle_star.errors import UsageError
from mle_star.eventlog import read_log
from mle_star.files import to_json
from mle_star.report.gains import gains_of
from mle_star.report.result import Result, fold
from mle_star.report.sections import Section, ablation, by_hand, gains
from mle_star.report.words import spread, took

_SHOWN = (
    "digest", "name", "score", "spread", "folds", "rows", "seconds", "parent", "changed", "origin",
)  # fmt: skip


def execute(values: dict[str, Any]) -> int:
    """Show leaderboard, gains, ablation and work by hand of a session, also while it runs."""
    limit = limit_of(EXPLAIN, values)
    watched = Watched(sought(values["session"]))
    watched.refresh()
    history = read_log(watched.found.log)
    result = fold(line.event for line in history.standing)
    best = _best(Standing(history))
    if values["json"]:
        click.echo(to_json(explained(watched, result, best, limit), indent=True).decode())
        return 0
    from mle_star.cli.remembered import console
    from mle_star.report.render import show

    board = _section(result, best, limit)
    told = board, gains(result), ablation(result), by_hand(result)
    found = [one for one in told if one.rows]
    if not found:
        click.echo("nothing is judged yet", err=True)
    show(found, console())
    return 0


def explained(watched: Watched, result: Result, best: str, limit: int) -> dict[str, Any]:
    """The same as plain values.

    Parameters
    ----------
    watched : Watched
        The session.
    result : Result
        What its log says.
    best : str
        Digest of the best solution; empty if there is none yet.
    limit : int
        Lines of the leaderboard.
    """
    progress = watched.progress
    board = result.leaderboard()
    places = [
        {"place": place, "is_best": one["digest"] == best} | {name: one[name] for name in _SHOWN}
        for place, one in enumerate(board[:limit], start=1)
    ]
    return {
        "session": progress.session,
        "name": progress.name,
        "folder": str(watched.found.folder.resolve()),
        "state": watched.state,
        "metric": progress.task.get("metric"),
        "greater_is_better": result.greater_is_better,
        "best": best,
        "judged": len(board),
        "leaderboard": places,
        "gains": gains_of(result),
        "ablation": result.ablation,
        "parts": result.parts,
        "refinement": result.refinement,
        "by_hand": result.by_hand,
    }


def _best(standing: Standing) -> str:
    try:
        return standing.best.digest
    except UsageError:
        return ""


def _section(result: Result, best: str, limit: int) -> Section:
    board = result.leaderboard()
    rows = tuple(
        (
            str(place),
            one["digest"][:8],
            one["name"],
            spread(one["score"], one["spread"]),
            str(len(one["folds"])),
            took(one["seconds"]),
            "best" if one["digest"] == best else "",
        )
        for place, one in enumerate(board[:limit], start=1)
    )
    more = f" (first {len(rows)} of {len(board)})" if len(board) > len(rows) else ""
    headers = ("#>", "digest", "candidate", "score ± spread>", "folds>", "time>", "")
    return Section(f"Leaderboard{more}", headers=headers, rows=rows)
