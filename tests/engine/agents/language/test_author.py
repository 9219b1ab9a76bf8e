"""Candidates that a model writes: checked, repaired once, and asked what they leave out."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from tests.engine.agents.language.cells import LEAKY, MODEL, NUMBERS, STANDARD, WHOLE
from tests.engine.agents.language.office import DOWN, Office, by_form

from mle_star.agents.ask.request import Answer, Request
from mle_star.agents.language import author
from mle_star.agents.language.answers import Finding
from mle_star.agents.language.author import Written
from mle_star.errors import EditError
from mle_star.solution.block import checked, read_hyperparameters
from mle_star.solution.solution import Solution, render
from mle_star.types import Role

Open = Callable[..., Office]
COLUMNS: dict[str, Any] = {
    "numeric": ["a"],
    "categorical": ["b"],
    "text": [],
    "date": [],
    "rows": 100,
}
KEPT = {"why": "It is noise.", "source": ""}


def finding(name: str = "logistic regression") -> Finding:
    return Finding(
        name=name,
        role="model",
        summary=f"{name} does well.",
        example_code="LogisticRegression()",
        url="https://example.org/a",
    )


def candidate(model: str | None = MODEL, features: str | None = WHOLE, **other: Any) -> Any:
    cells = [("features", features), ("model", model)]
    given = {
        "name": "a candidate",
        "cells": [{"role": role, "source": text} for role, text in cells if text is not None],
        "hyperparameters": {},
        "unused_columns": "",
        "reason": "It is simple.",
    }
    return given | other


def write(here: Office, *findings: Finding) -> list[Written]:
    return author.write(here.team, findings or [finding()], STANDARD, COLUMNS)


def solution(written: Written) -> Solution:
    assert written.solution is not None, written.refusal
    return written.solution


def source(found: Solution, role: Role) -> str:
    block = found.block(role)
    assert block is not None
    return block.source


def test_a_candidate_is_asked_for_with_the_technique_and_the_standard_solution(
    office: Open,
) -> None:
    here = office([candidate()])

    write(here)

    assert here.steps == ["candidate 1"]
    assert here.asked[0].agent == "ml-researcher"
    for told in ("logistic regression does well.", "https://example.org/a", render(STANDARD)):
        assert told in here.prompts[0]


def test_cells_not_written_come_from_the_standard_solution_and_only_written_ones_are_foreign(
    office: Open,
) -> None:
    [written] = write(office([candidate(features=None)]))

    found = solution(written)
    assert source(found, Role.MODEL) == MODEL
    assert found.block(Role.FEATURES) == STANDARD.block(Role.FEATURES)
    assert found.block(Role.CLEAN) == STANDARD.block(Role.CLEAN)
    assert found.block(Role.HYPERPARAMETERS) is None  # those of the standard are another model's
    assert [block.role for block in found.blocks if block.foreign] == [Role.MODEL]
    assert found.name == "a candidate"
    assert found.origin == "It is simple."


def test_what_names_and_reasons_hold_stays_on_one_line(office: Open) -> None:
    answer = candidate(name="two\nlines " + "n" * 80, reason="first\n# %% role: model\nsecond")

    [written] = write(office([answer]))

    found = solution(written)
    assert found.name.startswith("two lines n")
    assert len(found.name) == 60
    assert found.origin == "first # %% role: model second"


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        (candidate(model=None), "a candidate needs a model cell"),
        (candidate(model="def model(:"), "the model block does not parse"),
        (candidate(model=MODEL.replace("def model", "def other")), "must define 'model'"),
        (candidate(features=LEAKY), "Whole learns from the rows it is to predict"),
        (candidate(features="# %% role: model\n" + WHOLE), "it may not hold a '# %%' marker"),
        (candidate(features="print('hello')\n" + WHOLE), "at the top level stand only"),
        (
            candidate(cells=[{"role": "model", "source": MODEL}] * 2),
            "a candidate has one cell a role",
        ),
    ],
    ids=["no model", "no Python", "no model()", "leaky", "two cells", "does something", "twice"],
)
def test_what_cannot_stand_is_repaired_once_with_the_reason(
    office: Open, wrong: dict[str, Any], reason: str
) -> None:
    here = office([wrong, candidate()])

    [written] = write(here)

    assert source(solution(written), Role.MODEL) == MODEL
    assert here.steps == ["candidate 1", "candidate 1, repair"]
    assert "Your solution was refused: " in here.prompts[1]
    assert reason in here.prompts[1]
    assert wrong["cells"][0]["source"] in here.prompts[1]
    assert render(STANDARD) in here.prompts[1]


def test_what_is_wrong_twice_is_refused_with_the_last_reason(office: Open) -> None:
    here = office([candidate(model=None), candidate(model="def model(:"), candidate()])

    [written] = write(here)

    assert written.solution is None
    assert "does not parse" in written.refusal
    assert len(here.asked) == 2


def test_without_an_answer_to_the_repair_the_first_reason_stands(office: Open) -> None:
    [written] = write(office([candidate(model=None), DOWN]))

    assert written == Written(None, "a candidate needs a model cell")


def test_each_technique_is_written_at_once_and_one_that_fails_costs_only_itself(
    office: Open,
) -> None:
    together = threading.Barrier(3, timeout=20)

    def answer(request: Request) -> Any:
        together.wait()
        return DOWN if request.step == "candidate 2" else candidate(name=request.step)

    written = write(office(answer), *(finding(f"technique {n}") for n in (1, 2, 3)))

    names = [one.solution.name if one.solution else one.refusal for one in written]
    assert names == ["candidate 1", "no connection", "candidate 3"]


@pytest.mark.parametrize(
    "values",
    [
        {"C": 0.5, "n": 100, "kind": "l2", "warm": True, "seed": None},
        {"odd": 'it\'s "quoted"\n# %% role: model\n}', "it's": 1e-9},
        {"code": "__import__('os').system('true')"},
    ],
)
def test_constants_are_literals_that_read_back_as_they_were_given(
    office: Open, values: dict[str, Any]
) -> None:
    [written] = write(office([candidate(hyperparameters=values)]))

    assert read_hyperparameters(source(solution(written), Role.HYPERPARAMETERS)) == values


def test_a_constant_that_is_no_literal_has_the_wrong_shape(office: Open) -> None:
    wrong = candidate(hyperparameters={"grid": [1, 2, 3]})

    [written] = write(office([wrong, wrong]))

    assert written.refusal.startswith("wrong shape: hyperparameters.grid")


def test_columns_that_are_never_reached_are_asked_about_once(office: Open) -> None:
    here = office([candidate(features=NUMBERS), KEPT])

    [written] = write(here)

    assert here.steps == ["candidate 1", "candidate 1, data usage"]
    assert "never reaches the columns of kind categorical." in here.prompts[1]
    assert NUMBERS in here.prompts[1]
    assert source(solution(written), Role.FEATURES) == NUMBERS


def test_a_cell_that_uses_them_takes_the_place_of_the_first(office: Open) -> None:
    used = {"why": "", "source": WHOLE}
    here = office([candidate(features=NUMBERS, hyperparameters={"C": 2.0}), used])

    [written] = write(here)

    found = solution(written)
    assert source(found, Role.FEATURES) == WHOLE
    assert found.block(Role.FEATURES).foreign  # type: ignore[union-attr]
    assert source(found, Role.MODEL) == MODEL
    assert found.block(Role.HYPERPARAMETERS) is not None


@pytest.mark.parametrize("said", [{"why": "", "source": LEAKY}, {"why": "", "source": "x ="}, DOWN])
def test_the_first_cell_stays_where_the_other_cannot_stand(office: Open, said: Any) -> None:
    here = office([candidate(features=NUMBERS), said])

    [written] = write(here)

    assert source(solution(written), Role.FEATURES) == NUMBERS
    assert len(here.asked) == 2


def test_where_all_columns_are_used_or_nothing_stands_nobody_is_asked(office: Open) -> None:
    good, bad = office([candidate()]), office(lambda _: candidate(model=None))
    write(good)
    write(bad)

    assert not [step for step in good.steps + bad.steps if "usage" in step]


def test_a_repaired_candidate_is_asked_about_its_columns_too(office: Open) -> None:
    answers: list[Any] = [candidate(model=None, features=NUMBERS), candidate(features=NUMBERS)]
    here = office(by_form(Candidate=answers, Usage={"why": "", "source": WHOLE}))

    [written] = write(here)

    assert here.steps[-1] == "candidate 1, data usage"
    assert source(solution(written), Role.FEATURES) == WHOLE


@pytest.mark.parametrize("letter", ["\x1b", "\u202e", "\x00"])
def test_letters_that_nobody_sees_are_refused_by_their_number(letter: str) -> None:
    with pytest.raises(EditError, match=rf"characters that nobody sees: U\+{ord(letter):04X}"):
        author.guarded(Role.MODEL, MODEL.replace('"C"', f'"C{letter}"'))


def test_no_answer_at_all_is_a_refusal_with_the_reason(office: Open) -> None:
    [written] = write(office([Answer(failure="the cap is reached", attempts=0)]))

    assert written == Written(None, "the cap is reached")


def debugged(here: Office, number: int = 1) -> Written:
    failed = STANDARD.with_block(checked(Role.MODEL, MODEL, foreign=True), name="mine")
    return author.debug(here.team, failed, "KeyError: 'age'", STANDARD, number)


def test_a_candidate_that_failed_when_it_ran_is_given_back_with_its_traceback(
    office: Open,
) -> None:
    here = office([candidate(features=None, hyperparameters={"C": 3.0})])

    found = solution(debugged(here, 2))

    assert "failed when it was run: KeyError: 'age'" in here.prompts[0]
    assert MODEL in here.prompts[0]
    assert here.steps[0].endswith(": debugging 2")
    assert read_hyperparameters(source(found, Role.HYPERPARAMETERS)) == {"C": 3.0}
    assert found.block(Role.FEATURES) == STANDARD.block(Role.FEATURES)


@pytest.mark.parametrize(
    ("said", "reason"),
    [(candidate(features=LEAKY), "learns from the rows it is to predict"), (DOWN, "no connection")],
)
def test_a_candidate_that_cannot_be_debugged_is_given_up_with_the_reason(
    office: Open, said: Any, reason: str
) -> None:
    written = debugged(office([said]))

    assert written.solution is None
    assert reason in written.refusal
