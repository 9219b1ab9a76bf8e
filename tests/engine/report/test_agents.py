"""What language models cost and what they were good for, as the report says it."""

from __future__ import annotations

from typing import Any

import pytest

from mle_star import events as e
from mle_star.report.agents import agents_of
from mle_star.report.result import fold
from mle_star.report.sections import _agents


def answered(
    agent: str = "model-optimizer", phase: str = "refinement", **other: Any
) -> e.AgentAnswered:
    given: dict[str, Any] = {
        "agent": agent,
        "step": "step 1",
        "phase": phase,
        "prompt_bytes": 1000,
        "turns": 0,
        "turns_bytes": 0,
        "input_tokens": 100,
        "output_tokens": 10,
        "cost": 0.25,
        "seconds": 2.0,
        "attempts": 1,
        "failure": "",
        "sources": [],
        "model": "m",
        "from_record": False,
    }
    return e.AgentAnswered(**(given | other))


NOT_MADE: dict[str, Any] = {
    "attempts": 0,
    "cost": 0.0,
    "failure": "the cap of $1.00 is reached",
    "input_tokens": 0,
    "output_tokens": 0,
    "seconds": 0.0,
}


def tried(
    gain: float | None,
    proposer: str = "agent",
    step: int = 1,
    accepted: bool | None = None,
    role: str = "features",
) -> e.ProposalJudged:
    digest = "" if gain is None else "digest"
    taken = (gain or 0) > 0 if accepted is None else accepted
    score = None if gain is None else 0.8 + gain
    return e.ProposalJudged(step, 1, role, "plan", digest, score, gain, 0.01, taken, "", proposer)


def found(*events: e.Event) -> dict[str, Any]:
    told = agents_of(fold(events))
    assert told is not None
    return told


def lines(*events: e.Event) -> list[str]:
    return list(_agents(fold(events)).lines)


def gains(*tries: e.ProposalJudged) -> list[float]:
    """What the built-in agent and language models gained."""
    told = found(answered(), *tries)["refinement"]
    return [told["built-in"]["gained"], told["language models"]["gained"]]


def test_a_run_without_language_models_says_nothing_of_them() -> None:
    assert agents_of(fold([tried(0.1, "recipe")])) is None
    assert lines(tried(0.1, "recipe")) == []


def test_spend_is_told_in_all_by_agent_and_by_phase() -> None:
    told = found(
        answered("ml-researcher", "search", cost=1.0, prompt_bytes=5000),
        answered("ml-researcher", "foundation"),
        answered(failure="refused: no", seconds=3.0),
        answered(),
    )

    total = told["total"]
    assert (total["calls"], total["failed"], total["dollars"]) == (4, 1, 1.75)
    assert (total["input_tokens"], total["output_tokens"], total["seconds"]) == (400, 40, 9.0)
    assert total["largest_prompt_bytes"] == 5000
    by_agent = {name: (one["calls"], one["dollars"]) for name, one in told["by_agent"].items()}
    assert by_agent == {"ml-researcher": (2, 1.25), "model-optimizer": (2, 0.5)}
    by_phase = {name: (one["calls"], one["dollars"]) for name, one in told["by_phase"].items()}
    assert by_phase == {"search": (1, 1.0), "foundation": (1, 0.25), "refinement": (2, 0.5)}


def test_calls_that_were_not_made_are_neither_calls_nor_failures_of_a_model() -> None:
    events = answered(), answered(**NOT_MADE), answered(**NOT_MADE)

    total = found(*events)["total"]

    assert (total["calls"], total["failed"], total["not_made"]) == (1, 0, 2)
    assert "2 questions not put: see the warnings." in lines(*events)


def test_costs_that_are_not_known_are_counted_and_not_guessed() -> None:
    some, none = (answered(), answered(cost=None)), (answered(cost=None),)

    assert (found(*some)["total"]["dollars"], found(*some)["total"]["dollars_unknown"]) == (0.25, 1)
    assert (found(*none)["total"]["dollars"], found(*none)["total"]["dollars_unknown"]) == (None, 1)
    assert "What 1 call cost is not known." in lines(*some)
    assert _agents(fold(none)).rows[-1][-1] == "-"


def test_gain_per_dollar_is_that_of_language_models_in_refinement_alone() -> None:
    told = found(
        answered("ml-researcher", "search", cost=9.0),
        answered(cost=0.25),
        answered(cost=0.25),
        tried(0.02),
        tried(0.05, "recipe", step=2),
    )["refinement"]

    assert told["language models"]["gained_per_dollar"] == pytest.approx(0.04)
    assert told["built-in"]["gained_per_dollar"] is None


@pytest.mark.parametrize("costs", [[None], [0.25, None], [0.0]])
def test_without_all_costs_or_without_any_there_is_no_gain_per_dollar(
    costs: list[float | None],
) -> None:
    told = found(*(answered(cost=cost) for cost in costs), tried(0.02))["refinement"]

    assert told["language models"]["gained_per_dollar"] is None
    assert told["language models"]["gained"] == pytest.approx(0.02)


def test_tries_of_a_step_that_are_accepted_one_after_another_add_up_to_the_last() -> None:
    tries = tried(0.01), tried(-0.2), tried(0.03, "recipe"), tried(0.05)

    assert gains(*tries) == pytest.approx([0.02, 0.03])


def test_steps_add_up_and_tries_that_were_not_accepted_add_nothing() -> None:
    one = tried(0.01)

    refused = tried(0.9, step=3, accepted=False)
    assert gains(one, tried(0.02, step=2), refused) == pytest.approx([0, 0.03])
    assert gains(one, tried(0.02, role="model")) == pytest.approx([0, 0.03])
    after_numbers = gains(tried(0.01, ""), tried(0.03))
    assert after_numbers == pytest.approx([0, 0.02])


def test_tries_are_counted_by_who_proposed_them() -> None:
    events = (
        tried(0.01),
        tried(None),
        tried(None),
        tried(-0.1),
        tried(0.2, "recipe"),
        tried(0.3, ""),
    )
    told = found(answered(), *events)["refinement"]

    counts = {name: (one["judged"], one["refused"], one["accepted"]) for name, one in told.items()}
    assert counts == {"built-in": (1, 0, 1), "language models": (2, 2, 1)}


def test_the_report_says_where_nothing_of_a_model_was_better() -> None:
    nothing = "Nothing that a language model proposed in refinement was better."

    assert nothing in lines(answered(), tried(-0.1), tried(0.2, "recipe"))
    assert nothing not in lines(answered(), tried(0.1))
    assert nothing not in lines(answered(**NOT_MADE))


def test_the_report_shows_each_agent_and_the_gain_a_dollar() -> None:
    events = answered("ml-researcher", "search"), answered(cost=0.5), tried(0.02)
    section = _agents(fold(events))

    assert section.rows == (
        ("ml-researcher", "1", "0", "100", "10", "0.2500"),
        ("model-optimizer", "1", "0", "100", "10", "0.5000"),
        ("all", "2", "0", "200", "20", "0.7500"),
    )
    [mine] = [line for line in section.lines if line.startswith("language models")]
    assert mine.startswith("language models: 1 proposal judged, 0 refused, 1 accepted, gained 0.02")
    assert mine.endswith("(0.04 a dollar)")


def test_pages_are_named_once_with_their_titles() -> None:
    pages = [["A page", "https://a.org"], ["Another", "https://b.org"]]
    finds = [
        e.WebFound("boosting", "model", "", "", url, 1, 0.0)
        for url in ("https://a.org", "https://c.org", "")
    ]

    told = found(answered(sources=pages), answered(sources=pages[:1]), *finds)

    assert told["sources"] == [*pages, ["boosting", "https://c.org"]]


def test_the_share_of_earlier_turns_in_the_tokens_is_told() -> None:
    told = found(answered(turns=2, turns_bytes=250), answered())

    assert told["total"]["tokens_of_turns"] == 25
    assert told["total"]["input_tokens"] == 200
