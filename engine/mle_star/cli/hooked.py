"""The hooks of a run: found, told of before anything else, and asked whether it may begin."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace
from pathlib import Path

import click

from mle_star.events import Event, Noted
from mle_star.hooks import RUN
from mle_star.lifecycle import claude_flow
from mle_star.lifecycle.find import Found, find, is_in_hook
from mle_star.lifecycle.hook import Hook
from mle_star.session.settings import Settings


@dataclass(frozen=True, slots=True)
class Permit:
    """What a run begins with after its hooks were asked.

    Parameters
    ----------
    session : str
        The id that it has.
    hooks : tuple of Hook
        Those that are called on its way.
    before : tuple of Event
        What came up before there was a log.
    """

    session: str
    hooks: tuple[Hook, ...]
    before: tuple[Event, ...]


def hooks_of(settings: Settings) -> Found:
    """The hooks that a run calls: the user's, the project's, claude-flow's; none within a hook.

    Parameters
    ----------
    settings : Settings
        Of the run.
    """
    if settings.no_hooks or is_in_hook():
        return Found((), ())
    found = find()
    more = claude_flow.hooks() if settings.claude_flow_hooks else []
    return replace(found, hooks=(*found.hooks, *more))


def permit(settings: Settings, session: str | None = None) -> Permit:
    """Tell which hooks a new run will call, and call those before it.

    Parameters
    ----------
    settings : Settings
        Of the run.
    session : str or None, default None
        Its id, if it has one already.

    Raises
    ------
    UsageError
        If a hook refuses the run.
    """
    identity = session or uuid.uuid4().hex[:12]
    found = hooks_of(settings)
    if not found.hooks and not found.problems:
        return Permit(identity, (), ())
    from mle_star.session.life import permitted

    tell(found, settings)
    before: list[Event] = [Noted("warning", f"no hook: {said}") for said in found.problems]
    if found.hooks:
        before.append(Noted("info", f"hooks of this run: {', '.join(map(_told, found.hooks))}"))
    before += permitted(found.hooks, settings, identity, str(Path.cwd()))
    return Permit(identity, found.hooks, tuple(before))


def tell(found: Found, settings: Settings) -> None:
    """Say which hooks will be called, on standard error.

    Parameters
    ----------
    found : Found
        The hooks.
    settings : Settings
        Of the run; a quiet one says nothing.
    """
    if settings.quiet:
        return
    if found.hooks:
        names = ", ".join(map(_told, found.hooks))
        click.echo(f"mle-star: hooks of this run: {names}; --no-hooks runs none", err=True)
    for said in found.problems:
        click.echo(f"mle-star: no hook: {said}", err=True)


def _told(hook: Hook) -> str:
    of = "" if hook.of == RUN else f" of {hook.of}"
    return f"{hook.name} ({hook.event}{of}, {hook.source})"
