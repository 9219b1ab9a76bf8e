"""Where progress is flat, blocks are measured anew if what is known is of another solution."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import pytest
from tests.engine.phases.test_refinement import effect
from tests.engine.phases.written_judge import WrittenJudge, around, context

from mle_star.budget import Budget, Slice
from mle_star.events import AblationMeasured, Event, StepFinished
from mle_star.judge.evaluation import Evaluation
from mle_star.phases import ablation, refinement
from mle_star.phases.context import Context
from mle_star.phases.effect import BlockEffect
from mle_star.phases.refinement import Refined
from mle_star.recipes.catalogue import compose, load
from mle_star.session.improvement import Improvement, Plan
from mle_star.solution.solution import Solution
from mle_star.types import Role

START, BETTER = (
    compose([load()[name] for name in names])
    for names in (("standard", "linear"), ("one_hot", "linear"))
)


@contextlib.contextmanager
def phase(_name: str, _part: Slice | None) -> Iterator[list[str]]:
    yield []


class Stage:
    """Ablation and refinement with a refinement that finds what it is told to, once."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *found: Solution) -> None:
        self.calls: list[tuple[str, str]] = []
        self.found = list(found)
        self.budget = Budget(lambda: 0.0, 1e6)
        self.judge = WrittenJudge(lambda s: around(0.9 if s == BETTER else 0.8, 0.01), self.budget)
        self.events: list[Event] = []
        self.context = context(self.judge, self.events)
        self.start = self.judged(START)
        monkeypatch.setattr(ablation, "run", self.ablated)
        monkeypatch.setattr(refinement, "run", self.refined)

    def judged(self, solution: Solution) -> Evaluation:
        return self.context.record([self.judge.start(solution)])[0]

    def ablated(
        self, context: Context, best: Evaluation, slice: Slice, step: int
    ) -> list[BlockEffect]:
        self.calls.append(("ablation", best.solution.digest))
        return [effect(Role.FEATURES, 0.1)]

    def refined(self, context: Context, start: Evaluation, *_: Any, **__: Any) -> Refined:
        self.calls.append(("refinement", start.solution.digest))
        if self.found:
            return Refined(self.judged(self.found.pop()), Role.FEATURES, [])
        return Refined(start, None, [])

    def improvement(self, plan: Plan) -> Improvement:
        return Improvement(self.context, phase, self.start, plan)

    def run(self, plan: Plan) -> list[tuple[str, str]]:
        self.improvement(plan).run(self.budget.share(1.0))
        return self.calls


S, B = START.digest, BETTER.digest


def test_what_became_the_best_after_the_last_ablation_is_ablated_before_it_is_refined(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    calls = Stage(monkeypatch, BETTER).run(Plan(steps=1))

    assert calls[:4] == [
        ("ablation", S), ("refinement", S), ("ablation", B), ("refinement", B),
    ]  # fmt: skip
    assert calls.count(("ablation", B)) == 1


def test_what_is_known_of_the_best_is_not_measured_again(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = Stage(monkeypatch).run(Plan(steps=3))

    assert calls == [
        ("ablation", S), ("refinement", S), ("ablation", S), ("refinement", S), ("refinement", S),
    ]  # fmt: skip


def test_where_no_ablation_was_asked_for_there_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = Stage(monkeypatch, BETTER).run(Plan(steps=1, ablate=False))

    assert {what for what, _ in calls} == {"refinement"}


@pytest.mark.parametrize("measured", [False, True])
def test_a_resumed_run_knows_of_which_solution_the_blocks_were_measured(
    monkeypatch: pytest.MonkeyPatch, measured: bool
) -> None:
    stage = Stage(monkeypatch)
    stage.judged(BETTER)
    state = {"done": 1, "fruitless": 0, "turn": [], "spent": [], "history": ""}
    told: list[Event] = [
        AblationMeasured(1, "features", "plain", 0.1, 0.0, 0.2, 0.01, "HIGH"),
        StepFinished(1, S, B, "features", 4, state),
    ]
    if measured:
        told += [
            AblationMeasured(2, "features", "plain", 0.1, 0.0, 0.2, 0.01, "HIGH"),
            StepFinished(2, B, B, "features", 8, state),
        ]
    resumed = stage.improvement(Plan(steps=1))

    resumed.restore(told)
    resumed.run(stage.budget.share(1.0))

    assert (("ablation", B) in stage.calls) is not measured
    assert ("refinement", B) in stage.calls
