"""What language models were asked, what it cost, and what it gained."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mle_star.report.result import Result

PROPOSERS = {"recipe": "built-in", "agent": "language models"}


def agents_of(result: Result) -> dict[str, Any] | None:
    """Calls, money and tokens by agent and by phase, and gains by proposer; None without any.

    Parameters
    ----------
    result : Result
        Facts of a run.
    """
    answers = result.answers
    if not answers:
        return None
    return {
        "total": _total(answers),
        "by_agent": _by(answers, lambda one: one["agent"]),
        "by_phase": _by(answers, lambda one: one["phase"]),
        "refinement": _refinement(result),
        "sources": _sources(result),
    }


def _by(
    answers: Sequence[dict[str, Any]], key: Callable[[dict[str, Any]], str]
) -> dict[str, dict[str, Any]]:
    names = dict.fromkeys(key(one) for one in answers)
    return {name: _total([one for one in answers if key(one) == name]) for name in names}


def _total(answers: Sequence[dict[str, Any]]) -> dict[str, Any]:
    made = [one for one in answers if one["attempts"]]
    costs = [one["cost"] for one in made if one["cost"] is not None]
    return {
        "calls": len(made),
        "failed": sum(bool(one["failure"]) for one in made),
        "not_made": len(answers) - len(made),
        "dollars": sum(costs) if costs else None,
        "dollars_unknown": len(made) - len(costs),
        "input_tokens": sum(one["input_tokens"] for one in made),
        "output_tokens": sum(one["output_tokens"] for one in made),
        "tokens_of_turns": round(sum(_of_turns(one) for one in made)),
        "seconds": sum(one["seconds"] for one in made),
        "largest_prompt_bytes": max((one["prompt_bytes"] for one in answers), default=0),
    }


def _of_turns(one: dict[str, Any]) -> float:
    """Input tokens that the earlier turns of a conversation took: their share of its bytes."""
    return float(one["input_tokens"] * one["turns_bytes"] / max(1, one["prompt_bytes"]))


def _refinement(result: Result) -> dict[str, dict[str, Any]]:
    """Tries and gains of the built-in agent and of language models; gain per dollar of these.

    Where a call's cost is not known, neither is the gain per dollar.
    """
    found, gained = {}, _gained(result.refinement)
    spent = _total([one for one in result.answers if one["phase"] == "refinement"])
    known = None if spent["dollars_unknown"] else spent["dollars"]
    for proposer, name in PROPOSERS.items():
        mine = [one for one in result.refinement if one["proposer"] == proposer]
        dollars = known if proposer == "agent" else None
        found[name] = {
            "judged": sum(bool(one["digest"]) for one in mine),
            "refused": sum(not one["digest"] for one in mine),
            "accepted": sum(one["accepted"] for one in mine),
            "gained": gained[proposer],
            "gained_per_dollar": gained[proposer] / dollars if dollars else None,
        }
    return found


def _gained(tries: Sequence[dict[str, Any]]) -> defaultdict[str, float]:
    """What accepted tries added, by proposer.

    The tries of a step are all held against its start: one that is accepted after another adds
    only what it is better by.
    """
    gained, stands = defaultdict[str, float](float), dict[tuple[int, str], float]()
    for one in tries:
        if one["accepted"] and one["gain"] is not None:
            step = one["step"], one["role"]
            before = stands.get(step, 0.0)
            stands[step] = max(before, one["gain"])
            gained[one["proposer"]] += stands[step] - before
    return gained


def _sources(result: Result) -> list[list[str]]:
    """Title and address of every page, each once."""
    pages = {url: title for one in result.answers for title, url in one["sources"]}
    pages |= {
        one["url"]: one["name"] for one in result.web if one["url"] and one["url"] not in pages
    }
    return [[title, url] for url, title in pages.items()]
