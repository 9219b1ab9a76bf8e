"""Boosters of a large table get more trees, the best of each kind first, while there is time."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.engine.agents.fakes import FACTS, recipe
from tests.engine.phases.fake_judge import Verdict
from tests.engine.phases.test_foundation import Run

from mle_star.phases import foundation
from mle_star.solution.solution import Solution

BOOSTER: dict[str, object] = {"n_estimators": 100, "learning_rate": 0.15, "num_leaves": 127}
LARGE = replace(FACTS, rows=200_000)
LONGER = "a + more trees"


def run_of(verdicts: dict[str, Verdict], *, seconds: float = 1_000.0, rows: int = 200_000) -> Run:
    """A run over booster a, a forest f without a learning rate, and what the judge says of them."""
    recipes = [
        recipe("a", relevance=0.9, hyperparameters=BOOSTER),
        recipe("f", relevance=0.8, hyperparameters={"n_estimators": 60}),
    ]
    verdicts = {"a": 0.8, "f": 0.78, **verdicts}
    run = Run(verdicts, models="", recipes=recipes, rows=2_000, per_row=1e-3, seconds=seconds)
    run.judge.free = {"constant", "plain_tree", "linear"}
    run.judge.slow = {LONGER: 3.0}
    run.context.facts = replace(LARGE, rows=rows)
    return run


def longer(run: Run) -> list[Solution]:
    return [e.solution for e in run.context.ledger if e.solution.name == LONGER]


def test_a_booster_gets_more_trees_and_a_lower_rate_and_may_be_the_best() -> None:
    run = run_of({LONGER: 0.9})

    best = run.go().best.solution

    assert best.name == LONGER
    assert best.hyperparameters == {**BOOSTER, "n_estimators": 300, "learning_rate": 0.1}
    assert "300 trees in place of 100" in best.origin
    assert "f + more trees" not in run.judge.judged()


def test_what_gained_by_it_gets_more_yet_and_what_did_not_does_not() -> None:
    gained, lost = run_of({LONGER: 0.9}), run_of({LONGER: 0.7})
    gained.go()
    best = lost.go().best

    assert [s.hyperparameters["n_estimators"] for s in longer(gained)] == [300, 900]
    assert [s.hyperparameters["n_estimators"] for s in longer(lost)] == [300]
    assert best.solution.name == "a"


def test_none_is_begun_that_would_take_most_of_the_time_left() -> None:
    run = run_of({LONGER: 0.9}, seconds=100.0)
    run.go()

    assert "a" in run.judge.judged()
    assert not longer(run), "30 seconds and more, of 80"


@pytest.mark.parametrize("why", ["small", "in time", "counted", "limited"])
def test_the_number_of_trees_stays_where_more_are_not_asked_for(why: str) -> None:
    run = run_of({LONGER: 0.9}, rows=5_000 if why == "small" else 200_000)
    if why == "in time":
        run.context.task = replace(run.context.task, time="day")
    if why == "counted":
        run.budget.evaluations = 50
    if why == "limited":
        part = run.budget.share(1.0)
        foundation.run(run.context, run.techniques, part, part, max_candidates=2)
    else:
        run.go()

    assert "a" in run.judge.judged()
    assert not longer(run)


def test_what_there_was_no_time_for_is_lengthened_in_the_time_that_is_left_over() -> None:
    run = run_of({LONGER: 0.9})
    run.context.facts = FACTS
    done = run.go()
    run.context.facts = LARGE
    assert not longer(run)

    best = foundation.further(run.context, run.techniques, done.best, run.budget.share(1.0))

    assert best.solution.name == LONGER
