"""``mle-star sessions`` and ``mle-star memory list``: past runs from the store."""

from __future__ import annotations

from dataclasses import asdict, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from mle_star.cli.memory import limit_of, remembered
from mle_star.commands import SESSIONS
from mle_star.files import to_json
from mle_star.report.words import number
from mle_star.session.ending import INTERRUPTED
from mle_star.session.lock import holder
from mle_star_memory.store import RUNNING, Session


def execute(values: dict[str, Any]) -> int:
    """List past runs, newest first."""
    limit = limit_of(SESSIONS, values)
    with remembered(values["memory"]) as store:
        found = [_as_it_is(session) for session in store.sessions(limit)] if store else []
    if values["json"]:
        click.echo(to_json([asdict(session) for session in found], indent=True).decode())
    elif not found:
        click.echo("no sessions yet", err=True)
    else:
        _show(found)
    return 0


def _as_it_is(session: Session) -> Session:
    """A run that was killed could not tell the store of its end."""
    if session.status != RUNNING or holder(Path(session.folder)) is not None:
        return session
    return replace(session, status=INTERRUPTED)


def _show(found: list[Session]) -> None:
    from rich.console import Console

    from mle_star.report.render import table

    rows = tuple(
        (
            datetime.fromtimestamp(session.started).strftime("%Y-%m-%d %H:%M"),
            session.id,
            session.name,
            session.status,
            session.metric,
            number(session.best_score),
            session.folder,
        )
        for session in found
    )
    headers = ("started", "id", "name", "status", "metric", "score>", "folder")
    console = Console(highlight=False)
    if console.is_terminal:
        console.print(table(headers, rows))
    else:
        click.echo("\n".join("\t".join(row) for row in rows))
