"""The page that shows where a run stands, at any size."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.engine.cli.any_event import TEXTS, any_event
from tests.engine.cli.written import REASON, Told, beginning, end, folded, lines, middle

from mle_star import events as e
from mle_star.cli import screen
from mle_star.cli.page import Moment, page
from mle_star.cli.row import cut, drawn, plain, width_of


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


@pytest.mark.parametrize(
    ("text", "short"),
    [
        ("面白い" * 20, "面白い" * 3 + "…"),
        ("a" * 30, "a" * 19 + "…"),
        ("e\u0301" * 15, "e\u0301" * 15),
        ("two words and a cut here", "two words and a cut…"),
    ],
)
def test_letters_of_two_cells_and_of_none_are_counted_as_such(text: str, short: str) -> None:
    assert cut(text, 20) == short


@pytest.mark.parametrize("width", [40, 60, 80, 120, 200])
def test_a_page_of_any_width_has_all_its_rows(width: int) -> None:
    shown = lines(folded([*beginning(), *middle(), *end()]), width, 40)

    assert max(map(width_of, shown)) <= width
    assert all(any(word in line for line in shown) for word in ("best", "gates", "validation"))


def test_a_row_is_drawn_as_wide_as_it_is_plain() -> None:
    for row in page(folded([*beginning(), *middle()]), Moment(9.0), 44, 24):
        text = drawn(row, 44, colours=True)
        assert screen._CODE.sub("", text).rstrip() == plain(row, 44)
