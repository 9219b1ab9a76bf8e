"""Hooks that are called while a run goes on: the run does not wait, and they can stop it."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest
from tests.engine.lifecycle.folders import python

from mle_star.eventlog import TASK
from mle_star.events import Event, HookFinished, Noted, StepFinished, TaskStarted
from mle_star.lifecycle.caller import Caller
from mle_star.lifecycle.during import During
from mle_star.lifecycle.hook import Hook

_WRITES = """
import json, sys, time
event = json.load(sys.stdin)
with open("told", "a") as file:
    file.write(json.dumps([event["of"], event["happened"]["step"], event["missed"]]) + "\\n")
time.sleep({seconds})
"""


class Scene:
    """What hooks are called in."""

    def __init__(self, folder: Path, *hooks: Hook) -> None:
        self.folder = folder
        self.heard: list[Event] = []
        self.stopped: list[str] = []
        caller = Caller(hooks, self.heard.append)
        self.during = During(caller, lambda: {"project": str(folder)}, self.stopped.append)

    def told(self) -> list[Any]:
        path = self.folder / "told"
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def step(number: int) -> StepFinished:
    return StepFinished(number, "a", "b", "model", 1, {})


def writing(of: str = "run", seconds: float = 0.0) -> Hook:
    return python(_WRITES.format(seconds=seconds), "during-task", on=("step_finished",), of=of)


def test_it_is_told_what_happened_of_the_kinds_it_asked_for(tmp_path: Path) -> None:
    scene = Scene(tmp_path, writing())

    scene.during(Noted("info", "no step"))
    scene.during(step(3))
    scene.during.drain()

    assert scene.told() == [["run", 3, 0]]
    assert [type(event) for event in scene.heard] == [HookFinished]
    scene.during.close()


def test_the_run_does_not_wait_and_a_slow_hook_is_told_the_newest(tmp_path: Path) -> None:
    scene = Scene(tmp_path, writing(seconds=1.0))
    scene.during(step(1))
    last = time.monotonic() + 20
    while not scene.told() and time.monotonic() < last:
        time.sleep(0.02)

    for number in (2, 3, 4):
        scene.during(step(number))
    scene.during.drain()

    assert scene.told() == [["run", 1, 0], ["run", 4, 2]]
    scene.during.close()


def test_one_of_a_phase_hears_of_that_phase_only(tmp_path: Path) -> None:
    scene = Scene(tmp_path, writing(of="refinement"))
    for task, phase in (("one", "ablation"), ("two", "refinement")):
        token = TASK.set(task)
        scene.during(TaskStarted(task, phase, [], 1, None))
        scene.during(step(1))
        scene.during.drain()
        TASK.reset(token)

    assert scene.told() == [["two", 1, 0]]
    scene.during.close()


def test_exit_status_two_stops_the_run_with_its_reason(tmp_path: Path) -> None:
    code = "import sys; sys.exit('enough') if 0 else print('enough', file=sys.stderr); sys.exit(2)"
    scene = Scene(tmp_path, python(code, "during-task", on=("step_finished",)))

    scene.during(step(1))
    scene.during.drain()

    assert scene.stopped == ["hook mine: enough"]
    scene.during.close()


def test_a_hook_at_notes_is_not_called_at_what_it_causes_itself(tmp_path: Path) -> None:
    scene = Scene(tmp_path, python("raise SystemExit(1)", "during-task", on=("noted",)))
    emit = scene.heard.append

    def heard(event: Event) -> None:
        emit(event)
        scene.during(event)

    scene.during._caller.emit = heard
    scene.during(Noted("info", "first"))
    scene.during.drain()

    assert [type(event) for event in scene.heard] == [HookFinished, Noted]
    scene.during.close()


def test_without_such_hooks_nothing_is_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("threading.Thread.start", lambda _: pytest.fail("a thread was started"))
    monkeypatch.setattr("subprocess.Popen", lambda *_, **__: pytest.fail("a process was started"))
    scene = Scene(tmp_path, python("", "pre-task"))

    scene.during(step(1))
    scene.during.drain()
    scene.during.close()

    assert not scene.during.is_needed
