"""What is shown while a run goes on."""

from __future__ import annotations

import io

import pytest
from rich.console import Console
from tests.engine.report.story import story

from mle_star import events as e
from mle_star.cli.live import LiveView
from mle_star.cli.progress import Progress
from mle_star.cli.view import PlainView, view
from mle_star.events import Event


def _plain(capsys: pytest.CaptureFixture[str], *, verbose: bool) -> str:
    shown = PlainView(Progress(lambda: 12.0), verbose=verbose)
    for event in story():
        shown(event)
    captured = capsys.readouterr()
    assert captured.out == ""
    return captured.err


def test_plain_lines_tell_of_phases_the_best_and_warnings(
    capsys: pytest.CaptureFixture[str],
) -> None:
    lines = _plain(capsys, verbose=False).splitlines()

    assert "[0:12] foundation begins (up to 20 s)" in lines
    assert "[0:12] foundation done in 12 s: 4 judged, best lightgbm" in lines
    assert any("best roc_auc 0.8400 ± 0.0100, +0.0400 over the baseline: lightgbm" in x
               for x in lines)  # fmt: skip
    assert "[0:12] warning: two columns are equal" in lines
    assert not any("broken" in line or "nothing much" in line for line in lines)


def test_verbose_adds_every_candidate_and_why_one_failed(
    capsys: pytest.CaptureFixture[str],
) -> None:
    text = _plain(capsys, verbose=True)

    assert "linear: 0.8000 ± 0.0100 (5 folds, 1.5 s)" in text
    assert "broken: ValueError: no such thing" in text
    assert "gate fold spread: fail, 9 %" in text
    assert "nothing much" in text


def test_quiet_shows_warnings_only(capsys: pytest.CaptureFixture[str]) -> None:
    with view("churn", lambda: 0.0, quiet=True, verbose=False) as shown:
        for event in story():
            shown(event)

    captured = capsys.readouterr()
    assert (captured.out, captured.err) == ("", "warning: two columns are equal\n")


def test_time_left_and_evaluations_left_are_told() -> None:
    progress = Progress(lambda: 20.0)
    for event in story()[:-1]:
        progress.add(event)
    assert progress.effort_line() == "3 judged, 1 not, 0:40 left"

    counting = Progress(lambda: 20.0)
    counting.add(e.SessionStarted("i", "n", "f", {"seconds": None, "evaluations": 9}))
    for event in story()[1:-1]:
        counting.add(event)
    assert counting.effort_line() == "3 judged, 1 not, 5 left to judge"


def test_what_is_tried_is_known_until_it_is_judged() -> None:
    progress = Progress(lambda: 0.0)
    progress.add(e.EvaluationStarted("digest of linear", "linear", 10, 5))
    assert list(progress.trying.values()) == ["linear"]

    progress.add(story()[6])
    assert progress.trying == {}


@pytest.mark.parametrize("width", [80, 120])
def test_the_live_page_keeps_to_the_width_of_the_terminal(width: int) -> None:
    page = _live(story()[:8], width)

    assert max(len(line) for line in page.splitlines()) <= width
    assert "best roc_auc 0.8000" in page
    assert "foundation" in page


def test_the_live_page_shows_what_is_tried_and_survives_long_names() -> None:
    trying = e.EvaluationStarted("d", "a very long name " * 20, 10, 5)

    page = _live([*story()[:8], trying], 80)

    assert "trying a very long name" in page
    assert max(len(line) for line in page.splitlines()) <= 80


def _live(events: list[Event], width: int) -> str:
    console = Console(
        file=io.StringIO(), width=width, height=24, force_terminal=True, color_system=None
    )
    live = LiveView(Progress(lambda: 3.0), console, verbose=False)
    for event in events:
        live(event)
    page = Console(file=io.StringIO(), width=width, height=24, color_system=None)
    page.print(live)
    return page.file.getvalue()  # type: ignore[attr-defined, no-any-return]


@pytest.fixture(autouse=True)
def _not_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE"):
        monkeypatch.delenv(name, raising=False)
