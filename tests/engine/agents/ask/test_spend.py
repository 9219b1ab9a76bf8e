"""Caps on what calls cost."""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest
from tests.engine.agents.ask.questions import question

from mle_star.agents.ask.request import Answer
from mle_star.agents.ask.spend import Call, Spend

VALUE = {"plan": "x"}
_PATIENCE = 30.0


def paid(cost: float | None, tokens: int = 0) -> Answer:
    return Answer(value=VALUE, cost=cost, input_tokens=tokens)


def begun(spend: Spend, step: str = "step 1", *, finishing: bool = False) -> Call:
    call = spend.begin(question(step), "search", finishing)
    assert isinstance(call, Call), call
    return call


def spent(cost: float | None, tokens: int = 0, *, spend: Spend) -> Spend:
    spend.count("feature-engineer", "search", paid(cost, tokens))
    return spend


def test_without_caps_everything_is_allowed_and_limits_stay_as_they_are() -> None:
    spend = spent(None, spend=Spend())

    assert spend.why_not(question()) == ""
    assert begun(spend).request == question()


def test_a_call_that_would_exceed_the_cap_is_refused_with_what_was_spent() -> None:
    spend = spent(0.6, spend=Spend(max_cost=1.0, reserve=0.0))

    refusal = spend.begin(question(), "search")

    assert refusal == spend.why_not(question())
    assert refusal == ("the cap of $1.00 is reached: $0.60 spent, the next call takes about $0.60")


def test_the_reserve_is_for_finishing_only() -> None:
    spend = spent(0.2, spend=spent(0.2, spend=spent(0.2, spend=Spend(max_cost=1.0, reserve=0.3))))

    assert "30% kept for finishing" in spend.why_not(question())
    assert spend.why_not(question(), finishing=True) == ""
    assert begun(spend, finishing=True).request.limits.cost == pytest.approx(0.4)


def test_a_first_call_is_allowed_however_small_the_cap_and_limited_to_it() -> None:
    call = begun(Spend(max_cost=0.01, reserve=0.1))

    assert call.request.limits.cost == pytest.approx(0.009)


def test_a_calls_own_limit_of_cost_is_cut_to_what_is_left_and_never_raised() -> None:
    spend = spent(0.3, spend=Spend(max_cost=1.0, reserve=0.0))

    cut = spend.begin(question(cost=5.0), "search")
    assert isinstance(cut, Call)
    assert cut.request.limits.cost == pytest.approx(0.7)
    spend.end(cut, paid(0.0))
    own = spend.begin(question(cost=0.1), "search")
    assert isinstance(own, Call)
    assert own.request.limits.cost == 0.1


def test_calls_without_a_limit_of_their_own_may_be_under_way_together() -> None:
    spend = spent(0.01, spend=Spend(max_cost=1.0))

    limits = [begun(spend, f"step {number}").request.limits.cost for number in range(8)]

    assert limits == [pytest.approx(0.04)] * 8


def test_a_call_waits_for_those_under_way_and_then_may_find_enough_left() -> None:
    spend = spent(0.2, spend=Spend(max_cost=1.0, reserve=0.0))
    first, got = begun(spend), []
    assert spend.why_not(question("step 2")) != ""

    waiting = threading.Thread(target=lambda: got.append(begun(spend, "step 2")))
    waiting.start()
    assert got == []
    spend.end(first, paid(0.2))
    waiting.join(_PATIENCE)

    assert got[0].request.limits.cost == pytest.approx(0.6)


def test_a_call_that_waited_in_vain_is_refused() -> None:
    spend = spent(0.2, spend=Spend(max_cost=1.0, reserve=0.0))
    first, got = begun(spend), []

    waiting = threading.Thread(target=lambda: got.append(spend.begin(question("step 2"), "search")))
    waiting.start()
    spend.end(first, paid(0.75))
    waiting.join(_PATIENCE)

    assert str(got[0]).startswith("the cap of $1.00 is reached: $0.95 spent")


def test_after_an_answer_of_unknown_cost_the_cap_cannot_be_kept_and_this_is_said() -> None:
    spend = Spend(max_cost=5.0)
    spend.end(begun(spend), paid(None))

    assert "does not say what a call costs" in spend.why_not(question(), finishing=True)
    assert spend.total.unknown == 1


def test_a_cap_of_tokens_holds_where_costs_are_unknown() -> None:
    spend = Spend(max_tokens=1000, reserve=0.0)
    spend.end(begun(spend), paid(None, 600))

    assert spend.why_not(question()) == (
        "the cap of 1,000 tokens is reached: 600 used, the next call takes about 600"
    )


def test_a_failed_call_of_unknown_cost_counts_as_if_it_had_used_its_limit() -> None:
    spend = Spend(max_cost=1.0, reserve=0.0)
    call = begun(spend)
    limit = call.request.limits.cost
    assert limit is not None

    spend.end(call, Answer(failure="no answer within 300 s"))

    following = spend.begin(question("step 2", agent="ml-researcher", cost=9.0), "search", True)
    if isinstance(following, Call):
        assert following.request.limits.cost == pytest.approx(1.0 - limit)
    else:
        assert limit == pytest.approx(1.0)
    assert spend.total.cost == 0.0


def test_a_failure_that_cost_nothing_takes_nothing_from_the_cap() -> None:
    spend = Spend(max_cost=1.0, reserve=0.0)
    for step in range(50):
        spend.end(begun(spend, f"step {step}"), Answer(failure="the server says 429", cost=0.0))

    assert spend.why_not(question()) == ""


def test_spend_is_told_by_agent_and_by_phase() -> None:
    spend = Spend()
    spend.count("ml-researcher", "search", replace(paid(0.25, 100), output_tokens=7))
    spend.count("feature-engineer", "refinement", paid(0.5, 10))
    spend.count("feature-engineer", "search", Answer(failure="refused", cost=0.125))

    assert spend.by_agent["feature-engineer"].cost == 0.625
    assert (
        spend.by_agent["feature-engineer"].calls,
        spend.by_agent["feature-engineer"].failed,
    ) == (
        2,
        1,
    )
    assert spend.by_phase["search"].cost == 0.375
    assert (spend.total.cost, spend.total.tokens, spend.total.calls) == (0.875, 117, 3)
