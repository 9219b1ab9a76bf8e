"""The table of gains reads finished runs and runs nothing."""

from __future__ import annotations

import contextlib
import sys
from pathlib import Path

import pytest
from tests.engine.report.story import story

from benchmarks import gains
from mle_star.eventlog import EventLog


def leave_a_run(folder: Path, events: int) -> None:
    folder.mkdir(parents=True)
    with contextlib.closing(EventLog(folder / "events.jsonl", lambda: 0.0)) as log:
        for event in story()[:events]:
            log(event, 0.0, "")


def test_every_run_below_the_folder_is_a_line_with_its_parts(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    leave_a_run(tmp_path / "churn" / "ours" / "run", len(story()))
    leave_a_run(tmp_path / "stopped" / "ours" / "run", 5)
    monkeypatch.setattr(sys, "argv", ["gains.py", str(tmp_path)])

    gains.main()

    lines = capsys.readouterr().out.splitlines()
    assert lines[2] == (
        "| churn | roc_auc | 0.8400 (lightgbm) |  | +0.0000 (0 %) | +0.0100 (100 %) | "
        "+0.0100 (1.2 % of the score) |"
    )
    assert lines[3] == "| stopped | roc_auc | no candidate has a score |  |  |  |  |"
    assert lines[-1].endswith("1 runs that gained: merge 0 %, refinement 0 %, ensemble 100 %.")


def test_a_folder_without_runs_is_said_to_be_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", ["gains.py", str(tmp_path)])

    with pytest.raises(SystemExit, match=r"no events\.jsonl is in"):
        gains.main()
