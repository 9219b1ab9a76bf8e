"""Baselines first, then candidates, then merges that help; whatever fails costs only itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest
from tests.engine.agents.fakes import FACTS, library, recipe
from tests.engine.phases.fake_judge import Clock, FakeJudge, Verdict, context

from mle_star.agents.technique import Technique
from mle_star.budget import Budget
from mle_star.errors import BudgetError
from mle_star.events import Event, IncumbentChanged, MergeTried
from mle_star.judge.evaluation import Evaluation, Fidelity
from mle_star.phases import foundation
from mle_star.phases.context import Context
from mle_star.phases.foundation import ROWS_WHEN_COUNTING, Foundation
from mle_star.phases.pace import EVALUATIONS_WANTED
from mle_star.phases.stand import Stand
from mle_star.recipes.recipe import Recipe
from mle_star.solution.solution import Solution
from mle_star.types import Role

SIMPLE: dict[str, Verdict] = {"constant": 0.5, "plain_tree": 0.6, "linear": 0.7}


class Run:
    """One run of the phase over models a, b, c ... in this order of relevance."""

    def __init__(
        self,
        verdicts: Mapping[str, Verdict],
        *,
        models: str = "abc",
        seconds: float = 1e6,
        evaluations: int | None = None,
        jobs: int = 1,
        recipes: Sequence[Recipe] = (),
        **judge: Any,
    ) -> None:
        self.budget = Budget(Clock(), seconds, evaluations)
        self.judge = FakeJudge({**SIMPLE, **verdicts}, self.budget, **judge)
        self.events: list[Event] = []
        made = [recipe(n, relevance=0.9 - i / 20) for i, n in enumerate(models)]
        known = library(*(recipe(n) for n in SIMPLE), *made, *recipes)
        self.context: Context = context(self.judge, known, FACTS, self.events, jobs)
        found = [*made, *recipes]
        self.techniques = [Technique(r, r.applies(FACTS), "", (), 1) for r in found]

    def go(self, share: float = 1.0) -> Foundation:
        part, last = self.budget.share(share), self.budget.share(1.0)
        return foundation.run(self.context, self.techniques, part, last)

    @property
    def merges(self) -> list[MergeTried]:
        return [e for e in self.events if isinstance(e, MergeTried)]

    @property
    def incumbents(self) -> list[IncumbentChanged]:
        return [e for e in self.events if isinstance(e, IncumbentChanged)]


def test_simple_baselines_are_judged_before_anything_else() -> None:
    run = Run({"a": 0.9, "b": 0.8, "c": 0.75})

    made = run.go()

    assert run.judge.judged()[:2] == ["constant", "plain_tree"]
    assert made.baseline.solution.name == "linear"
    assert made.best.solution.name == "a"


def test_each_incumbent_is_better_than_the_last_and_knows_its_gain_over_the_baseline() -> None:
    run = Run({"a": 0.8, "b": 0.75, "c": 0.9})

    run.go()

    scores = [event.score for event in run.incumbents]
    assert scores == sorted(set(scores))
    assert run.incumbents[-1].name == "c"
    assert run.incumbents[-1].gain_over_baseline == pytest.approx(0.2)


def test_merging_goes_on_in_order_of_score_and_stops_at_the_first_that_does_not_help() -> None:
    verdicts = {"a": 0.80, "b": 0.90, "c": 0.85, "d": 0.75}
    merged = {
        "average of b and c": 0.92,
        "average of b, c and a": 0.91,
        "average of b, c and d": 0.99,
    }
    run = Run({**verdicts, **merged}, models="abcd")

    made = run.go()

    assert made.best.solution.name == "average of b and c"
    assert [(m.base, m.added, m.accepted) for m in run.merges] == [
        ("b", "c", True),
        ("average of b and c", "a", False),
    ]
    assert run.merges[0].gain == pytest.approx(0.02)
    assert "no better" in run.merges[1].reason


def test_a_merge_that_fails_is_passed_over_with_its_reason() -> None:
    run = Run(
        {
            "a": 0.9,
            "b": 0.8,
            "c": 0.7,
            "average of a and b": "MemoryError",
            "average of a and c": 0.95,
        }
    )

    made = run.go()

    assert made.best.solution.name == "average of a and c"
    assert (run.merges[0].score, run.merges[0].reason) == (None, "MemoryError")


def test_a_merge_whose_gain_is_within_noise_is_not_taken() -> None:
    noisy = [0.99, 0.85, 0.95, 0.86, 0.90]
    run = Run({"a": 0.9, "b": 0.8, "average of a and b": noisy}, models="ab")

    made = run.go()

    assert made.best.solution.name == "a"
    assert "within noise" in run.merges[0].reason


def test_minimising_and_maximising_are_mirror_images() -> None:
    verdicts: dict[str, Verdict] = {
        "a": 0.80,
        "b": 0.90,
        "c": 0.85,
        "average of b and c": 0.92,
        "average of b, c and a": 0.91,
    }
    down = {name: -float(v) for name, v in {**SIMPLE, **verdicts}.items()}  # type: ignore[arg-type]
    up_run, down_run = Run(verdicts), Run(down, greater_is_better=False)

    up, mirrored = up_run.go(), down_run.go()

    assert mirrored.best.solution.name == up.best.solution.name == "average of b and c"
    assert mirrored.baseline.solution.name == up.baseline.solution.name == "linear"
    assert [m.accepted for m in down_run.merges] == [m.accepted for m in up_run.merges]
    assert [m.gain for m in down_run.merges] == pytest.approx([m.gain for m in up_run.merges])


def test_of_equals_the_simpler_stands_whichever_came_first() -> None:
    wordy = recipe("wordy_and_long", relevance=0.99)
    run = Run({"a": 0.9, "wordy_and_long": 0.9}, models="a", recipes=[wordy])

    assert run.go().best.solution.name == "a"


def test_a_failing_candidate_is_recorded_with_its_reason_and_costs_only_itself() -> None:
    run = Run({"a": "ValueError: bad", "b": 0.9, "c": 0.8})

    made = run.go()

    assert made.best.solution.name == "b"
    failures = {e.solution.name: e.failure for e in run.context.ledger if e.failure}
    assert failures == {"a": "ValueError: bad"}


def test_where_every_candidate_fails_the_error_names_the_reasons() -> None:
    run = Run(dict.fromkeys([*SIMPLE, *"abc"], "ImportError: no such library"))

    with pytest.raises(BudgetError, match="plain_tree: ImportError") as caught:
        run.go()

    assert caught.value.exit_code == 7
    assert caught.value.remedy


def test_without_a_usable_baseline_the_weakest_candidate_takes_its_place() -> None:
    run = Run({**dict.fromkeys(SIMPLE, "broken"), "a": 0.9, "b": 0.8, "c": 0.7})

    made = run.go()

    assert (made.baseline.solution.name, made.best.solution.name) == ("c", "a")


def test_a_small_table_is_used_whole() -> None:
    run = Run({"a": 0.9, "b": 0.8, "c": 0.75}, rows=1000, per_row=1e-4)
    run.go()

    assert run.context.fidelity == Fidelity()


def test_a_large_table_is_sampled_as_far_as_the_time_asks_for() -> None:
    verdicts = {"a": 0.9, "b": 0.8, "c": 0.75}
    rows = []
    for seconds in (60.0, 150.0, 60_000.0):
        run = Run(verdicts, rows=100_000, per_row=1e-4, seconds=seconds)
        run.go()
        rows.append(run.context.fidelity.rows)

    assert rows[0] is not None
    assert rows[1] is not None
    assert rows[0] < rows[1]
    assert rows[2] is None


def test_the_time_left_holds_the_wanted_evaluations() -> None:
    run = Run({"a": 0.9, "b": 0.8, "c": 0.75}, rows=100_000, per_row=1e-4, seconds=150.0)
    run.go(0.4)

    assert run.context.fidelity.rows is not None
    assert EVALUATIONS_WANTED <= 2 * 150.0 / (5 * 1e-4 * run.context.fidelity.rows) <= 25


def test_baseline_and_best_are_judged_at_the_sessions_fidelity() -> None:
    run = Run({"a": 0.9, "b": 0.8, "c": 0.75}, rows=100_000, per_row=1e-4, seconds=300.0)

    made = run.go()

    assert made.baseline.fidelity == made.best.fidelity == run.context.fidelity


def test_with_time_for_little_the_best_so_far_comes_back() -> None:
    run = Run({"a": 0.9, "b": 0.8, "c": 0.75}, rows=1000, per_row=1e-3, seconds=12.0)

    made = run.go()

    assert made.best.solution.name == "plain_tree"
    assert run.budget.elapsed < 25.0


def test_where_the_sessions_fidelity_is_never_reached_the_first_look_counts() -> None:
    run = Run({"a": 0.9, "b": 0.8, "c": 0.75}, rows=100_000, per_row=1e-4, seconds=3.0)

    made = run.go()

    assert made.best.solution.name == "plain_tree"
    assert run.context.fidelity == made.best.fidelity == Fidelity(rows=foundation.QUICK_ROWS)


def test_with_evaluations_counted_rows_depend_on_the_table_alone() -> None:
    verdicts = {"a": 0.9, "b": 0.8, "c": 0.75}
    runs = [Run(verdicts, rows=100_000, per_row=p, evaluations=20) for p in (1e-6, 1.0)]

    for run in runs:
        run.go()

    assert {run.context.fidelity for run in runs} == {Fidelity(rows=ROWS_WHEN_COUNTING)}
    assert runs[0].judge.calls == runs[1].judge.calls


def test_with_evaluations_counted_the_number_of_workers_changes_nothing() -> None:
    verdicts: dict[str, Verdict] = {n: 0.8 + i / 100 for i, n in enumerate("abcdef")}
    runs = [Run(verdicts, models="abcdef", evaluations=20, jobs=jobs) for jobs in (1, 8)]

    for run in runs:
        run.go()

    assert runs[0].judge.calls == runs[1].judge.calls


def test_no_more_evaluations_are_used_than_the_slice_holds() -> None:
    for count in (1, 2, 5):
        run = Run({"a": 0.9, "b": 0.8, "c": 0.75}, evaluations=count)
        made = run.go()

        assert run.budget.used <= count
        assert made.best.score is not None


def test_more_techniques_make_more_candidates() -> None:
    verdicts: dict[str, Verdict] = dict.fromkeys("abcdef", 0.8)
    few, many = Run(verdicts, models="ab"), Run(verdicts, models="abcdef")
    for run in (few, many):
        run.go()

    assert set(many.judge.judged()) - set(few.judge.judged()) >= set("cdef")


def test_every_evaluation_with_a_verdict_is_in_the_ledger() -> None:
    run = Run({"a": 0.9, "b": 0.8, "c": 0.75})
    run.go()

    assert {e.solution.name for e in run.context.ledger} == set(run.judge.judged())


def test_where_one_evaluation_would_take_all_the_time_a_smaller_sample_is_taken() -> None:
    run = Run({"a": 0.9, "b": 0.8, "c": 0.75}, rows=3000, per_row=4e-3, seconds=120.0)
    run.judge.free = set(SIMPLE)

    made = run.go()

    assert run.context.fidelity.rows is not None
    assert made.best.solution.name == "a"


@pytest.mark.parametrize(
    ("repaired", "judged", "best"),
    [
        ([0.95], ["own", "own 1"], "own 1"),
        (["ValueError: y", "ValueError: z", 0.99], ["own", "own 1", "own 2"], "a"),
        ([], ["own"], "a"),
    ],
)
def test_an_own_candidate_whose_code_raises_is_repaired_twice_at_most(
    repaired: list[Verdict], judged: list[str], best: str
) -> None:
    numbered = {f"own {n}": verdict for n, verdict in enumerate(repaired, start=1)}
    one = Run({"a": 0.9, "own": "ValueError: x", **numbered}, models="a")
    own = replace(solution_of(one, "a"), name="own")
    asked: list[tuple[str, int]] = []

    def repair(failed: Evaluation, number: int) -> Solution | None:
        asked.append((failed.failure, number))
        name = f"own {number}"
        return changed(own, name) if name in numbered else None

    found = foundation.run(
        one.context, one.techniques, one.budget.share(1.0), own=[changed(own, "own")], repair=repair
    )

    assert [n for e in one.context.ledger if (n := e.solution.name).startswith("own")] == judged
    assert [number for _, number in asked] == [1, 2][: len(asked)]
    assert asked[0][0] == "ValueError: x"
    assert found.best.solution.name == best


def solution_of(one: Run, name: str) -> Solution:
    [recipe] = [t.recipe for t in one.techniques if t.recipe.name == name]
    return Stand(one.context, ()).solution(recipe)


def changed(solution: Solution, name: str) -> Solution:
    """Another solution, whose code differs by its name."""
    block = solution.block(Role.MODEL)
    assert block is not None
    other = replace(block, source=f"{block.source}\n# {name}")
    return solution.with_block(other, name=name)


def test_a_single_tree_is_the_best_only_beyond_noise() -> None:
    noisy: dict[str, Verdict] = {"plain_tree": (0.9, 0.7, 0.9, 0.7, 0.9), "linear": 0.5, "a": 0.8}
    sure: dict[str, Verdict] = {"plain_tree": (0.9, 0.91, 0.9, 0.91, 0.9), "linear": 0.5, "a": 0.8}

    assert Run(noisy, models="a").go().best.solution.name == "a"
    assert Run(sure, models="a").go().best.solution.name == "plain_tree"
