"""One run that meets with many mishaps and ends like the undisturbed one.

In one file, so that the two runs are run once, beside each other.
"""

from __future__ import annotations

import errno
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.engine.cli.conftest import Run, data, run, write_data
from tests.reliability.story import Story
from tests.reliability.whole import Whole

from mle_star.errors import UsageError
from mle_star.session.folder import claim
from mle_star.session.settings import resolve
from mle_star_memory.sqlite_store import SqliteStore

__all__ = ["data", "run"]

pytestmark = pytest.mark.proof

KILLED = ("evaluation_finished", "step_finished", "gate_measured", "session_finished")


def test_a_run_that_met_with_all_of_it_ends_like_the_undisturbed_one(
    troubled: Story, whole: Whole
) -> None:
    whole.assert_same(troubled.folder, troubled["end"].ended.code)


@pytest.mark.parametrize("kind", KILLED)
def test_a_run_is_killed_right_after_an_event(troubled: Story, kind: str) -> None:
    step = troubled[kind]

    assert (step.ended.code, step.last) == (-9, kind)


@pytest.mark.parametrize("step", [*KILLED, "random"])
def test_the_workers_of_a_killed_engine_end_with_it(troubled: Story, step: str) -> None:
    assert troubled[step].ended.code == -9
    assert troubled[step].left == []


def test_being_told_otherwise_takes_nothing_back(troubled: Story) -> None:
    before, after = troubled["gate_measured"].kinds, troubled["session_finished"].kinds

    assert after["session_resumed"] - before["session_resumed"] == 1


def test_a_run_killed_right_at_its_end_is_told_of_all_the_same(troubled: Story) -> None:
    assert {"summary.md", "result.json", "leaderboard.csv"} <= set(troubled["end"].there)
    with SqliteStore(troubled.folder / "home" / "memory.sqlite3") as store:
        (session,) = store.sessions()

    assert (session.status, session.exit_code) == ("done", troubled["end"].ended.code)


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


def test_what_is_streamed_is_what_is_logged(troubled: Story) -> None:
    log = (troubled.folder / "out" / "events.jsonl").read_text().splitlines()
    said = troubled["session_finished"].ended.out.splitlines()

    assert json.loads(said[0])["type"] == "session_resumed"
    assert said == log[-len(said) - 1 : -1]  # it was killed before it could say the last one


def test_a_run_whose_disk_is_full_says_so_and_how_to_go_on(troubled: Story) -> None:
    step = troubled["full disk"]

    assert step.ended.code == 8
    (told,) = [line for line in step.ended.err.splitlines() if line.startswith("mle-star: ")]
    assert "out/" in told
    assert "No space left on device" in told
    assert "resume out" in step.ended.err
    assert step.halves == []
    assert step.left == []


def test_a_store_that_cannot_be_written_costs_only_a_warning(troubled: Story) -> None:
    step = troubled["session_finished"]

    assert step.last == "session_finished"
    assert "[commit 2 fails]" in step.ended.err
    assert "this run is not remembered any further" in step.ended.out
    assert "memory.sqlite3: disk I/O error" in step.ended.out


def test_a_run_that_cannot_write_at_all_leaves_nothing(
    run: Run, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)

    done = run("run", "--dataset", data, "--target", "label", "--output", "out")

    assert done.code == 8
    assert "cannot write out/workflow.json (" in done.err
    assert "No space left on device" in done.err
    assert "choose another --output folder" in done.err
    assert not (tmp_path / "out").exists()


def test_a_folder_whose_run_never_began_can_be_used_again(tmp_path: Path) -> None:
    data, out = write_data(tmp_path / "shop.csv"), tmp_path / "out"
    given = {"dataset": str(data), "target": "label", "output": str(out)}
    claim(resolve(given, cores=2)).lock.close()  # and then it was killed
    (out / ".workflow.json.1.partial").touch()

    folder = claim(resolve(given, cores=2))
    folder.events.write_text("begun")
    folder.lock.close()

    with pytest.raises(UsageError, match="is not empty"):
        resolve(given, cores=2)


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
    log.write_text(log.read_text().replace('{"v":1,', '{"v":2,', 1))

    done = run("resume", stopped)

    assert done.code == 8
    assert "events.jsonl, line 1: not an event of version 1" in done.err


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
