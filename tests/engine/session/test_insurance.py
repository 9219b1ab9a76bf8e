"""An early model is a safeguard: what it may take does not hang on what its fit was expected to."""

from __future__ import annotations

from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import pytest
from tests.engine.phases.fake_judge import Clock

from mle_star.budget import Budget
from mle_star.phases import deployment
from mle_star.session.insurance import Insurance


def _deadline(monkeypatch: pytest.MonkeyPatch, budget: Budget) -> float:
    seen: list[float] = []

    def insurance(*given: Any) -> list[Any]:
        seen.append(given[4])
        return []

    monkeypatch.setattr(deployment, "insurance", insurance)
    folder = SimpleNamespace(model=None, has_model=False)
    session: Any = SimpleNamespace(
        folder=folder, prepared=object(), insured=None, stamp=lambda: None
    )
    made = Insurance(session, _Context(budget))  # type: ignore[arg-type]
    made.renew(SimpleNamespace(solution=SimpleNamespace(digest="d"), fit_seconds=0.1))  # type: ignore[arg-type]
    return seen[0]


@dataclass
class _Context:
    budget: Budget
    emit: Any = print

    def once(self, _key: str, do: Any) -> Any:
        return do()


@pytest.mark.parametrize(("seconds", "most"), [(600.0, 60.0), (20.0, 5.0)])
def test_the_fit_is_ended_after_a_tenth_of_the_time_left(
    monkeypatch: pytest.MonkeyPatch, seconds: float, most: float
) -> None:
    assert _deadline(monkeypatch, Budget(Clock(), seconds)) == pytest.approx(most)


def test_where_evaluations_are_counted_no_clock_decides(monkeypatch: pytest.MonkeyPatch) -> None:
    assert _deadline(monkeypatch, Budget(Clock(), 600.0, 10)) >= 600.0
