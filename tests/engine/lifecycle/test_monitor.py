"""The performance monitor: what candidates take, the best, and stalls."""

from __future__ import annotations

from typing import Any

from mle_star.events import (
    AgentAnswered,
    AgentAsked,
    EvaluationFinished,
    GateMeasured,
    IncumbentChanged,
    Noted,
)
from mle_star.lifecycle.monitor import STALL_SECONDS, Monitor


def judged(seconds: float = 1.0, **other: Any) -> EvaluationFinished:
    values: dict[str, Any] = {
        "digest": "d", "name": "n", "parent": "", "changed": "", "origin": "", "blocks": {},
        "score": 0.8, "spread": 0.0, "folds": [], "rows": 100, "seconds": seconds,
        "peak_mib": 10 * seconds, "fit_seconds": seconds / 5,
    }  # fmt: skip
    return EvaluationFinished(**(values | other))


class Time:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_it_tells_seconds_memory_failures_and_the_best() -> None:
    monitor = Monitor(Time())
    for event in (
        judged(1.0),
        IncumbentChanged("d1", "linear", 0.8, 0.0, None),
        judged(3.0),
        judged(9.0, failure="crash", score=None),
        judged(50.0, cached=True),
        judged(2.0, sample_rows=10, fit_seconds=100.0),
    ):
        monitor(event)

    assert monitor.facts() == {
        "candidates": 3, "failures": 1, "seconds": 2.0, "slowest": 3.0, "peak_mib": 30.0,
        "best": {"name": "linear", "score": 0.8, "digest": "d1"}, "since_best": 3, "stalls": 0,
    }  # fmt: skip
    assert monitor.fit_seconds == 0.4


def test_a_gate_that_failed_stands_against_the_model_unless_it_was_measured_again() -> None:
    monitor = Monitor(Time())
    for gate, verdict in (("a", "fail"), ("b", "pass"), ("c", "fail"), ("c", "pass")):
        monitor(GateMeasured(gate, verdict, "1", "2", ""))

    assert monitor.failed_gates == ["gate a failed: 1, asked for 2"]


def test_a_stall_is_told_once_and_again_only_after_something_happened() -> None:
    time = Time()
    monitor = Monitor(time)
    time.now = 10 * STALL_SECONDS
    assert monitor.stall() == ""  # nothing has begun

    monitor(judged())
    time.now += STALL_SECONDS - 1
    assert monitor.stall() == ""
    time.now += 2
    assert "121 s" in monitor.stall()
    monitor(Noted("warning", "a stall"))
    assert monitor.stall() == ""
    monitor(judged())
    time.now += STALL_SECONDS + 1
    assert monitor.stall() != ""
    assert monitor.facts()["stalls"] == 2


def test_slow_candidates_and_language_models_are_no_stalls() -> None:
    time = Time()
    monitor = Monitor(time)
    monitor(judged(seconds=STALL_SECONDS))
    time.now += 3 * STALL_SECONDS
    assert monitor.stall() == ""
    monitor(AgentAsked("a", "s", "p", 1))
    time.now += 100 * STALL_SECONDS
    assert monitor.stall() == ""
    monitor(AgentAnswered("a", "s", "p", 1, 0, 1, 1, None, 1.0, 1, "", [], "", False))
    time.now += 100 * STALL_SECONDS
    assert monitor.stall() != ""
