"""What is shown where there is no terminal, and with --quiet."""

from __future__ import annotations

import pytest
from tests.engine.cli.written import tell
from tests.engine.report.story import story

from mle_star import events as e
from mle_star.cli.progress import Progress
from mle_star.cli.view import PlainView, view


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
