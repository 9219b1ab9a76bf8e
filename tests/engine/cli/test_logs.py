"""The steps of a run as lines, and waiting for it."""

from __future__ import annotations

import json
import threading
import time
from pathlib import Path

import pytest
from hypothesis import given
from tests.engine.cli.any_event import any_event
from tests.engine.cli.conftest import Run
from tests.engine.cli.test_status import folder, held, running
from tests.engine.cli.written import end, write

from mle_star import events as e
from mle_star.cli.lines import TELLERS, told
from mle_star.cli.logs import ENGINE_LOG
from mle_star.cli.row import clean
from mle_star.eventlog import KINDS
from mle_star.events import Event

__all__ = ["folder"]


def test_every_kind_of_event_has_its_line() -> None:
    assert set(TELLERS) == set(KINDS.values())


@given(any_event())
def test_a_step_is_one_line_whatever_it_holds(event: Event) -> None:
    line = clean(told(event))

    assert line.isprintable()


def test_logs_tell_when_where_and_what(run: Run, folder: Path) -> None:
    done = run("logs", folder)

    lines = done.out.splitlines()
    assert done.code == 0
    assert len(lines) == 17
    assert lines[0].endswith("churn: result in models/churn")
    day, clock, elapsed, task, what = lines[13].split(maxsplit=4)
    assert time.strptime(f"{day} {clock}", "%Y-%m-%d %H:%M:%S")
    assert (elapsed, task) == ("0:14", "foundation_building")
    assert what == "linear: 0.8000 ± 0.0100 (5 folds, 1.5 s)"
    assert f"go on with: mle-star resume {folder}" in done.err


def test_logs_as_json_are_the_lines_themselves(run: Run, folder: Path) -> None:
    (folder / ENGINE_LOG).write_text("noise")

    done = run("logs", folder, "--json")

    assert done.out == (folder / "events.jsonl").read_text()


def test_what_the_engine_said_besides_comes_last(run: Run, folder: Path) -> None:
    write(folder, end(), elapsed=20.0)
    (folder / ENGINE_LOG).write_text("".join(f"line {n}\x1b[2J\n" for n in range(500)))

    done = run("logs", folder)

    lines = done.out.splitlines()
    assert lines[-201] == f"-- {folder / ENGINE_LOG}, the last 200 of 500 lines"
    assert lines[-1] == "line 499 [2J"
    assert done.err == ""


@pytest.mark.parametrize("raw", [False, True])
def test_logs_are_followed_until_the_run_ends(run: Run, folder: Path, raw: bool) -> None:
    with running(folder, end(), pause=0.05):
        done = run("logs", folder, "--follow", *(["--json"] if raw else []))

    lines = done.out.splitlines()
    assert len(lines) == 17 + len(end())
    last = json.loads(lines[-1])["type"] if raw else lines[-1]
    assert last == "session_finished" if raw else "done in 58 s, exit status 0" in last
    assert done.err == ""


def test_following_logs_of_a_run_that_is_killed_ends(run: Run, folder: Path) -> None:
    with running(folder, end()[:2]):
        done = run("logs", folder, "--follow")

    assert len(done.out.splitlines()) == 19
    assert "mle-star resume" in done.err


@pytest.mark.parametrize("code", [0, 4, 7])
def test_waiting_ends_with_the_exit_status_of_the_run(run: Run, folder: Path, code: int) -> None:
    with running(folder, end(code), pause=0.05):
        done = run("wait", folder)

    assert (done.code, done.out, done.err) == (code, "", "")


def test_waiting_for_a_run_that_is_over_ends_at_once(run: Run, folder: Path) -> None:
    write(folder, end(4), elapsed=20.0)

    assert run("wait", folder).code == 4


def test_waiting_for_a_run_that_is_killed_ends_with_130(run: Run, folder: Path) -> None:
    with running(folder, end()[:1]):
        done = run("wait", folder)

    assert done.code == 130
    assert f"ended before it was finished; go on with: mle-star resume {folder}" in done.err


def test_waiting_for_a_run_that_was_stopped_ends_with_130(run: Run, folder: Path) -> None:
    write(folder, end(130), elapsed=20.0)

    done = run("wait", folder)

    assert done.code == 130
    assert "the run was stopped; go on with" in done.err


def test_an_end_that_was_taken_back_is_not_the_end(run: Run, folder: Path) -> None:
    write(folder, end(0), elapsed=20.0)
    write(folder, [(e.SessionResumed({"": 8}), "")], elapsed=60.0)

    assert run("wait", folder).code == 130


@pytest.mark.parametrize("timeout", ["0", "0.6"])
def test_waiting_can_have_an_end(run: Run, folder: Path, timeout: str) -> None:
    began = time.monotonic()
    with held(folder):
        done = run("wait", folder, "--timeout", timeout)

    assert done.code == 1
    assert "still runs it" in done.err
    assert float(timeout) <= time.monotonic() - began


def test_waiting_notices_an_end_that_writes_nothing(run: Run, folder: Path) -> None:
    write(folder, end(0), elapsed=20.0)
    let_go = threading.Event()

    def hold() -> None:
        with held(folder):
            let_go.wait(1.0)

    holder = threading.Thread(target=hold)
    holder.start()
    time.sleep(0.1)
    began = time.monotonic()
    done = run("wait", folder)
    holder.join()

    assert done.code == 0
    assert time.monotonic() - began > 0.3
