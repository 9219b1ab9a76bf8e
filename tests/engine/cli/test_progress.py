"""Where a run stands, folded from its events."""

from __future__ import annotations

import time

import pytest
from tests.engine.cli.written import REASON, beginning, folded, lines, middle
from tests.engine.report.story import judged, story

from mle_star import events as e
from mle_star.cli.lines import effort_line
from mle_star.cli.progress import UNFINISHED, Progress
from mle_star.judge.evaluation import DROPPED, NOT_JUDGED


def test_tasks_are_queued_then_running_then_done() -> None:
    progress = Progress()
    for event, of in beginning()[:4]:
        progress.add(event, 1.0, of)
    assert [one.name for one in progress.running()] == ["web_search_phase", "dataset_analysis"]
    assert (progress.amount("queued"), progress.amount("running")) == (3, 2)

    for event, of in beginning()[4:]:
        progress.add(event, 2.0, of)
    done = progress.activities["web_search_phase"]
    assert (done.status, done.summary, done.seconds) == ("done", "24 techniques, 51 sources", 0.4)


def test_without_a_workflow_a_phase_is_one_row_however_often_it_runs() -> None:
    progress = Progress()
    for turn in range(3):
        progress.add(e.PhaseStarted("refinement", None), 10.0 * turn)
        progress.add(e.PhaseFinished("refinement", f"turn {turn}", 4.0), 10.0 * turn + 4)

    [row] = progress.activities.values()
    assert (row.summary, row.seconds, row.status) == ("turn 2", 12.0, "done")


def test_what_is_tried_is_known_with_its_reason_until_it_is_judged() -> None:
    progress = folded([*beginning(), *middle()])
    [activity] = progress.running()
    [trying] = activity.trying.values()
    assert (trying.name, trying.why) == ("lightgbm", REASON)

    progress.add(judged("lightgbm", 0.84), 20.0, "foundation_building")
    assert activity.trying == {}


def test_the_reason_for_a_change_is_that_of_what_is_added() -> None:
    progress = folded(beginning())
    progress.add(e.EvaluationStarted("d", "linear + lightgbm", 10, 5), 1.0, "foundation_building")

    [trying] = progress.activities["foundation_building"].trying.values()
    assert trying.why == REASON


@pytest.mark.parametrize(("greater", "best", "gain"), [(True, 0.86, 0.06), (False, 0.75, 0.05)])
def test_the_gain_goes_on_where_events_do_not_tell_it(
    greater: bool, best: float, gain: float
) -> None:
    progress = folded([(event, "") for event in story(greater=greater)[:3]])
    progress.add(e.IncumbentChanged("a", "linear", 0.80, 0.01, 0.0), 1.0)
    progress.add(e.IncumbentChanged("b", "tuned", best, 0.01, None), 2.0)

    assert progress.baseline == 0.80
    assert progress.gain == pytest.approx(gain)


def test_time_left_and_evaluations_left_are_told() -> None:
    progress = folded([(event, "") for event in story()[:-1]])
    assert effort_line(progress, 20.0) == "3 judged, 1 failed, 0:40 left"
    assert progress.share(15.0) == 0.25

    start = e.SessionStarted("i", "n", "f", {"seconds": None, "evaluations": 9})
    counting = folded([(start, ""), *((event, "") for event in story()[1:-1])])
    assert effort_line(counting, 20.0) == "3 judged, 1 failed, 5 left to judge"


def test_what_was_given_up_has_not_failed_but_counts_as_tried() -> None:
    assert UNFINISHED == (NOT_JUDGED, DROPPED)
    progress = Progress()
    for n, failure in enumerate([f"{NOT_JUDGED}: no time", f"{DROPPED}: weak", "ValueError: no"]):
        progress.add(judged(f"c{n}", None, failure=failure), 1.0)
    progress.add(judged("known", 0.9, cached=True), 1.0)

    assert (progress.judged, progress.failed, progress.dropped, progress.used) == (0, 1, 2, 3)


def test_only_the_last_ablation_counts() -> None:
    progress = folded([*beginning(), *middle()])
    for step, role in ((1, "model"), (1, "post"), (2, "features")):
        effect = e.AblationMeasured(step, role, "plain", 0.02, 0.01, 0.03, 0.01, "HIGH")
        progress.add(effect, 30.0, "targeted_refinement")

    assert list(progress.ablation) == ["features"]


def test_thirty_thousand_events_neither_grow_nor_slow_down() -> None:
    progress = folded([*beginning(), *middle()])
    began = time.perf_counter()
    for n in range(10_000):
        progress.add(e.EvaluationStarted(f"d{n}", f"name {n}", 10, 5), n, "foundation_building")
        finished = judged(f"name {n}", 0.8, digest=f"d{n if n % 2 else 'lost'}")
        progress.add(finished, n, "foundation_building")
        progress.add(e.Noted("warning", f"warning {n}"), n)
    seconds = time.perf_counter() - began

    assert len(progress.activities["foundation_building"].trying) <= 100
    assert max(len(progress.lately), len(progress.warnings)) <= 40
    assert progress.warned == 10_000
    assert seconds / 30_000 < 50e-6
    assert len(lines(progress)) == 24
