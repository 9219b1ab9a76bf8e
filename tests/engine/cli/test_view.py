"""What is shown while a run goes on: where it stands, the page, plain lines, warnings only."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.engine.cli.any_event import TEXTS, any_event
from tests.engine.cli.glass import Glass
from tests.engine.cli.written import REASON, Told, beginning, end, middle
from tests.engine.report.story import judged, story

from mle_star import events as e
from mle_star.cli import screen
from mle_star.cli.lines import effort_line
from mle_star.cli.live import LiveView
from mle_star.cli.page import Moment, page
from mle_star.cli.progress import UNFINISHED, Progress
from mle_star.cli.row import drawn, plain, width_of
from mle_star.cli.view import PlainView, View, view
from mle_star.eventlog import TASK
from mle_star.judge.evaluation import DROPPED, NOT_JUDGED


def folded(events: list[Told], name: str = "churn") -> Progress:
    progress = Progress(name)
    for second, (event, of) in enumerate(events):
        progress.add(event, float(second), of)
    return progress


def lines(progress: Progress, width: int = 80, height: int = 24, **moment: Any) -> list[str]:
    given = Moment(**{"now": 30.0, **moment})
    return [plain(row, width) for row in page(progress, given, width, height)]


# Where a run stands


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


# The page


def test_the_page_of_80_by_24_shows_the_essentials() -> None:
    text = "\n".join(lines(folded([*beginning(), *middle()])))

    assert "mle-star · churn" in text
    assert "running 0:30" in text
    assert "0:30 of 1:00, 0:30 left" in text
    assert "best      0.8000 ± 0.0100 roc_auc  linear" in text
    assert "1 running, 2 done, 2 queued" in text
    assert "✓ web_search_phase" in text
    assert "24 techniques, 51 sources" in text
    assert "foundation_building        20 s  feature-engineer, ml-researcher" in text
    assert f"trying   14 s  lightgbm  {REASON[:20]}" in text
    assert "· targeted_refinement" in text
    assert "1 judged, 1 failed" in text
    assert "broken: ValueError: no such thing" in text


def test_the_page_tells_of_effects_gates_and_the_ensemble() -> None:
    text = "\n".join(lines(folded([*beginning(), *middle(), *end()]), state="done"))

    assert "gain      +0.0400 over the baseline 0.8000" in text
    assert "ablation  HIGH features +0.012   not measured post" in text
    assert "gates     1 fail: fold spread   1 pass" in text
    assert "ensemble  greedy of 2 members  0.8600 ± 0.0100" in text
    assert "warning   two columns are equal" in text
    assert "- targeted_refinement" in text
    assert "not wanted" in text


def test_several_tasks_and_several_candidates_run_at_once() -> None:
    of = "foundation_building"
    trying = [(e.EvaluationStarted(f"d{n}", "tuned", 10, 5), of) for n in range(4)]
    trying += [(e.EvaluationStarted(f"x{n}", f"model {n}", 10, 5), of) for n in range(9)]
    shown = lines(folded([*beginning()[:4], *middle()[:2], *trying]), height=40)

    assert sum("⠋" in line for line in shown) == 3
    assert any("tuned (4)" in line for line in shown)
    assert any("and 4 more" in line for line in shown)


def test_a_failed_task_says_why_and_stays_where_there_is_hardly_room() -> None:
    events = [*beginning(), *middle()]
    why = "no candidate could be fitted"
    events.append((e.TaskFinished("foundation_building", "foundation", "failed", why, 3.0), ""))

    for height in (24, 7):
        shown = lines(folded(events), height=height)
        assert any("✗ foundation_building" in line and why in line for line in shown)


def test_a_stopped_run_turns_no_more() -> None:
    shown = lines(folded([*beginning(), *middle()]), state="stopped")

    assert "stopped 0:30" in shown[0]
    assert any("1 stopped, 2 done" in line for line in shown)
    assert not any("⠋" in line or "trying" in line for line in shown)


def test_a_low_page_keeps_what_matters_most() -> None:
    shown = lines(folded([*beginning(), *middle()]), width=60, height=4)

    assert len(shown) == 4
    assert "churn" in shown[0]
    assert "0:30 left" in shown[1]
    assert "best" in shown[2]
    assert "foundation_building" in shown[3]


def test_a_high_page_tells_more() -> None:
    progress = folded([*beginning(), *middle(), *end()])
    low, high = lines(progress, height=24), lines(progress, 200, 50)

    assert len(low) == 24
    assert len(high) > 24
    wide = "\n".join(high)
    assert "linear: 0.8000 ± 0.0100 (5 folds, 1.5 s)" in wide
    assert "features accepted +0.0100, gain: target encoding" in wide


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(any_event(), TEXTS), max_size=25),
    st.integers(10, 200),
    st.integers(1, 60),
    st.sampled_from(["running", "stopped"]),
)
def test_no_page_is_wider_or_higher_than_the_terminal(
    events: list[Told], width: int, height: int, state: str
) -> None:
    shown = page(folded(events), Moment(5.0, state, memory="21 MiB"), width, height)

    assert len(shown) <= height
    for row in shown:
        text = plain(row, width)
        assert width_of(text) <= width
        assert text.isprintable()


@pytest.mark.parametrize("width", [40, 60, 80, 120, 200])
def test_a_page_of_any_width_has_all_its_rows(width: int) -> None:
    shown = lines(folded([*beginning(), *middle(), *end()]), width, 40)

    assert max(map(width_of, shown)) <= width
    assert all(any(word in line for line in shown) for word in ("best", "gates", "validation"))


# Live


@pytest.fixture
def glass(monkeypatch: pytest.MonkeyPatch) -> Iterator[Glass]:
    """A terminal."""
    terminal = Glass()
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setattr(screen, "size_of", lambda _: tuple(terminal.terminal_size()))
    token = TASK.set("")
    yield terminal
    TASK.reset(token)


def on(terminal: Glass, *, verbose: bool = False) -> LiveView:
    return LiveView(Progress("churn"), lambda: 30.0, terminal, verbose=verbose)


def tell(shown: View, events: list[Told]) -> None:
    for event, of in events:
        TASK.set(of)
        shown(event)


def until(true: Any) -> None:
    last = time.monotonic() + 10
    while not true():
        assert time.monotonic() < last
        time.sleep(0.02)


def test_the_live_page_is_drawn_in_place_and_stays_at_the_end(glass: Glass) -> None:
    with on(glass) as shown:
        tell(shown, beginning())
        until(lambda: "2 done" in glass.shown)
        tell(shown, middle())
        until(lambda: "lightgbm" in glass.shown)
        tell(shown, end())

    assert glass.shown.count("mle-star") == 1
    assert "done 0:30" in glass.shown
    assert glass.wrapped == 0
    assert glass.rows[-1] == ""


def test_taking_an_event_in_draws_nothing(glass: Glass) -> None:
    tell(on(glass), [*beginning(), *middle(), (e.Noted("warning", "look"), "")])

    assert glass.shown == ""


def test_warnings_and_failures_stand_above_the_page(glass: Glass) -> None:
    long = "a warning that is longer than the terminal is wide, " * 3
    failed = e.TaskFinished("web_search_phase", "search", "failed", "no network", 1.0)
    with on(glass) as shown:
        tell(shown, [*beginning(), *middle()])
        until(lambda: "lightgbm" in glass.shown)
        tell(shown, [(e.Noted("warning", long), ""), (failed, ""), (e.Noted("info", "hush"), "")])
        until(lambda: "no network" in glass.shown)

    above, _, below = glass.shown.partition("── mle-star")
    assert long.split()[-1] in above
    assert "web_search_phase failed in 1.0 s: no network" in above
    assert "hush" not in glass.shown
    assert "running" not in above
    assert "best" in below


def test_what_other_code_prints_is_not_drawn_over(glass: Glass) -> None:
    before = sys.stderr
    with on(glass) as shown:
        tell(shown, [*beginning(), *middle()])
        sys.stderr.write("Traceback of a thread\nlast line without end")
        until(lambda: "Traceback of a thread" in glass.shown)
        sys.stderr.buffer.write(b", or bytes\n")
        until(lambda: "last line without end, or bytes" in glass.shown)
    assert sys.stderr is before

    assert glass.shown.index("Traceback") < glass.shown.index("── mle-star")


def test_verbose_prints_every_candidate_above_the_page(glass: Glass) -> None:
    with on(glass, verbose=True) as shown:
        tell(shown, [*beginning(), *middle()])

    above = glass.shown.partition("── mle-star")[0]
    assert "linear: 0.8000 ± 0.0100 (5 folds, 1.5 s)" in above
    assert "broken: ValueError: no such thing" in above


def test_the_page_is_away_while_a_person_is_asked(glass: Glass) -> None:
    with on(glass) as shown:
        tell(shown, [*beginning(), *middle()])
        until(lambda: "lightgbm" in glass.shown)
        with shown.paused():
            assert "lightgbm" not in glass.shown
            glass.write("Which block? model\r\n")
            tell(shown, [(e.Noted("warning", "meanwhile"), "")])
            time.sleep(0.3)
            assert glass.shown.rstrip() == "Which block? model"
        until(lambda: "lightgbm" in glass.shown)

    assert glass.shown.index("Which block?") < glass.shown.index("meanwhile")
    assert glass.shown.index("meanwhile") < glass.shown.index("── mle-star")


def test_a_page_follows_the_size_of_the_terminal(glass: Glass) -> None:
    with on(glass) as shown:
        tell(shown, [*beginning(), *middle()])
        until(lambda: "lightgbm" in glass.shown)
        glass.resize(200, 50)
        until(lambda: max(map(len, glass.rows)) == 200)
        glass.resize(50, 12)
        until(lambda: max(map(len, glass.rows[-11:])) <= 50)

    assert glass.wrapped == 0


def test_rows_that_a_narrower_terminal_has_wrapped_are_drawn_over(glass: Glass) -> None:
    shown = screen.Screen(glass)
    shown.write([], ["x" * 80, "short", "y" * 41])
    glass.columns = 40

    ups: list[str] = []
    glass.write = lambda text: ups.append(text) or len(text)  # type: ignore[method-assign, func-returns-value]
    shown.write([], ["new"])

    assert "\x1b[5A" in ups[0]


def test_only_what_changed_is_written_again(glass: Glass) -> None:
    shown = screen.Screen(glass)
    shown.write([], ["same", "old"])
    written: list[str] = []
    glass.write = lambda text: written.append(text) or len(text)  # type: ignore[method-assign, func-returns-value]

    shown.write([], ["same", "new"])

    assert "same" not in written[0]
    assert "new" in written[0]


def test_no_color_leaves_bold_and_dim(glass: Glass, monkeypatch: pytest.MonkeyPatch) -> None:
    with on(glass) as shown:
        tell(shown, [*beginning(), *middle(), *end()])
    assert {"31", "32", "36"} <= glass.codes

    monkeypatch.setenv("NO_COLOR", "1")
    glass.codes.clear()
    with on(glass) as shown:
        tell(shown, [*beginning(), *middle(), *end()])
    assert glass.codes <= {"0", "1", "2"}


@pytest.mark.parametrize(("name", "kind"), [("dumb", PlainView), ("xterm", LiveView)])
def test_a_page_needs_a_terminal_that_can_move_its_cursor(
    glass: Glass, monkeypatch: pytest.MonkeyPatch, name: str, kind: type[View]
) -> None:
    monkeypatch.setenv("TERM", name)
    monkeypatch.setattr(sys, "stderr", glass)

    with view("churn", lambda: 30.0, quiet=False) as shown:
        assert type(shown) is kind


def test_a_terminal_that_goes_away_does_not_end_the_run(
    glass: Glass, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(_: str) -> int:
        raise OSError("input/output error")

    with on(glass) as shown:
        monkeypatch.setattr(glass, "write", gone)
        until(lambda: "view" not in {thread.name for thread in threading.enumerate()})
        tell(shown, [*beginning(), *middle(), *end()])


def test_a_terminal_that_knows_ascii_only_gets_no_other_letters(glass: Glass) -> None:
    glass.encoding = "latin-1"
    with on(glass) as shown:
        tell(shown, [*beginning(), *middle()])

    assert glass.shown.isascii()
    assert "web_search_phase" in glass.shown


def test_a_row_is_drawn_as_wide_as_it_is_plain() -> None:
    for row in page(folded([*beginning(), *middle()]), Moment(9.0), 44, 24):
        text = drawn(row, 44, colours=True)
        assert screen._CODE.sub("", text).rstrip() == plain(row, 44)


# Plain lines, and quiet


def _plain(capsys: pytest.CaptureFixture[str], *, verbose: bool) -> str:
    shown = PlainView(Progress(), lambda: 12.0, verbose=verbose)
    tell(shown, [(event, "") for event in story()])
    captured = capsys.readouterr()
    assert captured.out == ""
    return captured.err


def test_plain_lines_tell_of_phases_the_best_and_warnings(
    capsys: pytest.CaptureFixture[str],
) -> None:
    told = _plain(capsys, verbose=False).splitlines()

    assert "[0:12] foundation begins (up to 20 s)" in told
    assert "[0:12] foundation done in 12 s: 4 judged, best lightgbm" in told
    best = "[0:12] best roc_auc 0.8400 ± 0.0100, +0.0400 over the baseline: lightgbm; "
    assert f"{best}3 judged, 0:48 left" in told
    assert "[0:12] warning: two columns are equal" in told
    assert not any("broken" in line or "nothing much" in line for line in told)


def test_verbose_adds_every_candidate_and_why_one_failed(
    capsys: pytest.CaptureFixture[str],
) -> None:
    text = _plain(capsys, verbose=True)

    assert "linear: 0.8000 ± 0.0100 (5 folds, 1.5 s)" in text
    assert "broken: ValueError: no such thing" in text
    assert "gate fold spread: fail, 9 %" in text
    assert "nothing much" in text


def test_quiet_shows_what_must_not_be_missed_only(capsys: pytest.CaptureFixture[str]) -> None:
    failed = e.TaskFinished("search", "search", "failed", "no\nnetwork", 1.0)
    with view("churn", lambda: 0.0, quiet=True) as shown, shown.paused():
        tell(shown, [*((event, "") for event in story()), (failed, "")])

    captured = capsys.readouterr()
    lines = ["warning: two columns are equal", "search failed in 1.0 s: no network"]
    assert (captured.out, captured.err.splitlines()) == ("", lines)
