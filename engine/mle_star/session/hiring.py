"""The language models of a session: what answers, what keeps the caps, and who asks for what."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from mle_star.agents.ask.request import Backend, Limits
from mle_star.agents.mixed import MixedAgent, Spent
from mle_star.errors import UsageError
from mle_star.judge.cage.cage import find_cage
from mle_star.session.settings import Settings

if TYPE_CHECKING:
    from mle_star.agents.language.team import Team
    from mle_star.data.prepare import Prepared
    from mle_star.phases.context import Context
    from mle_star.session.session import Session

REFINEMENT = "refinement"

SECONDS = "MLE_STAR_AGENT_SECONDS"
"""Environment variable: seconds that one call to a language model may take, silence included."""


def backend_of(settings: Settings) -> Backend | None:
    """What answers in a session; None where the built-in agent is alone.

    Raises
    ------
    UsageError
        If the option that names it cannot be read.
    """
    if not settings.agents:
        return None
    if settings.agents == "replay":
        from mle_star.agents.ask.record import ReplayBackend

        assert settings.replay is not None
        return ReplayBackend(settings.replay)
    if settings.agents == "claude":
        from mle_star.agents.ask.claude import ClaudeBackend

        return ClaudeBackend(model=settings.claude_model)
    from mle_star.agents.ask.openai import parse_backend

    return parse_backend(settings.agents)


def limits_of(environ: Mapping[str, str] = os.environ) -> Limits:
    """What one call may take: a small model on this machine may need longer than the usual.

    Parameters
    ----------
    environ : mapping of str to str, default os.environ
        Where :data:`SECONDS` is looked for.

    Raises
    ------
    UsageError
        If it is no number of seconds.
    """
    given = environ.get(SECONDS)
    if not given:
        return Limits()
    try:
        seconds = float(given)
    except ValueError:
        seconds = math.nan
    if not 0 < seconds < math.inf:
        raise UsageError(f"{SECONDS} is {given!r}", "give a number of seconds, such as 600")
    return Limits(seconds=seconds, idle_seconds=seconds)


def check(settings: Settings) -> None:
    """See, before anything begins, that language models and a sandbox can be had.

    Raises
    ------
    UsageError
        If the option that names the back end, or what limits a call, cannot be read.
    UnavailableError
        If what should answer is not there.
    SandboxError
        If no sandbox holds on this machine and running without one was not allowed.
    """
    backend = backend_of(settings)
    if backend is not None:
        limits_of()
        backend.check()
        find_cage(allow_unsandboxed=settings.allow_unsandboxed)


def hire(session: Session, context: Context, prepared: Prepared) -> None:
    """Let language models take part in a session, if that was asked for."""
    settings = session.settings
    backend = backend_of(settings)
    if backend is None:
        return
    from mle_star.agents.language.editor import Editor

    context.cage = find_cage(allow_unsandboxed=settings.allow_unsandboxed)
    session.pool.guard(context.cage)
    context.team = _team(session, context, prepared, backend)
    context.editor = Editor(context.team)
    context.agent = MixedAgent(
        context.agent,
        context.editor,
        _spent(context.team),
        counts_time=not session.budget.counts_evaluations,
    )


def _team(session: Session, context: Context, prepared: Prepared, backend: Backend) -> Team:
    from mle_star.agents.ask.asker import Asker
    from mle_star.agents.ask.record import Record
    from mle_star.agents.ask.spend import Spend
    from mle_star.agents.definitions import load_definitions
    from mle_star.agents.language.brief import brief_of
    from mle_star.agents.language.team import Team

    settings = session.settings
    spend = Spend(settings.max_cost, settings.max_tokens)
    record = Record(session.folder.answers, copy=settings.record)
    session.asker = Asker(backend, spend, record, settings.max_agents)
    shared = prepared.table.head(settings.share_rows) if settings.share_rows else None
    return Team(
        session.asker,
        load_definitions(),
        brief_of(_task(context, prepared), prepared.table, prepared.columns, shared=shared),
        session.journal,
        chaining=settings.chaining,
        before=session.before,
        limits=limits_of(),
        seconds_left=session.budget.left,
    )


def _task(context: Context, prepared: Prepared) -> dict[str, object]:
    task, metric = context.task, context.judge.metric
    return {
        "kind": str(task.kind),
        "targets": [output.original for output in task.outputs],
        "classes": [len(output.classes) for output in task.outputs],
        "rarest_class": round(context.facts.minority, 4),
        "metric": metric.name,
        "better": "higher" if metric.greater_is_better else "lower",
        "ordered_in_time": context.facts.ordered_in_time,
        "grouped": context.facts.grouped,
        "folds": len(context.judge.splits.folds),
    }


def _spent(team: Team) -> Callable[[], Spent]:
    def spent() -> Spent:
        return Spent(*team.spent(REFINEMENT))

    return spent
