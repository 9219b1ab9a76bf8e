"""A best that is slow to refine leaves time to quicker kinds of model that are nearly as good."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from tests.engine.phases.written_judge import WrittenJudge, around, context

from mle_star.budget import Budget, Slice
from mle_star.judge.evaluation import Evaluation
from mle_star.phases import refinement
from mle_star.phases.context import Context
from mle_star.phases.refinement import Refined
from mle_star.recipes.catalogue import compose, load
from mle_star.session.improvement import PATIENCE, Improvement, Plan
from mle_star.types import Role

SECONDS = 1000.0
SCORES = {"hist_gradient_boosting": 0.90, "lightgbm": 0.899, "linear": 0.5}


@contextlib.contextmanager
def phase(_name: str, _part: Slice | None) -> Iterator[list[str]]:
    yield []


def steps(monkeypatch: pytest.MonkeyPatch, slow: float) -> list[tuple[str, float]]:
    """Kind of model and seconds of each step, the first six, where nothing is ever found."""
    taken: list[tuple[str, float]] = []
    budget = Budget(lambda: 0.0, SECONDS)
    judge = WrittenJudge(lambda s: around(SCORES[s.name], 0.0), budget)
    here = context(judge, [])
    recipes = load()
    for name, seconds in zip(SCORES, (slow, 10.0, 1.0), strict=True):
        solution = compose([recipes["ordinal"], recipes[name]], name=name)
        here.record([replace(judge.start(solution), seconds=seconds)])

    def refined(
        context: Context, start: Evaluation, _: Any, part: Slice, *rest: Any, **__: Any
    ) -> Refined:
        taken.append((start.solution.name, part.seconds()))
        return Refined(start, Role.MODEL if len(taken) < 6 else None, [])

    monkeypatch.setattr(refinement, "run", refined)
    best = here.comparable()[0]
    Improvement(here, phase, best, Plan(steps=1 + PATIENCE, ablate=False)).run(budget.share(1.0))
    return taken[:6]


def test_a_slow_best_has_half_of_the_time_and_one_step_to_find_something(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    [(first, seconds), *later] = steps(monkeypatch, slow=100.0)
    assert first == "hist_gradient_boosting"
    assert seconds == pytest.approx(SECONDS / 2, rel=0.05)
    assert "lightgbm" in [kind for kind, _ in later[:2]]


def test_a_best_that_is_as_quick_has_the_steps_that_were_asked_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    kinds = [kind for kind, _ in steps(monkeypatch, slow=20.0)]
    assert kinds[:PATIENCE] == ["hist_gradient_boosting"] * PATIENCE


def test_a_slow_best_for_which_there_is_time_has_them_too(monkeypatch: pytest.MonkeyPatch) -> None:
    kinds = [kind for kind, _ in steps(monkeypatch, slow=40.0)]
    assert kinds[:PATIENCE] == ["hist_gradient_boosting"] * PATIENCE
