"""The live page on a terminal, and what is printed meanwhile."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from tests.engine.cli.glass import Glass
from tests.engine.cli.written import beginning, end, middle, tell

from mle_star import events as e
from mle_star.cli import screen
from mle_star.cli.live import LiveView
from mle_star.cli.progress import Progress
from mle_star.cli.view import PlainView, View, view
from mle_star.eventlog import TASK


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


def test_a_page_for_a_wider_terminal_is_cut_not_wrapped(glass: Glass) -> None:
    shown = screen.Screen(glass)
    shown.write(["above " * 20], ["x" * 100, "y" * 100])

    assert glass.wrapped == 1
    assert glass.rows[2:] == ["x" * 80, "y" * 80, ""]


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
