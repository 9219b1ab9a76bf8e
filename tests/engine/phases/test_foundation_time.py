"""What the foundation leaves out where time is short."""

from __future__ import annotations

from tests.engine.agents.fakes import recipe
from tests.engine.phases.fake_judge import Verdict
from tests.engine.phases.test_foundation import SIMPLE, Run

from mle_star.events import Noted
from mle_star.phases import foundation


def test_where_time_is_short_candidates_are_judged_in_their_order_while_it_lasts() -> None:
    verdicts: dict[str, Verdict] = {n: 0.8 + i / 100 for i, n in enumerate("abcdef")}
    run = Run(verdicts, models="abcdef", rows=20_000, per_row=1e-3, seconds=100.0)
    run.judge.free = set(SIMPLE)

    run.go(0.5)

    full = {n for names, f in run.judge.calls if f == run.context.fidelity for n in names}
    judged = "".join(sorted(full & set("abcdef")))
    assert judged
    assert judged != "abcdef"
    assert "abcdef".startswith(judged)


def test_where_no_merge_could_be_refined_none_is_made_and_it_is_said() -> None:
    verdicts: dict[str, Verdict] = {"a": 0.9, "b": 0.8, "average of a and b": 0.95}
    short = Run(verdicts, models="ab", rows=2_000, per_row=1e-3, seconds=100.0)
    long = Run(verdicts, models="ab", rows=2_000, per_row=1e-3, seconds=1_000.0)

    assert short.go(0.9).best.solution.name == "a"
    assert long.go(0.9).best.solution.name == "average of a and b"
    assert any(isinstance(e, Noted) and "no merge" in e.message for e in short.events)


def test_a_merge_with_a_slow_model_is_not_refined_any_faster() -> None:
    verdicts: dict[str, Verdict] = {"a": 0.9, "b": 0.8, "average of a and b": 0.95}
    run = Run(verdicts, models="ab", rows=2_000, per_row=1e-3, seconds=1_000.0)
    run.judge.slow = {"b": 40.0}

    assert run.go(0.9).best.solution.name == "a"
    assert any(isinstance(e, Noted) and "no merge" in e.message for e in run.events)


def test_where_the_first_is_judged_it_takes_no_time_of_the_others() -> None:
    verdicts: dict[str, Verdict] = {"a": 0.8, "b": 0.75, "c": 0.85}
    run = Run(verdicts, models="abc", rows=2_000, per_row=1e-3, seconds=100.0)
    run.judge.free = set(SIMPLE)
    run.go(0.6)

    whole = [names for names, f in run.judge.calls if f == run.context.fidelity]
    first = next(names for names in whole if "a" in names)
    assert "linear" in first, "judged beside the baselines"
    assert not any("a" in names for names in whole if names is not first)


def test_where_only_baselines_have_scores_a_model_gets_the_time_that_the_closing_leaves() -> None:
    verdicts: dict[str, Verdict] = {"a": 0.9, "b": 0.8}
    run = Run(verdicts, models="ab", rows=2_000, per_row=4e-3, seconds=100.0)
    run.judge.free = set(SIMPLE)

    assert run.go(0.1).best.solution.name == "a", "the slice itself is too short for any"


def test_that_time_is_not_taken_where_a_model_has_a_score() -> None:
    verdicts: dict[str, Verdict] = {"a": 0.4, "b": 0.8}
    run = Run(verdicts, models="ab", rows=2_000, per_row=4e-3, seconds=100.0)
    run.judge.free = {*SIMPLE, "a"}

    assert run.go(0.1).best.solution.name == "linear"
    assert run.judge.judged().count("a") == 2, "the pilot and the whole"


def test_a_candidate_that_takes_longer_than_expected_may_end_a_little_late() -> None:
    hasty = recipe("b", relevance=0.8, cost=0.1)
    run = Run({"a": 0.8, "b": 0.9}, models="a", recipes=[hasty], rows=2_000, per_row=1e-3)
    run.budget.seconds = 100.0
    run.judge.free, run.judge.slow = set(SIMPLE), {"b": 1.1}

    assert run.go(0.25).best.solution.name == "b", "it ends after 23 s, the candidates' share 22.7"


def test_what_there_was_no_time_for_is_judged_in_the_time_that_is_left_over() -> None:
    verdicts: dict[str, Verdict] = {"a": 0.8, "b": 0.75, "c": 0.85, "d": 0.9}
    run = Run(verdicts, models="abcd", rows=2_000, per_row=1e-3, seconds=100.0)
    run.judge.free = set(SIMPLE)
    done = run.go(0.2)
    assert {name for name in run.judge.judged() if name in "abcd"} == {"a"}
    left = run.budget.share(1.0).within(30.0)

    best = foundation.further(run.context, run.techniques, done.best, left)

    assert [n for n in run.judge.judged() if n in "bcd"] == ["b", "c"], "d might not end in time"
    assert left.seconds() == 10.0, "each took ten"
    assert best.solution.name == "c"
    assert [event.name for event in run.incumbents][-2:] == ["a", "c"], "b is not better"
