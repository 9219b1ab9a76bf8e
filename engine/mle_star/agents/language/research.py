"""The ml-researcher's search of the web: queries from the task, techniques with their addresses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from mle_star.agents.language.answers import Finding, Findings
from mle_star.agents.language.team import Question, Team

AGENT = "ml-researcher"
NOT_READ = {"url": ""}
"""Of a finding whose page no search gave: it is the model's memory, and says so by having none."""

A_ROUND = 4
"""Techniques asked for in a round (four in the paper)."""

_ASK = """Round {number} of the search. Use WebSearch with queries made from the task above, then
return up to {most} techniques that are likely to do well on it: models first, then features,
cleaning, training and calibration. For each: name, role of the block, a summary, short example
code, and the address of the page where you read it. Give the queries that you made.
{known}{blocked}"""


@dataclass(frozen=True, slots=True)
class Research:
    """What one round found.

    Parameters
    ----------
    findings : tuple of Finding, default ()
        None of a blocked page, none known before.
    queries : tuple of str, default ()
        As the agent says.
    pages : tuple of (str, str), default ()
        Title and address of all pages that the client's search gave.
    dropped : int, default 0
        Findings left out because their page is blocked.
    failure : str, default ""
        Why there is no answer.
    """

    findings: tuple[Finding, ...] = ()
    queries: tuple[str, ...] = ()
    pages: tuple[tuple[str, str], ...] = ()
    dropped: int = 0
    failure: str = ""


def search(team: Team, number: int, known: Sequence[Finding], blocked: Sequence[str]) -> Research:
    """Search once.

    Parameters
    ----------
    team : Team
        Who searches.
    number : int
        Of the round, from 1.
    known : sequence of Finding
        Of the rounds before: not wanted again.
    blocked : sequence of str
        Addresses, or parts of them, that nothing may come from.
    """
    names = ", ".join(finding.name for finding in known)
    text = _ASK.format(
        number=number,
        most=A_ROUND,
        known=f"Known already, find others: {names}.\n" if names else "",
        blocked=f"Never open or use pages of: {', '.join(blocked)}.\n" if blocked else "",
    )
    asked = team.ask(
        Question(AGENT, f"search round {number}", text, ("WebSearch",)), Findings, "search"
    )
    if asked.value is None:
        return Research(failure=asked.failure)
    seen = {finding.name.lower() for finding in known}
    pages = {url for _, url in asked.answer.sources}
    kept, dropped = [], 0
    for finding in asked.value.findings[:A_ROUND]:
        if is_blocked(finding.url, blocked):
            dropped += 1
        elif finding.name.lower() not in seen:
            seen.add(finding.name.lower())
            kept.append(finding if finding.url in pages else finding.model_copy(update=NOT_READ))
    return Research(tuple(kept), tuple(asked.value.queries), asked.answer.sources, dropped)


def is_blocked(url: str, blocked: Sequence[str]) -> bool:
    """Whether an address is of a blocked host, or holds a blocked path or word."""
    address = url.lower().strip()
    host = urlsplit(address if "//" in address else f"//{address}").hostname or ""
    wanted = [one.lower().strip().split("://")[-1].rstrip("/") for one in blocked]
    return any(
        one in address if "/" in one or "." not in one else host == one or host.endswith(f".{one}")
        for one in wanted
        if one
    )
