"""A block is chosen, planned in sight of all that was tried, written, and repaired with reasons."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from tests.engine.agents.fakes import FACTS
from tests.engine.agents.language.cells import LEAKY, STANDARD, features, model
from tests.engine.agents.language.office import BRIEF, DOWN, REFUSED, Office

from mle_star.agents.base import Proposal, Question
from mle_star.agents.language.editor import LONGEST_PLAN, MOST_PLANS, Editor
from mle_star.solution.solution import render
from mle_star.types import Role

Open = Callable[..., Office]
PLAN = {"plan": "Scale what is numeric."}
ROLES = [Role.FEATURES, Role.MODEL, Role.HYPERPARAMETERS]
MEASURED = ("metric roc_auc, higher is better", "ablation of the model block: loses 0.2")


def code(source: str = features("new"), reason: str = "It helps.") -> dict[str, Any]:
    return {"source": source, "reason": reason}


def chosen(role: str = "features", plan: str = "The first plan.") -> dict[str, Any]:
    return {"role": role, "plan": plan}


def question(role: Role = Role.FEATURES, step: int = 1, attempt: int = 1, **other: Any) -> Question:
    return Question(
        agent="",
        role=role,
        solution=STANDARD,
        facts=FACTS,
        step=f"step {step}",
        label=f"step {step}, try {attempt}",
        measured=MEASURED,
        **other,
    )


def proposed(here: Office, asked: Question | None = None) -> Proposal:
    [found] = Editor(here.team).propose(asked or question())
    return found


def test_a_plan_then_its_code(office: Open) -> None:
    here = office([PLAN, code(reason="It\nhelps.")])

    found = proposed(here)

    assert here.steps == ["step 1, try 1: plan", "step 1, try 1: code"]
    assert (found.block.role, found.block.source) == (Role.FEATURES, features("new"))
    assert found.block.foreign
    assert (found.plan, found.reason, found.refusal) == (PLAN["plan"], "It helps.", "")
    assert found.provenance == "agent:feature-engineer"
    assert found.proposer == "agent"
    for prompt in here.prompts:
        assert prompt.startswith(BRIEF)
        assert render(STANDARD) in prompt
    assert all(fact in here.prompts[0] for fact in MEASURED)
    assert PLAN["plan"] in here.prompts[1]


@pytest.mark.parametrize(
    ("role", "agent"),
    [
        (Role.CLEAN, "feature-engineer"),
        (Role.FEATURES, "feature-engineer"),
        (Role.MODEL, "model-optimizer"),
        (Role.TRAIN, "model-optimizer"),
        (Role.POST, "model-optimizer"),
    ],
)
def test_each_block_has_its_engineer(office: Open, role: Role, agent: str) -> None:
    here = office([PLAN])
    Editor(here.team).propose(question(role))

    assert {request.agent for request in here.asked} == {agent}


def test_the_plan_of_the_choice_is_used_once_and_for_its_own_step(office: Open) -> None:
    here = office([chosen(), code(), PLAN, code(features("other"))])
    editor = Editor(here.team)

    assert editor.choose(STANDARD, ROLES, MEASURED, 1) is Role.FEATURES
    first, second = editor.propose(question()) + editor.propose(question(attempt=2))

    assert here.steps == [
        "step 1: choice of the block",
        "step 1, try 1: code",
        "step 1, try 2: plan",
        "step 1, try 2: code",
    ]
    assert (first.plan, second.plan) == ("The first plan.", PLAN["plan"])


@pytest.mark.parametrize("asked", [question(Role.MODEL), question(step=2)], ids=["role", "step"])
def test_a_first_plan_for_another_block_or_step_is_not_used(office: Open, asked: Question) -> None:
    here = office([chosen(), PLAN, code(model("new"))])
    editor = Editor(here.team)
    editor.choose(STANDARD, ROLES, MEASURED, 1)

    [found] = editor.propose(asked)

    assert found.plan == PLAN["plan"]


def test_the_choice_is_made_in_sight_of_what_was_measured(office: Open) -> None:
    here = office([chosen("hyperparameters")])

    assert Editor(here.team).choose(STANDARD, ROLES, MEASURED, 3) is Role.HYPERPARAMETERS
    assert "one of features, model, hyperparameters." in here.prompts[0]
    assert all(fact in here.prompts[0] for fact in MEASURED)
    assert render(STANDARD) in here.prompts[0]


@pytest.mark.parametrize("said", [DOWN, REFUSED, chosen("post")])
def test_without_a_choice_of_an_open_block_the_rule_decides(office: Open, said: Any) -> None:
    here = office([said, PLAN, code()])
    editor = Editor(here.team)

    assert editor.choose(STANDARD, ROLES, MEASURED, 1) is None
    [found] = editor.propose(question())
    assert found.plan == PLAN["plan"]


def test_every_earlier_plan_stands_with_its_gain_in_the_question_for_the_next(
    office: Open,
) -> None:
    here = office([PLAN, code()])
    tried = (("one-hot", 0.0123), ("target codes", -0.2), ("embeddings", None))

    proposed(here, question(tried=tried))

    assert (
        "- gain +0.0123: one-hot\n- gain -0.2: target codes\n- failed: embeddings"
        in (here.prompts[0])
    )


def test_of_very_many_plans_the_newest_are_told_and_none_at_length(office: Open) -> None:
    here = office([PLAN, code(), PLAN, code()])
    tried = tuple((f"plan {number}: " + "w" * 2000, 0.1) for number in range(MOST_PLANS + 5))

    proposed(here, question(tried=tried))
    proposed(here, question())

    told = [line for line in here.prompts[0].splitlines() if line.startswith("- gain")]
    assert len(told) == MOST_PLANS
    assert told[0].startswith("- gain +0.1: plan 5:")
    assert max(map(len, told)) <= LONGEST_PLAN + 20
    assert "Nothing was tried for this block yet." in here.prompts[2]


REFUSALS = [
    ("Certainly! Here is it.", "does not parse"),
    ("def other(columns):\n    return 1", "must define 'features'"),
    (LEAKY, "learns from the rows it is to predict"),
    (features("x") + "\n# %% role: model\nx = 1", "one cell"),
    (next(b.source for b in STANDARD.blocks if b.role is Role.FEATURES), "it changes nothing"),
]


@pytest.mark.parametrize(("wrong", "reason"), REFUSALS)
def test_what_cannot_stand_is_repaired_once_with_the_reason(
    office: Open, wrong: str, reason: str
) -> None:
    here = office([PLAN, code(wrong), code(features("right"))])

    found = proposed(here)

    assert (found.block.source, found.refusal) == (features("right"), "")
    assert here.steps[-1] == "step 1, try 1: repair"
    assert reason in here.prompts[2]
    assert wrong in here.prompts[2]
    assert PLAN["plan"] in here.prompts[2]


@pytest.mark.parametrize(("wrong", "reason"), REFUSALS)
def test_what_is_wrong_twice_is_a_refusal_and_nobody_is_asked_again(
    office: Open, wrong: str, reason: str
) -> None:
    here = office([PLAN, code(wrong), code(wrong), code(), code()])

    found = proposed(here)

    assert reason in found.refusal
    assert len(here.asked) == 3


def test_without_an_answer_to_the_repair_the_first_reason_stands(office: Open) -> None:
    assert "does not parse" in proposed(office([PLAN, code("def"), DOWN])).refusal


@pytest.mark.parametrize("answers", [[DOWN], [PLAN, DOWN], [REFUSED], [PLAN, REFUSED]])
def test_without_a_plan_or_its_code_there_is_no_proposal(office: Open, answers: list[Any]) -> None:
    assert Editor(office(answers).team).propose(question()) == []


def test_a_new_model_keeps_the_hyperparameters_that_stand(office: Open) -> None:
    found = proposed(office([PLAN, code(model("new"))]), question(Role.MODEL))

    child = found.apply(STANDARD)
    assert child.block(Role.HYPERPARAMETERS) == STANDARD.block(Role.HYPERPARAMETERS)
    assert child.block(Role.MODEL) == found.block
    changed = [block.role for block in child.blocks if block not in STANDARD.blocks]
    assert changed == [Role.MODEL]


def test_a_change_of_features_brings_nothing_along(office: Open) -> None:
    found = proposed(office([PLAN, code()]))

    assert found.companions == ()
    assert len(found.apply(STANDARD).blocks) == len(STANDARD.blocks)


def test_what_failed_when_it_ran_is_given_back_with_its_traceback(office: Open) -> None:
    here = office([PLAN, code(), code(features("mended"))])
    editor = Editor(here.team)
    [first] = editor.propose(question())

    mended = editor.repair(question(), first, "KeyError: 'age'", 1)

    assert mended is not None
    assert (mended.block.source, mended.refusal) == (features("mended"), "")
    assert (mended.plan, mended.provenance) == (first.plan, first.provenance)
    assert here.steps[-1] == "step 1, try 1: debugging 1"
    for told in ("failed when it was run: KeyError: 'age'", features("new"), PLAN["plan"]):
        assert told in here.prompts[2]


def test_a_repair_without_an_answer_is_none_and_one_that_cannot_stand_says_so(
    office: Open,
) -> None:
    here = office([PLAN, code(), DOWN, code("def")])
    editor = Editor(here.team)
    [first] = editor.propose(question())

    assert editor.repair(question(), first, "KeyError: 'age'", 1) is None
    refused = editor.repair(question(), first, "KeyError: 'age'", 2)
    assert refused is not None
    assert "does not parse" in refused.refusal
