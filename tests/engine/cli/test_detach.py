"""Runs in the background: found at once, watched, stopped, killed, gone on with."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest
from tests.engine.cli.background import SMALL, Place
from tests.engine.cli.conftest import Ran, Run

from mle_star.session.lock import holder


@dataclass
class Left:
    """A run in the background that is stopped, gone on with, killed, and gone on with again."""

    place: Place
    begun: Ran
    status: dict[str, Any]
    stopped: Ran
    after_stop: Ran
    alive: list[psutil.Process]
    resumed: Ran
    after_kill: Ran
    last: Ran
    waited: Ran

    @property
    def session(self) -> str:
        return self.begun.out.strip()

    @property
    def folder(self) -> Path:
        return self.place.folder / "models" / "night"


@pytest.fixture(scope="module")
def left(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Left]:
    with Place(tmp_path_factory.mktemp("left")) as place:
        yield _left(place)


def _left(place: Place) -> Left:
    closing = ("ensemble_creation", "validation_and_debugging", "model_deployment_prep")
    place.workflow("improving only", leaving_out=closing)
    begun = place.ran(
        "run", "--detach", *SMALL, "--evaluations", "3", "--refinement-iterations", "1",
        "--workflow", "workflow.json", "--name", "night",
    )  # fmt: skip
    session, folder = begun.out.strip(), "models/night"
    place.until(folder, lambda event: event["type"] == "evaluation_finished")
    status = place.called("status", session, "--json").json
    family = psutil.Process(status["pid"]).children(recursive=True)
    family.append(psutil.Process(status["pid"]))
    stopped = place.called("stop", "night")
    after_stop = place.called("wait", session)
    _, alive = psutil.wait_procs(family, timeout=5)
    resumed = place.called("resume", folder, "--detach")
    held = holder(place.folder / folder)
    assert held is not None
    for process in [*psutil.Process(held.pid).children(recursive=True), psutil.Process(held.pid)]:
        process.kill()
    after_kill = place.called("wait", session[:6])
    last = place.called("resume", session, "--detach", "--output-format", "json")
    waited = place.called("wait", "night")
    return Left(place, begun, status, stopped, after_stop, alive, resumed, after_kill, last, waited)


@pytest.mark.slow
def test_a_detached_run_comes_back_at_once_with_its_id_alone(left: Left) -> None:
    assert left.begun.code == 0, left.begun.err
    assert left.begun.out == f"{left.session}\n"
    assert left.session.isalnum()
    assert f"status {left.session}" in left.begun.err
    assert (left.status["session"], left.status["name"]) == (left.session, "night")
    assert left.status["state"] == "running"
    assert left.status["pid"] != os.getpid()


@pytest.mark.slow
def test_a_stopped_run_has_ended_and_can_be_resumed(left: Left) -> None:
    assert left.stopped.code == 0
    assert "resume" in left.stopped.err
    assert left.after_stop.code == 130
    assert "was stopped; go on with" in left.after_stop.err
    assert left.alive == [], "a process was left behind"


@pytest.mark.slow
def test_a_killed_run_can_be_resumed_as_after_a_restart_of_the_machine(left: Left) -> None:
    assert (left.resumed.code, left.resumed.out) == (0, f"{left.session}\n")
    assert left.after_kill.code == 130
    assert "go on with" in left.after_kill.err
    assert left.last.json["session"] == left.session
    assert left.last.json["folder"] == "models/night"


@pytest.mark.slow
def test_waiting_ends_with_the_exit_status_of_the_run(left: Left) -> None:
    assert left.waited.code == 4
    finished = [x for x in left.place.events("models/night") if x["type"] == "session_finished"]
    assert finished[-1]["exit_code"] == 4
    assert finished[-1]["summary"]["status"] == "done"


@pytest.mark.slow
def test_nothing_is_judged_twice_however_often_a_run_was_stopped(left: Left) -> None:
    events = left.place.events("models/night")
    judged = [e["digest"] for e in events if e["type"] == "evaluation_finished"]

    assert len(judged) == len(set(judged)) == 3


@pytest.mark.slow
@pytest.mark.parametrize("by", ["id", "name", "folder"])
def test_every_command_finds_a_run_by_id_name_and_folder(left: Left, by: str) -> None:
    asked = {"id": left.session, "name": "night", "folder": str(left.folder)}[by]
    status, logs = left.place.called("status", asked, "--json"), left.place.called("logs", asked)
    stop, again = left.place.called("stop", asked), left.place.called("resume", asked, "--quiet")

    assert status.json["state"] == "done"
    assert "foundation_building" in logs.out
    assert left.place.called("wait", asked).code == 4
    assert stop.code == 2
    assert "nobody runs" in stop.err
    assert again.code == 4
    assert "is finished" in again.err


@pytest.mark.parametrize(
    ("words", "code", "what"),
    [
        (["--dataset", "none.csv", "--target", "label"], 3, "there is no file none.csv"),
        (["--dataset", "shop.csv", "--target", "lable"], 3, "did you mean 'label'"),
        (["--dataset", "shop.csv", "--target", "label", "--metric", "mape"], 3, "label"),
        (["--dataset", "shop.csv", "--target", "label", "--seed", "-1"], 2, "--seed"),
    ],
)
def test_what_is_wrong_is_told_at_once_and_leaves_nothing(
    run: Run, data: Path, tmp_path: Path, words: list[str], code: int, what: str
) -> None:
    done = run("run", "--detach", *words)

    assert (done.code, done.out) == (code, "")
    assert what in done.err
    assert [path.name for path in tmp_path.iterdir()] == [data.name]


@pytest.mark.slow
def test_data_that_turn_out_to_be_unusable_are_told_of_by_wait_and_logs(tmp_path: Path) -> None:
    """As of a file too large to be looked at first: here only the test file cannot be used."""
    (tmp_path / "test.csv").write_text("b\nx\n")
    with Place(tmp_path) as place:
        begun = place.called("run", "--detach", *SMALL, "--test", "test.csv", "--name", "bad")
        waited = place.called("wait", "bad")
        logs = place.called("logs", "bad")

    assert begun.code == 0
    assert waited.code == 3
    assert "test.csv" in logs.out
    assert "What to do" in logs.out


def test_a_run_that_cannot_be_started_says_so(
    run: Run, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise OSError(12, "Cannot allocate memory")

    monkeypatch.setattr("mle_star.cli.detach.subprocess.Popen", fail)
    done = run("run", "--detach", "--dataset", data, "--target", "label", "--output", "out")

    assert (done.code, done.out) == (8, "")
    assert "cannot start in the background" in done.err


def test_a_signal_that_is_not_heeded_is_told_of(
    run: Run, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[tuple[int, int]] = []
    monkeypatch.setattr("mle_star.cli.stop.os.kill", lambda *given: heard.append(given))
    monkeypatch.setattr("mle_star.cli.stop.PATIENCE", 0.2)
    from mle_star.session.lock import Lock

    (tmp_path / "events.jsonl").write_text("{}\n")
    lock = Lock(tmp_path)
    done = run("stop", tmp_path)
    lock.close()

    assert heard == [(os.getpid(), signal.SIGTERM)]
    assert done.code == 8
    assert f"kill -9 {os.getpid()}" in done.err
