"""What language models bring to the beginning: techniques from the web, candidates written by them.

What the web gave is remembered by the store, and used again for data of the same shape and metric
while it is not too old.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from pydantic import ValidationError

from mle_star.agents.language import author, research
from mle_star.agents.language.answers import Finding
from mle_star.errors import UnavailableError
from mle_star.events import Noted, WebFound
from mle_star.phases.context import Context
from mle_star.recipes.catalogue import standard
from mle_star.session.notes import shape_of
from mle_star.session.past import past_sessions, records_of
from mle_star.types import Role
from mle_star_memory.fingerprint import fingerprint

if TYPE_CHECKING:
    from mle_star.judge.evaluation import Evaluation
    from mle_star.session.session import Session
    from mle_star.solution.solution import Solution
    from mle_star_memory.store import Record

MOST_DAYS = 30.0
"""Age in days beyond which a find of an earlier session is looked for anew."""

_DAY = 86_400.0


def search_web(session: Session, context: Context, rounds: int) -> list[Finding]:
    """Search the web, or take what earlier sessions found there.

    Parameters
    ----------
    session : Session
        Its settings say what is blocked.
    context : Context
        Every find is emitted as an event, and so is why there is none.
    rounds : int
        How many rounds to search.
    """
    team, blocked = context.team, session.settings.search_block
    assert team is not None
    known = context.once("web finds of earlier sessions", lambda: _remembered(session, context))
    found: list[Finding] = []
    for content, days in known:
        if not research.is_blocked(content["url"], blocked):
            found.append(Finding(**content))
            _tell(context, found[-1], 0, days)
    if found:
        context.emit(Noted("info", f"{len(found)} techniques of earlier searches are used again"))
        return found
    for number in range(1, rounds + 1):
        done = research.search(team, number, found, blocked)
        if done.failure:
            _without_web(session, context, done.failure)
            break
        if done.dropped:
            context.emit(Noted("info", f"{done.dropped} finds left out: their pages are blocked"))
        for finding in done.findings:
            _tell(context, finding, number, 0.0)
        if recalled := sum(not finding.url for finding in done.findings):
            message = f"{recalled} techniques are from the model's memory: no page of them was read"
            context.emit(Noted("info", message))
        found += done.findings
        if not done.findings:
            break
    return found


def written(context: Context, findings: Sequence[Finding]) -> list[Solution]:
    """Candidates written from the models among the finds; what was refused is told."""
    team = context.team
    assert team is not None
    chosen = [finding for finding in findings if finding.role == "model"][: author.MOST]
    if not chosen:
        return []
    base = _base(context)
    solutions: dict[str, Solution] = {}
    for finding, one in zip(chosen, author.write(team, chosen, base, context.columns), strict=True):
        if one.solution is None:
            context.emit(Noted("info", f"no candidate from {finding.name}: {one.refusal}"))
        else:
            solutions.setdefault(one.solution.digest, one.solution)
    return list(solutions.values())


def debugged(context: Context, failed: Evaluation, number: int) -> Solution | None:
    """A candidate of the agents in place of one whose code raised; None: it is given up."""
    if context.team is None or not failed.solution.is_foreign:
        return None
    one = author.debug(context.team, failed.solution, failed.failure, _base(context), number)
    if one.solution is None:
        context.emit(Noted("info", f"{failed.solution.name} is given up: {one.refusal}"))
    return one.solution


def _base(context: Context) -> Solution:
    """The usual solution around the likeliest model: cells not written come from it."""
    models = [one for one in context.recipes.values() if one.role is Role.MODEL]
    likely = max(models, key=lambda one: one.applies(context.facts))
    return standard(likely, context.facts, context.recipes)


def _tell(context: Context, finding: Finding, number: int, days: float) -> None:
    context.emit(WebFound(**finding.model_dump(), round=number, age_days=days))


def _without_web(session: Session, context: Context, failure: str) -> None:
    """The knowledge base answers then; only a client that is not logged in ends the run."""
    from mle_star.agents.ask.claude import NOT_LOGGED_IN

    if failure.startswith(NOT_LOGGED_IN):
        raise UnavailableError(
            f"the Claude client cannot answer: {failure}",
            "log in with: claude /login; or run with --no-claude",
        )
    context.emit(Noted("warning", f"the web was not searched, the knowledge base is: {failure}"))


def _remembered(session: Session, context: Context) -> list[tuple[dict[str, str], float]]:
    """Finds of the newest session with data of this shape and this metric, with their age."""
    settings, now = session.settings, time.time()
    assert session.prepared is not None
    profile = session.prepared.profile
    shape = shape_of(profile.rows, len(profile.columns), profile.to_json())
    wanted = fingerprint(context.task.kind, *shape), context.judge.metric.name
    for past in past_sessions(settings.memory):
        if (past.fingerprint, past.metric) != wanted:
            continue
        found = []
        for record in records_of(settings.memory, past.id, "search"):
            one = _found_then(record, now)
            if one is not None and one[1] <= MOST_DAYS:
                found.append(one)
        if found:
            return found
    return []


def _found_then(record: Record, now: float) -> tuple[dict[str, str], float] | None:
    """A find on record and its age: what it had when it was told, and the time since."""
    if not isinstance(record.content, dict):
        return None
    try:
        told = {name: record.content.get(name) for name in Finding.model_fields}
        age = float(record.content.get("age_days", 0.0))
        return Finding.model_validate(told).model_dump(), age + (now - record.time) / _DAY
    except (ValidationError, ValueError, TypeError):
        return None
