"""Signals, other engines, and what may not be gone on with."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.engine.cli.conftest import Run, run
from tests.reliability.story import Story
from tests.reliability.whole import Whole

__all__ = ["run"]

pytestmark = pytest.mark.slow


def test_the_first_signal_stops_a_run_within_five_seconds(troubled: Story) -> None:
    step = troubled["interrupted"]

    assert (step.ended.code, step.last) == (130, "session_finished")
    assert step.ended.seconds < 5
    assert re.search(r"go on with: .* resume out$", step.ended.err, re.MULTILINE)
    assert step.left == []
    assert step.halves == []


def test_the_second_signal_ends_a_run_at_once(troubled: Story) -> None:
    step = troubled["interrupted twice"]

    assert step.ended.code == 130
    assert step.ended.seconds < 1
    assert step.left == []


def test_a_running_engine_has_its_folder(troubled: Story) -> None:
    assert troubled.holder is not None
    assert troubled.holder.pid == troubled.pid


def test_a_torn_log_and_a_jumping_clock_change_nothing(troubled: Story, whole: Whole) -> None:
    whole.assert_same(troubled.folder, troubled["end"].ended.code)


def test_what_is_streamed_is_what_is_logged(troubled: Story) -> None:
    log = (troubled.folder / "out" / "events.jsonl").read_text().splitlines()
    said = troubled["session_finished"].ended.out.splitlines()

    assert json.loads(said[0])["type"] == "session_resumed"
    assert said == log[-len(said) :] or said == log[-len(said) - 1 : -1]


@pytest.fixture
def stopped(troubled: Story, tmp_path: Path) -> Path:
    """The output folder of a run that was stopped early on, in a folder of its own."""
    shutil.copytree(troubled.folder, tmp_path, dirs_exist_ok=True)
    log = tmp_path / "out" / "events.jsonl"
    begun = log.read_text().splitlines(keepends=True)[:40]
    log.write_text("".join(begun).replace(str(troubled.folder), str(tmp_path)))
    return tmp_path / "out"


def test_a_run_whose_data_changed_is_not_gone_on_with(stopped: Path, run: Run) -> None:
    data = stopped.parent / "shop.csv"
    data.write_text(data.read_text().replace("yes", "no", 1))
    before = (stopped / "events.jsonl").read_bytes()

    done = run("resume", stopped)

    assert done.code == 8
    assert "shop.csv is not what it was when the run began" in done.err
    assert (stopped / "events.jsonl").read_bytes() == before


def test_a_run_of_another_version_is_not_gone_on_with(stopped: Path, run: Run) -> None:
    log = stopped / "events.jsonl"
    log.write_text(re.sub('"version":"[^"]*"', '"version":"0.0.1"', log.read_text(), count=1))

    done = run("resume", stopped)

    assert done.code == 8
    assert "was begun by mle-star 0.0.1" in done.err
    assert "install version 0.0.1" in done.err


def test_a_log_in_another_form_is_not_gone_on_with(stopped: Path, run: Run) -> None:
    log = stopped / "events.jsonl"
    log.write_text(log.read_text().replace('{"v":1,', '{"v":2,'))

    done = run("resume", stopped)

    assert done.code == 8
    assert "events.jsonl" in done.err or "no beginning" in done.err


@pytest.fixture
def held(stopped: Path) -> Iterator[int]:
    """The process that holds the folder."""
    code = (
        "import sys, pathlib, mle_star.session.lock as lock; "
        "kept = lock.Lock(pathlib.Path(sys.argv[1])); print('held', flush=True); sys.stdin.read()"
    )
    words = [sys.executable, "-c", code, str(stopped)]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"held\n"
        yield process.pid
        process.kill()


def test_another_engine_is_told_who_has_the_folder_and_since_when(
    stopped: Path, held: int, run: Run
) -> None:
    data = stopped.parent / "shop.csv"
    others = [
        run("run", "--dataset", data, "--target", "label", "--output", stopped),
        run("resume", stopped),
    ]

    for other in others:
        assert other.code == 2
        assert re.search(rf"out is in use by process {held}, for \d+ s now", other.err), other.err
        assert "mle-star stop " in other.err
