"""``mle-star sessions``: past runs from the store."""

from __future__ import annotations

import sqlite3
from dataclasses import asdict
from datetime import datetime
from typing import Any

import click

from mle_star.errors import StateError
from mle_star.files import to_json
from mle_star.report.words import number
from mle_star_memory.location import database
from mle_star_memory.store import Session, Store


def execute(values: dict[str, Any]) -> int:
    """List past runs, newest first."""
    found = _sessions()
    if values["json"]:
        click.echo(to_json([asdict(session) for session in found], indent=True).decode())
    elif not found:
        click.echo("no sessions yet", err=True)
    else:
        _show(found)
    return 0


def _sessions() -> list[Session]:
    path = database()
    if not path.exists():
        return []
    try:
        with Store(path) as store:
            return store.sessions()
    except (sqlite3.Error, OSError) as error:
        raise StateError(
            f"cannot read the store {path}: {error}", "move the file away to begin anew"
        ) from error


def _show(found: list[Session]) -> None:
    from rich.console import Console
    from rich.text import Text

    from mle_star.report.render import table

    rows = tuple(
        (
            datetime.fromtimestamp(session.started).strftime("%Y-%m-%d %H:%M"),
            session.name,
            session.status,
            session.metric,
            number(session.best_score),
            session.folder,
        )
        for session in found
    )
    headers = ("started", "name", "status", "metric", "score>", "folder")
    console = Console(highlight=False)
    if not console.is_terminal:
        for row in rows:
            console.print(Text("\t".join(row)), soft_wrap=True)
    else:
        console.print(table(headers, rows))
