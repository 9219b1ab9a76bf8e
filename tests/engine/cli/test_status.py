"""Where a run stands, from another terminal: by its log and by who holds its folder."""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.engine.cli.conftest import Run
from tests.engine.cli.glass import Glass
from tests.engine.cli.written import Told, beginning, end, middle, write

from mle_star import events as e
from mle_star.cli import screen, status
from mle_star.cli.follow import Tail
from mle_star.eventlog import EventLog, read_log
from mle_star.session.lock import Lock
from mle_star_memory.location import database
from mle_star_memory.opening import open_store
from mle_star_memory.store import Session


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Of a run in the middle of its foundation."""
    write(tmp_path / "models" / "churn", [*beginning(), *middle()])
    return tmp_path / "models" / "churn"


@contextlib.contextmanager
def held(folder: Path) -> Iterator[None]:
    """Somebody runs it."""
    lock = Lock(folder)
    try:
        yield
    finally:
        lock.close()


@contextlib.contextmanager
def running(folder: Path, more: list[Told], pause: float = 0.15) -> Iterator[None]:
    """Somebody runs it and goes on, event by event, until nothing is left to do."""
    lock = Lock(folder)

    def run() -> None:
        with contextlib.closing(lock), contextlib.closing(_continued(folder)) as log:
            for second, (event, of) in enumerate(more):
                time.sleep(pause)
                log(event, 20.0 + second, of)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield
    finally:
        thread.join()


def _continued(folder: Path) -> EventLog:
    log = folder / "events.jsonl"
    return EventLog(log, time.time, read_log(log))


def test_a_run_that_goes_on_says_who_runs_it(run: Run, folder: Path) -> None:
    with held(folder):
        done = run("status", "churn")

    assert done.code == 0
    assert f"running (process {os.getpid()}) 0:1" in done.out
    assert "⠋ foundation_building" in done.out
    assert "lightgbm" in done.out
    assert " MiB in " in done.out or " GiB in " in done.out
    assert f"process {os.getpid()} runs it, for 0." in done.err


def test_a_run_that_was_killed_says_how_to_go_on(run: Run, folder: Path) -> None:
    done = run("status", folder)

    assert done.code == 0
    assert "stopped 0:17" in done.out
    assert f"go on with: mle-star resume {folder}" in done.err


@pytest.mark.parametrize(
    ("code", "state"), [(0, "done"), (4, "done"), (7, "failed"), (130, "stopped")]
)
def test_a_run_that_ended_says_how(run: Run, folder: Path, code: int, state: str) -> None:
    write(folder, end(code), elapsed=20.0)

    done = run("status", folder, "--json")

    assert done.json["state"] == state
    assert done.json["exit_code"] == code


def test_everything_is_told_as_json(run: Run, folder: Path) -> None:
    with held(folder):
        found = run("status", folder, "--json").json

    assert (found["session"], found["name"], found["state"]) == ("id1", "churn", "running")
    assert (found["folder"], found["pid"]) == (str(folder), os.getpid())
    assert (found["judged"], found["failed"], found["dropped"]) == (1, 1, 0)
    assert (found["best"]["score"], found["baseline"], found["gain"]) == (0.8, 0.8, 0.0)
    assert (found["seconds"], found["evaluations"], found["exit_code"]) == (60.0, None, None)
    assert 17.0 <= found["elapsed"] < 30.0
    assert found["left"] == pytest.approx(60 - found["elapsed"])
    tasks = {task["task"]: task for task in found["tasks"]}
    assert tasks["foundation_building"]["status"] == "running"
    assert [x["name"] for x in tasks["foundation_building"]["trying"]] == ["lightgbm"]
    assert tasks["targeted_refinement"]["status"] == "queued"


def test_a_torn_end_does_not_count(run: Run, folder: Path) -> None:
    log = folder / "events.jsonl"
    before = run("status", folder, "--json").json
    with log.open("ab") as file:
        file.write(b'{"v":1,"seq":99,"time":1.0,"elapsed":90.0,"of":"","ty')

    assert run("status", folder, "--json").json == before


def test_a_damaged_log_ends_with_8_and_names_the_line(run: Run, folder: Path) -> None:
    log = folder / "events.jsonl"
    lines = log.read_bytes().splitlines(keepends=True)
    log.write_bytes(b"".join([*lines[:4], b"\0\0\0\n", *lines[5:]]))

    done = run("status", folder)

    assert done.code == 8
    assert "events.jsonl, line 5" in done.err


def test_what_a_resumption_took_back_is_not_shown(run: Run, folder: Path) -> None:
    kept = {"": 8, "dataset_analysis": 3, "web_search_phase": 1, "foundation_building": 1}
    write(folder, [(e.SessionResumed(kept), "")], elapsed=0.5)

    found = run("status", folder, "--json").json

    assert (found["judged"], found["failed"], found["best"]) == (0, 0, None)
    assert found["elapsed"] == 17.0
    tasks = {task["task"]: task["status"] for task in found["tasks"]}
    assert tasks["foundation_building"] == "running"


def test_a_session_is_found_by_id_by_name_and_as_the_newest(run: Run, tmp_path: Path) -> None:
    with open_store(database()) as store:
        for number, name in enumerate(["older", "newer"]):
            where = tmp_path / name
            start = e.SessionStarted(f"id{number}", name, str(where), {})
            write(where, [(start, "")])
            row = Session(f"id{number}", name, str(where), "/d.csv", "y", float(number))
            store.add_session(row)

    found = [run("status", *word, "--json").json["name"] for word in ([], ["older"], ["id0"])]

    assert found == ["newer", "older", "older"]


def test_a_store_that_cannot_be_read_is_in_nobodys_way(run: Run, folder: Path) -> None:
    database().parent.mkdir(parents=True, exist_ok=True)
    database().write_text("no database" * 100)

    assert run("status", "churn").code == 0
    done = run("status", "nobody")
    assert (done.code, done.out) == (2, "")
    assert "mle-star sessions" in done.err


def test_following_tells_each_step_until_the_run_ends(run: Run, folder: Path) -> None:
    with running(folder, end(4)):
        done = run("status", folder, "--follow")

    assert done.code == 0
    assert "[0:21] best 0.8400 ± 0.0100: lightgbm" in done.out
    assert "warning: two columns are equal" in done.out
    first, last = done.out.split("── mle-star")[1:]
    assert "running" in first.splitlines()[0]
    assert "done" in last.splitlines()[0]
    assert "ended with exit status 4" in done.err


def test_following_ends_when_the_run_is_killed(run: Run, folder: Path) -> None:
    with running(folder, end()[:1]):
        done = run("status", folder, "--follow")

    assert "stopped" in done.out
    assert "nobody runs it; go on with: mle-star resume" in done.err


def test_following_as_json_prints_a_line_whenever_something_happened(
    run: Run, folder: Path
) -> None:
    import json

    with running(folder, end()[:3], pause=0.8):
        done = run("status", folder, "--follow", "--json")

    states = [json.loads(line) for line in done.out.splitlines()]
    assert (states[0]["judged"], states[-1]["judged"]) == (1, 2)
    assert (states[0]["state"], states[-1]["state"]) == ("running", "stopped")
    assert len(states) >= 3


def test_following_on_a_terminal_draws_the_page_and_prints_warnings_above(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    glass = Glass(100, 40)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(screen, "size_of", lambda _: (100, 40))
    monkeypatch.setattr("sys.stdout", glass)

    with running(folder, end()):
        status.execute({"session": str(folder), "follow": True, "json": False})

    above, _, page = glass.shown.partition("── mle-star")
    assert above.strip() == "warning: two columns are equal"
    assert "done 0:" in page.splitlines()[0]
    assert "✓ foundation_building" in page
    assert glass.wrapped == 0


def test_on_a_terminal_the_page_is_shown_once_in_colour(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    glass = Glass(60, 20)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setattr(status, "size_of", lambda _: (60, 20))
    monkeypatch.setattr("sys.stdout", glass)

    status.execute({"session": str(folder), "follow": False, "json": False})

    assert "33" in glass.codes
    assert len(glass.rows) <= 18
    assert glass.wrapped == 0


def test_a_log_is_read_as_it_grows(folder: Path) -> None:
    log = folder / "events.jsonl"
    tail = Tail(log)
    assert len(tail.read()) == 17
    assert tail.read() == []

    line = log.read_bytes().splitlines(keepends=True)[-1]
    for part in (line[:30], line[30:]):
        with log.open("ab") as file:
            file.write(part)
        found = tail.read()
    assert [raw for raw, _ in found] == [line[:-1]]


def test_a_torn_end_that_another_line_replaces_is_never_taken(folder: Path) -> None:
    log = folder / "events.jsonl"
    tail = Tail(log)
    whole = log.read_bytes()
    log.write_bytes(whole + b'{"torn": \n')
    before = len(tail.read())

    log.write_bytes(whole + whole.splitlines(keepends=True)[-1])

    assert (before, len(tail.read())) == (17, 1)
