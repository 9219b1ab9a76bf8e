"""Parts worth taking away: only those that can stand and change something are measured."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from tests.engine.agents.language.cells import LEAKY, STANDARD, features, model
from tests.engine.agents.language.office import DOWN, REFUSED, Office

from mle_star.agents.language.analyst import MOST, propose
from mle_star.solution.solution import render
from mle_star.types import Role

Open = Callable[..., Office]


def variant(source: str, role: str = "features", what: str = "the scaler") -> dict[str, Any]:
    return {"role": role, "takes_away": what, "source": source}


def answer(*variants: dict[str, Any]) -> dict[str, Any]:
    return {"variants": list(variants)}


def test_a_part_is_the_solution_with_one_cell_changed(office: Open) -> None:
    here = office([answer(variant(features("less"), what="the\nscaler"))])

    [part] = propose(here.team, STANDARD, ["metric roc_auc", "ablation of x: loses 0.1"], 2)

    assert (part.role, part.what) == (Role.FEATURES, "the scaler")
    changed = [block for block in part.solution.blocks if block not in STANDARD.blocks]
    assert [(block.role, block.source) for block in changed] == [(Role.FEATURES, features("less"))]
    assert changed[0].foreign
    assert part.solution.name == "without the scaler"
    assert here.steps == ["ablation 2"]
    assert here.asked[0].agent == "ablation-analyst"
    assert "- ablation of x: loses 0.1" in here.prompts[0]
    assert render(STANDARD) in here.prompts[0]


def test_a_part_of_the_model_keeps_its_hyperparameters(office: Open) -> None:
    [part] = propose(office([answer(variant(model("less"), "model"))]).team, STANDARD, [], 1)

    standing = STANDARD.block(Role.HYPERPARAMETERS)
    assert part.solution.block(Role.HYPERPARAMETERS) == standing


@pytest.mark.parametrize(
    "wrong",
    [
        variant("def features(:"),
        variant("def other(columns):\n    return 1"),
        variant(LEAKY),
        variant("import os\n" + features("x")),
        variant(next(b.source for b in STANDARD.blocks if b.role is Role.FEATURES)),
        variant("def post(estimator):\n    return estimator", "post"),
    ],
    ids=["no Python", "no features()", "leaky", "reaches out", "changes nothing", "no such block"],
)
def test_what_cannot_stand_or_changes_nothing_is_left_out(
    office: Open, wrong: dict[str, Any]
) -> None:
    here = office([answer(wrong, variant(features("less")))])

    parts = propose(here.team, STANDARD, [], 1)

    assert [part.solution.block(Role.FEATURES).source for part in parts] == [features("less")]  # type: ignore[union-attr]
    assert len(here.asked) == 1


def test_at_most_three_are_measured_and_none_twice(office: Open) -> None:
    names = ["a", "a", "b", "c", "d"]
    said = answer(*(variant(features(name), what=f"{i}") for i, name in enumerate(names)))

    parts = propose(office([said]).team, STANDARD, [], 1)

    assert len(parts) == MOST == 3
    assert [part.what for part in parts] == ["0", "2", "3"]


@pytest.mark.parametrize("said", [DOWN, REFUSED, answer()])
def test_without_an_answer_there_are_no_parts(office: Open, said: Any) -> None:
    assert propose(office([said]).team, STANDARD, [], 1) == []
