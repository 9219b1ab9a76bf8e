"""Limits of time, candidates, cores and latency are found, and what only looks like one is not."""

from __future__ import annotations

import pytest
from tests.engine.session.wording.tables import TELCO, words_for

from mle_star.session.brief import understand


@pytest.mark.parametrize(
    ("text", "key", "value"),
    [
        ("within 20 minutes", "time_budget", 1200.0),
        ("in 2 hours", "time_budget", 7200.0),
        ("90 s", "time_budget", 90.0),
        ("half an hour at most", "time_budget", 1800.0),
        ("an hour and a half", "time_budget", 5400.0),
        ("1h30m", "time_budget", 5400.0),
        ("1 hour 30 minutes", "time_budget", 5400.0),
        ("no more than 1,000 seconds", "time_budget", 1000.0),
        ("time budget: 20 min", "time_budget", 1200.0),
        ("at most 40 candidates", "evaluations", 40),
        ("try thirty models", "evaluations", 30),
        ("seed 7", "seed", 7),
        ("random_state=5", "seed", 5),
        ("on 2 cores", "jobs", 2),
        ("four workers at most", "jobs", 4),
        ("at least 20 minutes", "time_budget", None),
        ("24 hours ahead", "time_budget", None),
        ("in the next 2 hours", "time_budget", None),
        ("within 12 hours of admission", "time_budget", None),
        ("within 30 days", "time_budget", None),
        ("with a second model", "time_budget", None),
        ("an ensemble of 3 models", "evaluations", None),
        ("at least 3 cores", "jobs", None),
    ],
)
def test_limits_are_understood(text: str, key: str, value: float | None) -> None:
    brief = understand(f"predict churn, {text}", TELCO)

    assert brief.options.get(key) == value
    assert (text in words_for(brief, key)) == (value is not None)


@pytest.mark.parametrize(
    ("text", "milliseconds"),
    [
        ("under 50 ms a prediction", 50.0),
        ("latency below 20ms", 20.0),
        ("less than 0.1 s per prediction", 100.0),
        ("predictions in under 1 second", 1000.0),
        ("respond within 100 milliseconds", 100.0),
        ("sampled every 50 ms", None),
        ("at least 50 ms per prediction", None),
        ("within 20 seconds", None),
    ],
)
def test_latency_is_no_time_budget(text: str, milliseconds: float | None) -> None:
    brief = understand(f"predict churn, {text}", TELCO)

    assert brief.constraints.get("latency_ms") == milliseconds
    assert ("time_budget" in brief.options) == (text == "within 20 seconds")


def test_a_time_beside_a_number_of_candidates_is_a_hard_limit_as_both_are_meant() -> None:
    brief = understand("predict churn, 40 candidates in 2 hours", TELCO)

    assert (brief.options["evaluations"], brief.options["timeout"]) == (40, 7_200_000)
    assert "time_budget" not in brief.options
    assert words_for(brief, "timeout") == ["in 2 hours"]
