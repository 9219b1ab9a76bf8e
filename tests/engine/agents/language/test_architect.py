"""Ways to combine that a model plans: of known candidates, with weights that can be."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from tests.engine.agents.language.office import DOWN, REFUSED, Office

from mle_star.agents.language.architect import Planned, plan

Open = Callable[..., Office]
CANDIDATES = [("c0", "boosting, 0.9"), ("c1", "linear, 0.8"), ("c2", "forest, 0.7")]
HISTORY = ["plain average: 0.91, within noise"]


def answer(members: list[str], method: str = "average", weights: Any = ()) -> dict[str, Any]:
    return {
        "plan": "The two\nbest.",
        "members": members,
        "method": method,
        "weights": list(weights),
    }


def weighted(one: str, weight: float, other: str, its: float) -> dict[str, Any]:
    return answer([one, other], "weights", [weight, its])


def planned(here: Office) -> tuple[Planned | None, str]:
    return plan(here.team, CANDIDATES, HISTORY, 2)


def accepted(here: Office) -> Planned:
    found, reason = planned(here)
    assert found is not None, reason
    return found


def test_the_question_holds_the_candidates_and_all_that_was_measured(office: Open) -> None:
    here = office([answer(["c0", "c1"])])
    planned(here)

    assert here.steps == ["combination 2"]
    assert here.asked[0].agent == "ensemble-architect"
    assert "- c0: boosting, 0.9\n- c1: linear, 0.8\n- c2: forest, 0.7" in here.prompts[0]
    assert "- plain average: 0.91, within noise" in here.prompts[0]


@pytest.mark.parametrize(
    ("said", "members", "weights"),
    [
        (answer(["c0", "c1"]), ("c0", "c1"), (0.5, 0.5)),
        (answer(["c0", "c1"], weights=[9.0, 1.0]), ("c0", "c1"), (0.5, 0.5)),
        (answer(["c2", "c0"], "weights", [3, 1]), ("c2", "c0"), (0.75, 0.25)),
        (answer(["c0", "c1", "c0"]), ("c0", "c1"), (0.5, 0.5)),
        (answer(["c0", "c1"], "learnt weights"), ("c0", "c1"), None),
        (answer(["c0", "c2"], "learnt weights", [-1]), ("c0", "c2"), None),
        (answer(["c0", "c1", "c2"], "weights", [1, 0, 1]), ("c0", "c2"), (0.5, 0.5)),
    ],
)
def test_what_can_be_tried_is_taken_with_weights_that_sum_to_one(
    office: Open,
    said: dict[str, Any],
    members: tuple[str, ...],
    weights: tuple[float, ...] | None,
) -> None:
    assert accepted(office([said])) == Planned("The two best.", members, weights)


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        (answer(["c0", "c9"]), "no candidate is called 'c9'"),
        (answer(["c0", "../../etc/passwd"]), "no candidate is called '../../etc/passwd'"),
        (answer(["c1", "c1"]), "a combination needs two members"),
        (answer(["c0", "c1"], "weights", [1.0, -0.5]), "none negative"),
        (answer(["c0", "c1"], "weights", [1.0]), "2 members need as many weights"),
        (answer(["c0", "c1"], "weights"), "2 members need as many weights"),
        (answer(["c0", "c1", "c1"], "weights", [1, 1, 1]), "2 members need as many weights"),
        (answer(["c0", "c1"], "weights", [0.0, 0.0]), "need as many weights"),
        (answer(["c0", "c1"], "weights", [1e308, 1e308]), "need as many weights"),
        (answer(["c0", "c1"], "weights", [1.0, 0.0]), "two members that count"),
        (answer(["c0", "c1"], "weights", [1.0, 1e-12]), "two members that count"),
        (REFUSED, "refused: I would rather not"),
        (DOWN, "no connection"),
    ],
)
def test_what_cannot_be_tried_is_refused_with_the_reason(
    office: Open, said: Any, reason: str
) -> None:
    here = office([said])

    found, why_not = planned(here)

    assert found is None
    assert reason in why_not
    assert len(here.asked) == 1


@pytest.mark.parametrize("members", [["c0"], [f"c{number}" for number in range(9)]])
def test_one_member_and_nine_have_the_wrong_shape(office: Open, members: list[str]) -> None:
    here = office([answer(members), answer(members)])

    assert planned(here)[1].startswith("wrong shape: members")


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (answer(["c0", "c1"]), answer(["c1", "c0"]), True),
        (answer(["c0", "c1"]), weighted("c0", 2, "c1", 2), True),
        (weighted("c0", 1, "c1", 7), weighted("c1", 0.7, "c0", 0.1), True),
        (weighted("c0", 1, "c1", 2), weighted("c0", 2, "c1", 1), False),
        (answer(["c0", "c1"]), answer(["c0", "c1"], "learnt weights"), False),
        (answer(["c0", "c1"]), answer(["c0", "c2"]), False),
    ],
)
def test_plans_are_the_same_by_members_and_weights_whatever_their_order_and_words(
    office: Open, one: dict[str, Any], other: dict[str, Any], same: bool
) -> None:
    here = office([one, other | {"plan": "In other words."}])
    first, _ = plan(here.team, CANDIDATES, [], 1)
    second, _ = plan(here.team, CANDIDATES, [], 2)

    assert first is not None
    assert second is not None
    assert (first.identity == second.identity) is same
