"""Conditions: what holds, what is said of it, and what is no condition."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mle_star.workflow.condition import MEASURED, Condition

NAMES: dict[str, type] = dict.fromkeys([*MEASURED, "accuracy", "quality_threshold"], float)
NAMES |= {"stage": str, "careful": bool}
VALUES: dict[str, Any] = {"accuracy": 0.8123, "gain": 0.02, "gates_failed": 0, "rows": 5634}
VALUES |= {"score": 0.9, "stage": "first", "careful": True, "quality_threshold": 0.8}


def _verdict(text: str) -> tuple[bool, str]:
    verdict = Condition.parse(text, NAMES).evaluate(VALUES.get)
    return verdict.holds, verdict.explained


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("accuracy > 0.85", False),
        ("accuracy >= 0.8123", True),
        ("0.5 < accuracy < 0.8", False),
        ("0.5 < accuracy <= score", True),
        ("accuracy > 0.85 or gain > 0.01 and gates_failed == 0", True),
        ("(accuracy > 0.85 || gain > 0.01) && gates_failed != 0", False),
        ("not gates_failed > 0", True),
        ("!(gates_failed > 0)", True),
        ("not not careful", True),
        ("careful and stage == 'first'", True),
        ('stage != "first"', False),
        ("careful == false", False),
        ("1 + 2 * 3 == 7 and (1 + 2) * 3 == 9", True),
        ("8 / 2 / 2 == 2 and 8 - 2 - 2 == 4", True),
        ("-gain < 0 and - -gain == gain and 2 - -1 == 3", True),
        ("accuracy * 100 >= .8e2", True),
        ("score >= quality_threshold", True),
        ("rows > 1e3", True),
    ],
)
def test_a_condition_means_what_it_says(text: str, holds: bool) -> None:
    assert _verdict(text)[0] is holds


def test_the_answer_shows_the_measured_values() -> None:
    assert _verdict("accuracy > 0.85") == (False, "accuracy > 0.85: accuracy is 0.8123")
    assert _verdict(" rows > 5 && careful && stage == 'x' && rows < 9e9 ")[1] == (
        "rows > 5 && careful && stage == 'x' && rows < 9e9: "
        "rows is 5634, careful is true, stage is 'first'"
    )


@pytest.mark.parametrize("text", ["holdout > 0.8", "holdout > 0.8 or accuracy > 0.1"])
def test_a_name_without_a_value_yet_does_not_hold_and_is_told(text: str) -> None:
    holds, explained = _verdict(text)

    assert not holds
    assert "holdout has no value yet" in explained


def test_a_value_that_is_no_number_counts_as_none() -> None:
    verdict = Condition.parse("score < 1", NAMES).evaluate(lambda name: float("nan"))

    assert (verdict.holds, verdict.explained) == (False, "score < 1: score has no value yet")


def test_a_division_by_zero_does_not_hold_and_is_told() -> None:
    holds, explained = _verdict("gain / gates_failed > 1")

    assert not holds
    assert "division by zero" in explained


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "the end"),
        ("accuracy >", "the end"),
        ("accuracy > 0.8 0.9", "column 16: .*found '0.9'"),
        ("accuracy = 0.8", "column 10: .*write =="),
        ("accuracyy > 0.8", "did you mean accuracy"),
        ("accuracy", "neither true nor false"),
        ("accuracy > 'high'", "takes a number here, not a text"),
        ("stage > 'a'", "takes a number here, not a text"),
        ("stage == 1", "takes a text here, not a number"),
        ("accuracy and careful", "takes true or false here, not a number"),
        ("1 < 2 == true", "takes a number"),
        ("__import__('os').system('true')", "found '\\('|'\\.' is not understood"),
        ("score.real > 0", "not understood"),
        ("score[0] > 0", "not understood"),
        ("score ** 9 > 0", "found '\\*'"),
        ("lambda: 0", "not understood"),
        ("1e999 > score", "too large"),
        ("(" * 30 + "careful" + ")" * 30, "levels of parentheses"),
        ("-" * 900 + "1 > 0", "levels of parentheses"),
        ("1" + " + 1" * 900 + " > 0", "3605 characters"),
        ("(careful", "expected '\\)', found the end"),
        ("'open == stage", "column 1"),
    ],
)
def test_what_is_no_condition_is_refused_with_the_reason(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        Condition.parse(text, NAMES)


_SIGNS = "()+-*/<>!=&|.,'\" []"
_WORDS = st.sampled_from(
    [*_SIGNS, *NAMES, "and", "or", "not", "true", "==", "&&", "||", "1", "2.5e3", "open", "²", "\0"]
)


@given(st.one_of(st.text(), st.lists(_WORDS, max_size=40).map(" ".join)))
def test_any_text_is_a_condition_or_is_refused(text: str) -> None:
    """Nothing else can happen: no other error, and an answer that is yes or no."""
    try:
        condition = Condition.parse(text, NAMES)
    except ValueError:
        return
    assert isinstance(condition.evaluate(VALUES.get).holds, bool)
    assert set(condition.names) <= set(NAMES)


_NUMBERS = st.recursive(
    st.one_of(st.sampled_from(["accuracy", "gain", "score"]), st.integers(0, 9).map(str)),
    lambda inner: st.tuples(inner, st.sampled_from("+-*/"), inner).map(
        lambda p: f"({' '.join(p)})"
    ),
    max_leaves=8,
)


@given(_NUMBERS, st.sampled_from(["<", "<=", ">", ">=", "==", "!="]), _NUMBERS)
def test_arithmetic_agrees_with_python(left: str, sign: str, right: str) -> None:
    text = f"{left} {sign} {right}"
    numbers = {name: float(VALUES[name]) for name in ("accuracy", "gain", "score")}
    try:
        expected = eval(text, {"__builtins__": {}}, numbers)
    except ZeroDivisionError:
        expected = False

    assert _verdict(text)[0] is expected
