"""``mle-star memory``: ask about past runs, from any process, also while one goes on."""

from __future__ import annotations

import contextlib
import hashlib
import time
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import click

from mle_star import commands, config
from mle_star.errors import StateError, UsageError
from mle_star.files import to_json
from mle_star.memory_options import NOTES
from mle_star_memory.export import document, stage_of
from mle_star_memory.identify import UnknownSessionError, identify
from mle_star_memory.location import memory_path
from mle_star_memory.opening import open_store
from mle_star_memory.store import Match, Record, Session, Store, StoreError

_NO_SESSIONS = "there is no session yet"


def query(values: dict[str, Any]) -> int:
    """Look for words in all that is remembered."""
    with remembered(values["memory"]) as store:
        found = _found(store, values) if store else []
    if values["json"]:
        rows = [{"session": m.session, "name": m.name, **_plain(m.record)} for m in found]
        click.echo(to_json(rows, indent=True).decode())
    elif not found:
        click.echo("nothing found", err=True)
    else:
        _show_matches(found)
    return 0


def show(values: dict[str, Any]) -> int:
    """Print all that is remembered of a session, by kind."""
    session, records = _all_of(values)
    if values["json"]:
        told = {**vars(session), "records": [_plain(record) for record in records]}
        click.echo(to_json(told, indent=True).decode())
    else:
        _show_session(session, records)
    return 0


def export(values: dict[str, Any]) -> int:
    """Print a session as ``mle-star-session`` JSON."""
    click.echo(to_json(document(*_all_of(values)), indent=True).decode())
    return 0


def store(values: dict[str, Any]) -> int:
    """Remember a lesson or a finding; the same text about the same session is kept once."""
    text, kind = " ".join(values["text"]).strip(), values["kind"] or NOTES[0]
    if not text:
        raise UsageError("there is nothing to remember", "give it some text")
    with remembered(values["memory"]) as known:
        if known is None:
            raise UnknownSessionError(_NO_SESSIONS)
        session = identify(known, values["session"])
        key = hashlib.sha256(text.encode()).hexdigest()[:12]
        known.add_records(session.id, [Record(kind, key, {"text": text}, time.time(), text)])
    if values["json"]:
        told = {"session": session.id, "name": session.name, "kind": kind, "text": text}
        click.echo(to_json(told, indent=True).decode())
    else:
        click.echo(f"remembered as a {kind} of {session.name} ({session.id})", err=True)
    return 0


@contextlib.contextmanager
def remembered(asked: str | None) -> Iterator[Store | None]:
    """The store that ``--memory`` names, open; None if nothing was ever remembered in it.

    Parameters
    ----------
    asked : str or None
        The option's value.

    Raises
    ------
    UsageError
        If there is no such store, or no such session in it.
    StateError
        If it cannot be read.
    """
    try:
        path = memory_path(asked)
    except ValueError as error:
        raise UsageError(f"--memory: {error}", "name a file") from error
    if path is None:
        raise UsageError("--memory none leaves nothing to ask", "name the file of a store")
    try:
        if path.exists():
            with open_store(path) as store:
                yield store
        elif asked is None:
            yield None
        else:
            raise UsageError(f"--memory {path}: no such file", "name the file of a store")
    except UnknownSessionError as error:
        raise UsageError(str(error), "list them with: mle-star sessions") from error
    except StoreError as error:
        raise StateError(
            f"cannot read the store {path}: {error}",
            "move the file away to begin anew, or name another one with --memory",
        ) from error


def limit_of(command: str, values: dict[str, Any]) -> int:
    """The value of ``--limit``, or its default."""
    option = next(o for o in config.options_of(command) if o.name == "limit")
    limit = option.default if values["limit"] is None else values["limit"]
    assert isinstance(limit, int)
    if limit < (option.minimum or 0):
        raise UsageError(f"--limit got {limit}", f"give at least {option.minimum}")
    return limit


def _found(store: Store, values: dict[str, Any]) -> list[Match]:
    asked = values["session"]
    session = None if asked is None else identify(store, asked).id
    limit = limit_of(commands.QUERY, values)
    return store.query(" ".join(values["text"]), values["kind"], session, limit)


def _all_of(values: dict[str, Any]) -> tuple[Session, list[Record]]:
    with remembered(values["memory"]) as store:
        if store is None:
            raise UnknownSessionError(_NO_SESSIONS)
        session = identify(store, values["session"])
        return session, store.records(session.id)


def _plain(record: Record) -> dict[str, Any]:
    told = {"kind": record.kind, "key": record.key, "time": record.time}
    return {**told, "content": record.content}


def _show_matches(found: list[Match]) -> None:
    from rich.text import Text

    from mle_star.cli.remembered import console, line

    page = console()
    for match in found:
        page.print(
            Text.assemble(
                (f"{_when(match.record.time)}  {match.name}", "bold"),
                f"  {match.session}  {match.record.kind}",
            ),
            soft_wrap=True,
        )
        page.print(Text(f"    {line(match.record)}"), soft_wrap=True)


def _show_session(session: Session, records: list[Record]) -> None:
    from mle_star.cli.remembered import console, sections
    from mle_star.report.render import show as show_sections
    from mle_star.report.sections import Section
    from mle_star.report.words import number

    facts = (
        ("Id", session.id),
        ("Status", session.status),
        ("Stage", f"{stage_of(session)}{session.stage and f': {session.stage}'}"),
        ("Started", _when(session.started)),
        ("Finished", "-" if session.finished is None else _when(session.finished)),
        ("Data", f"{session.dataset}, predicts {session.target}"),
        ("Task", f"{session.task or '-'}, fingerprint {session.fingerprint or '-'}"),
        ("Score", f"{session.metric or '-'} {number(session.best_score)}"),
        ("Folder", session.folder),
    )
    first = Section(session.name, headers=("", ""), rows=facts)
    show_sections([first, *sections(records)], console())


def _when(time: float) -> str:
    return datetime.fromtimestamp(time).strftime("%Y-%m-%d %H:%M")
