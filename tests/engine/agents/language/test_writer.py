"""The words of a model card hold no number that was not measured."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from tests.engine.agents.language.office import DOWN, REFUSED, Office

from mle_star.agents.language.answers import Prose
from mle_star.agents.language.writer import unmeasured, write

Open = Callable[..., Office]
MEASURED = [
    "metric roc_auc, higher is better",
    "cross-validation 0.84321 ± 0.012 over 15 folds",
    "holdout 0.8501 on 1,234 rows",
    "gate fold spread: fail, measured 9.5 %, asked for < 5 %",
]


def prose(summary: str = "It ranks customers.", *limits: str, use: str = "To rank.") -> Any:
    known = limits or ("It knows nothing of other times.",)
    return {"summary": summary, "intended_use": use, "limits": list(known)}


GOOD = prose("It scores 0.8501 on 1,234 rows held out.")
BAD = prose("It scores 0.99.")


def test_words_are_asked_for_with_every_number_that_may_stand_in_them(office: Open) -> None:
    here = office([GOOD])

    found, reason = write(here.team, MEASURED)

    assert found == Prose.model_validate(GOOD)
    assert reason == ""
    assert here.steps == ["model card"]
    assert here.asked[0].agent == "deployment-engineer"
    assert here.answered[0].phase == "deployment"
    assert all(f"- {line}" in here.prompts[0] for line in MEASURED)


@pytest.mark.parametrize(
    "text",
    [
        "0.84321 over 15 folds, 0.8501 on 1,234 rows, a spread of 9.5 % where 5% was asked for.",
        "One of 2 models, with three limits: 1. small data.",
        "A score of 0.8501.",
        "No numbers at all",
        "",
    ],
)
def test_measured_numbers_and_small_counts_may_stand(text: str) -> None:
    assert unmeasured(Prose.model_validate(prose(text)), MEASURED) == []


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("0.85", ["0.85"]),
        ("AUC=0.8501x0.9", ["0.9"]),
        ("1234 rows", ["1234"]),
        ("12 folds, then 12 more and 99", ["12", "99"]),
        ("gains 10 % and 7% and 3 percent and 2 PER CENT", ["10", "7", "3", "2"]),
        ("better in 95% of cases", ["95"]),
        ("-0.3", ["0.3"]),
        ("score .97", ["97"]),
        ("٩٩ of them", ["٩٩"]),
    ],
)
def test_any_other_number_is_found(text: str, wrong: list[str]) -> None:
    assert unmeasured(Prose.model_validate(prose(text)), MEASURED) == wrong


def test_limits_and_intended_use_are_read_too() -> None:
    found = unmeasured(Prose.model_validate(prose("", "77 %", use="88 uses")), MEASURED)

    assert found == ["88", "77"]


def test_a_number_that_was_not_measured_is_repaired_once(office: Open) -> None:
    here = office([BAD, GOOD])

    found, _ = write(here.team, MEASURED)

    assert found == Prose.model_validate(GOOD)
    assert here.steps == ["model card", "model card, repair"]
    assert "These numbers in your text were not measured: 0.99." in here.prompts[1]
    assert "It scores 0.99." in here.prompts[1]
    assert all(f"- {line}" in here.prompts[1] for line in MEASURED)


@pytest.mark.parametrize("second", [BAD, prose("It scores 0.98."), DOWN, REFUSED])
def test_then_the_card_has_no_words(office: Open, second: Any) -> None:
    here = office([BAD, second, GOOD])

    found, reason = write(here.team, MEASURED)

    assert found is None
    assert reason == "its text names numbers that were not measured: 0.99"
    assert len(here.asked) == 2


def test_without_an_answer_there_are_no_words_and_the_reason_is_told(office: Open) -> None:
    assert write(office([DOWN]).team, MEASURED) == (None, "no connection")
