"""The ml-researcher's search of the web: queries from the task, techniques with their addresses."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import unquote

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

_SCHEME = re.compile(r"^(?:[a-z][a-z0-9+.-]*:)?//")
_END_OF_HOST = re.compile(r"(?=[/?#\\])")
_PORT = re.compile(r":\d*$")


@dataclass(frozen=True, slots=True)
class Research:
    """What one round found.

    Parameters
    ----------
    findings : tuple of Finding, default ()
        None of a blocked page, none known before.
    dropped : int, default 0
        Findings left out because their page is blocked.
    failure : str, default ""
        Why there is no answer.
    """

    findings: tuple[Finding, ...] = ()
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
    seen = {_key(finding) for finding in known}
    pages = {url for _, url in asked.answer.sources}
    kept, dropped = [], 0
    for finding in asked.value.findings[:A_ROUND]:
        if is_blocked(finding.url, blocked):
            dropped += 1
        elif _key(finding) not in seen:
            seen.add(_key(finding))
            kept.append(finding if finding.url in pages else finding.model_copy(update=NOT_READ))
    return Research(tuple(kept), dropped)


def _key(finding: Finding) -> str:
    return " ".join(finding.name.lower().split())


def is_blocked(url: str, blocked: Sequence[str]) -> bool:
    """Whether an address is of a blocked host, or holds a blocked path or word.

    Parameters
    ----------
    url : str
        The address, as somebody wrote it.
    blocked : sequence of str
        Hosts, with all below them (``kaggle.com``); paths, of a host or of any
        (``kaggle.com/c/titanic``, ``/titanic``); words (``titanic``). Neither case, port, scheme
        nor the way in which letters are written matters.
    """
    host, rest = _parts(url)
    return any(_names(one.strip(), host, rest) for one in blocked if one.strip())


def _names(entry: str, host: str, rest: str) -> bool:
    """Whether what is blocked names an address."""
    if "." not in entry and "/" not in entry:
        return entry.lower() in host + rest
    its_host, its_rest = _parts(entry)
    its_host = its_host.removeprefix("www.")
    within = not its_host or host == its_host or host.endswith(f".{its_host}")
    return within and its_rest.rstrip("/") in rest


def _parts(url: str) -> tuple[str, str]:
    """The host of an address, and what comes after it; whatever the address is."""
    host, *rest = _END_OF_HOST.split(_SCHEME.sub("", unquote(url).strip().lower()), maxsplit=1)
    return _PORT.sub("", host.rpartition("@")[2]).rstrip("."), "".join(rest)
