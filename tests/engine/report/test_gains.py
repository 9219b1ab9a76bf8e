"""What merge, refinement and ensemble added: read from events, and only what can be compared."""

from __future__ import annotations

from typing import Any

import pytest
from tests.engine.report.story import judged, story

from mle_star import events as e
from mle_star.events import Event
from mle_star.report.gains import gains_of, lines_of, rows_of
from mle_star.report.render import markdown
from mle_star.report.result import fold
from mle_star.report.sections import Program, gains, sections


def best(name: str, score: float) -> e.IncumbentChanged:
    return e.IncumbentChanged(f"digest of {name}", name, score, 0.01, None)


def merged(name: str, score: float) -> e.EvaluationFinished:
    return judged(name, score, parent="digest of a", changed="model")


def merge_tried(score: float | None, *, accepted: bool) -> e.MergeTried:
    return e.MergeTried("a", "b", score, None, accepted, "")


def proposal(role: str, score: float | None, *, accepted: bool) -> e.ProposalJudged:
    return e.ProposalJudged(1, 1, role, "plan", "", score, None, None, accepted, "")


def compared(strategy: str, score: float | None, *, chosen: bool = False) -> e.EnsembleCompared:
    members = ["a"] if strategy == "best single" else ["a", "b"]
    return e.EnsembleCompared(strategy, members, None, score, None, chosen, "")


def step(start: str, end: str) -> e.StepFinished:
    return e.StepFinished(1, f"digest of {start}", f"digest of {end}", "model", 9, {})


def run(*, greater: bool = True) -> list[Event]:
    """Two candidates, a merge that helps, a refinement that helps, an ensemble that helps."""
    return [
        *story(greater=greater)[:4],
        judged("b", 0.60),
        best("b", 0.60),
        judged("a", 0.70),
        best("a", 0.70),
        merged("ab", 0.72),
        merge_tried(0.72, accepted=True),
        best("ab", 0.72),
        e.PhaseFinished("foundation", "", 1.0),
        judged("ab plain", 0.71, parent="digest of ab", changed="features"),
        judged("ab tuned", 0.75, parent="digest of ab", changed="hyperparameters"),
        best("ab tuned", 0.75),
        proposal("hyperparameters", 0.75, accepted=True),
        proposal("hyperparameters", 0.74, accepted=False),
        proposal("features", None, accepted=False),
        step("ab", "ab tuned"),
        compared("best single", 0.74),
        compared("greedy selection", 0.79, chosen=True),
        compared("linear stacking", None),
    ]


END = e.SessionFinished(0, 9.0, {"status": "done"})


def page(events: list[Event]) -> str:
    return markdown("x", sections(fold([*events, END]), Program("mle-star", "python")))


def of(events: list[Event]) -> dict[str, Any]:
    found = gains_of(fold(events))
    assert found is not None
    return found


def parts(events: list[Event]) -> dict[str, float]:
    return {one["part"]: round(one["gain"], 9) for one in of(events)["parts"]}


def test_each_part_adds_to_what_stood_before_it() -> None:
    found = of(run())

    assert (found["first"]["name"], found["first"]["score"]) == ("a", 0.70)
    assert parts(run()) == {"merge": 0.02, "refinement": 0.03, "ensemble": 0.05}
    assert found["whole"] == pytest.approx(0.10)
    assert found["relative"] == pytest.approx(0.10 / 0.70)
    assert [one["share"] for one in found["parts"]] == pytest.approx([0.2, 0.3, 0.5])


def test_the_ensemble_is_held_against_the_nested_best_single_not_the_plain_one() -> None:
    ensemble = of(run())["parts"][-1]

    assert (ensemble["score"], ensemble["against"]) == (0.79, 0.74)


def test_where_lower_is_better_a_lower_score_is_a_gain() -> None:
    events = [
        *run(greater=False)[:4],
        judged("a", 0.70),
        best("a", 0.70),
        e.PhaseFinished("foundation", "", 1.0),
        judged("tuned", 0.60, parent="digest of a", changed="hyperparameters"),
        proposal("hyperparameters", 0.60, accepted=True),
        best("tuned", 0.60),
    ]

    assert parts(events) == {"refinement": 0.1}


def test_scores_on_fewer_rows_or_folds_are_no_first_candidates() -> None:
    events = run()
    looks = [
        judged("quick", 0.99, sample_rows=2000),
        judged("pilot", 0.99, sample_folds=1, folds=[0.99]),
        judged("cut short", 0.99, folds=[0.99]),
        judged("broken", None),
        best("quick", 0.99),
    ]

    assert of(events[:4] + looks + events[4:])["first"]["name"] == "a"


def test_variants_of_the_ablation_and_of_refinement_are_no_first_candidates() -> None:
    events = run()
    events.insert(13, judged("variant", 0.99, parent="digest of ab", changed="model"))

    assert of(events)["first"]["name"] == "a"


def test_a_solution_of_an_earlier_session_is_a_first_candidate() -> None:
    events = run()
    events.insert(4, judged("from before", 0.715, parent="x", changed="hyperparameters"))

    assert of(events)["first"]["name"] == "from before"
    assert parts(events)["merge"] == 0.005


def test_a_merge_within_noise_that_is_taken_up_later_counts_as_merge() -> None:
    events = [
        *run()[:8],
        merged("ab", 0.705),
        merge_tried(0.705, accepted=False),
        e.PhaseFinished("foundation", "", 1.0),
        proposal("features", 0.6, accepted=False),
        step("a", "ab"),
    ]

    assert parts(events) == {"merge": 0.005, "refinement": 0.0}


def test_what_improves_a_kind_of_model_that_stays_behind_gains_nothing() -> None:
    events = [
        *run()[:8],
        e.PhaseFinished("foundation", "", 1.0),
        judged("b tuned", 0.65, parent="digest of b", changed="hyperparameters"),
        proposal("hyperparameters", 0.65, accepted=True),
        step("b", "a"),
    ]

    assert parts(events) == {"refinement": 0.0}


def test_parts_that_the_run_did_not_come_to_are_not_told() -> None:
    assert parts(run()[:12]) == {"merge": 0.02}
    assert parts([*run()[:8], e.PhaseFinished("foundation", "", 1.0)]) == {}
    failed = [merge_tried(None, accepted=False), proposal("features", None, accepted=False)]
    alone = [*run()[:8], e.PhaseFinished("foundation", "", 1.0), *failed]
    assert parts([*alone, compared("best single", 0.7, chosen=True)]) == {}
    assert gains(fold(alone)).rows == ()


def test_before_the_foundation_is_done_and_without_any_score_nothing_is_told() -> None:
    assert gains_of(fold(run()[:11])) is None
    assert gains_of(fold([*story()[:4], e.PhaseFinished("foundation", "", 1.0)])) is None
    assert "Where the gain came from" not in page(run()[:11])
    assert "Where the gain came from" in page(run())


def test_the_ensemble_that_is_shipped_counts_though_another_was_chosen_first() -> None:
    events = [*run(), compared("plain average", 0.77)]
    summary = {
        "status": "done",
        "members": [{"name": "a", "digest": "1"}, {"name": "b", "digest": "2"}],
        "cross_validation": {"score": 0.77, "what": "best of 3 finalists on 400 selection rows"},
    }
    ensemble = of([*events, e.SessionFinished(0, 9.0, summary)])["parts"][-1]

    assert ensemble["what"] == "plain average of 2"
    assert ensemble["gain"] == pytest.approx(0.03)


def test_where_the_best_single_is_shipped_the_ensemble_gains_nothing() -> None:
    events = [*run()[:-3], compared("best single", 0.74, chosen=True), compared("greedy", 0.70)]

    assert of(events)["parts"][-1]["what"] == "none: the best single is shipped"
    assert parts(events)["ensemble"] == 0.0


def test_what_is_done_by_hand_after_the_run_does_not_change_its_figures() -> None:
    ended: list[Event] = [*run(), END]
    by_hand = [
        judged("by hand", 0.95, parent="digest of a", changed="model"),
        best("by hand", 0.95),
    ]

    assert of([*ended, *by_hand]) == of(ended)


def test_without_a_gain_there_are_no_shares() -> None:
    events = [
        *run()[:8],
        merged("ab", 0.69),
        merge_tried(0.69, accepted=False),
        e.PhaseFinished("foundation", "", 1.0),
    ]
    found = of(events)

    assert rows_of(found) == (
        ("merge", "0 of 1 merge accepted", "0.7000", "0.7000", "+0.0000", "-"),
    )
    assert "Nothing that followed was better." in lines_of(found, "roc_auc")[0]


def test_the_summary_tells_it_in_the_units_of_the_metric_and_in_percent() -> None:
    told = page(run())

    refined = "| refinement | 1 of 2 proposals accepted (hyperparameters) | 0.7500 | 0.7200 |"
    assert f"{refined} +0.0300 | 30 % |" in told
    assert "best first candidate was a: roc_auc 0.7000 over 5 folds" in told
    assert "What followed gained 0.1000 (14 % of its score)." in told


def test_result_json_has_it() -> None:
    plain = fold(run()).plain()["gains"]

    assert [one["part"] for one in plain["parts"]] == ["merge", "refinement", "ensemble"]
