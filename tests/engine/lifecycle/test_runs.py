"""Hooks of whole runs: called once at their moment, they can stop a run but change no score."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import psutil
import pytest
from tests.engine.cli.conftest import write_data
from tests.engine.lifecycle.folders import IMPORTS, write

from mle_star.errors import EXIT_INTERRUPTED
from mle_star.eventlog import read_log
from mle_star.events import HookFinished, Noted, TaskFinished
from mle_star_memory.opening import open_store
from mle_star_memory.versions import Version

_PATIENCE = 300.0
_NOTES = f"""{IMPORTS}
import json, time
def note(event):
    with open("called", "a") as file:
        file.write(json.dumps([event["event"], event["of"]]) + "\\n")
@hook("pre-task")
def before(event):
    note(event)
@hook("pre-task", of="tasks")
def before_task(event):
    note(event)
@hook("post-task")
def after(event):
    note(event)
    open("post.json", "w").write(json.dumps(event))
"""


def start(folder: Path, *words: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "mle_star", *words],
        cwd=folder,
        env={**os.environ, "MLE_STAR_HOME": str(folder / "home")},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def begin(folder: Path, *more: str, steps: int = 1) -> subprocess.Popen[str]:
    write_data(folder / "shop.csv")
    given = ["--dataset", "shop.csv", "--target", "label", "--drop", "code,shop", "--output", "out"]
    given += ["--evaluations", str(2 + steps), "--refinement-iterations", str(steps), "--jobs", "1"]
    return start(folder, "run", *given, *more)


def ended(process: subprocess.Popen[str]) -> tuple[int, str]:
    _, err = process.communicate(timeout=_PATIENCE)
    return process.returncode, err


def called(folder: Path) -> list[Any]:
    path = folder / "called"
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def hooks_in(folder: Path) -> list[HookFinished]:
    events = [line.event for line in read_log(folder / "out" / "events.jsonl").standing]
    return [event for event in events if isinstance(event, HookFinished)]


def result_of(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "out" / "result.json").read_text())
    return found


def versions_in(folder: Path) -> list[Version]:
    with open_store(folder / "home" / "memory.sqlite3") as store:
        return store.versions()


@pytest.mark.proof
def test_hooks_are_called_at_every_moment_and_what_they_bar_is_not_promoted(
    tmp_path: Path,
) -> None:
    write(tmp_path, "a.py", _NOTES.replace('of="tasks"', 'of="foundation"'))
    write(
        tmp_path,
        "b.py",
        f"{IMPORTS}import os\n"
        "@hook('pre-task', of='ensemble')\ndef alone(event):\n    raise Block('one is enough')\n"
        "@hook('during-task', on='incumbent_changed')\ndef crash(event):\n    os._exit(3)\n"
        "@hook('post-task', of='deployment')\ndef bar(event):\n    raise Block('not yet')\n",
    )

    code, err = ended(begin(tmp_path, steps=0))

    assert code in (0, 4), err
    assert called(tmp_path) == [
        ["pre-task", "run"], ["pre-task", "foundation_building"], ["post-task", "run"],
    ]  # fmt: skip
    events = [line.event for line in read_log(tmp_path / "out" / "events.jsonl").standing]
    skipped = [e for e in events if isinstance(e, TaskFinished) and e.status == "skipped"]
    assert [(e.task, e.summary) for e in skipped] == [
        ("ensemble_creation", "hook alone: one is enough")
    ]
    warnings = [e.message for e in events if isinstance(e, Noted) and e.level == "warning"]
    assert "hook crash failed, no harm: exit status 3" in warnings
    (version,) = versions_in(tmp_path)
    assert version.refusals[-1] == "hook bar: not yet"
    told = json.loads((tmp_path / "post.json").read_text())
    result = result_of(tmp_path)
    assert told["summary"]["cross_validation"] == result["cross_validation"]
    assert told["model"]["model"] == version.model
    refused, err = ended(start(tmp_path, "models", "promote", "shop-label"))
    assert (refused, "not yet" in err) == (4, True)


@pytest.mark.proof
def test_scores_are_the_same_with_hooks_without_and_with_hooks_that_are_not_called(
    tmp_path: Path,
) -> None:
    scores = {}
    for name, words in (("none", []), ("own", []), ("off", ["--no-hooks"])):
        folder = tmp_path / name
        folder.mkdir()
        if name != "none":
            write(folder, "a.py", _NOTES)
            write(folder, "during-task.sh", "#!/bin/sh\necho '{\"score\": 1.0}'\n", executable=True)
        code, err = ended(begin(folder, *words))
        assert code in (0, 4), err
        result = result_of(folder)
        scores[name] = [result["cross_validation"], result["holdout"], result["members"]]
        assert bool(called(folder)) == (name == "own")
        assert ("hooks of this run" in err) == (name == "own")

    assert scores["none"] == scores["own"] == scores["off"]


@pytest.mark.proof
def test_a_hook_stops_a_run_cleanly_and_it_goes_on_without_calling_what_was_called(
    tmp_path: Path,
) -> None:
    write(tmp_path, "a.py", _NOTES)
    stop = write(
        tmp_path,
        "b.py",
        f"{IMPORTS}@hook('during-task', on='task_started')\n"
        "def enough(event):\n    if event['happened']['phase'] == 'ablation':\n"
        "        raise Block('good enough')\n"
        "@hook('during-task', on='task_started')\n"
        "def so_says_another(event):\n    enough(event)\n",
    )
    code, err = ended(begin(tmp_path))
    assert code == EXIT_INTERRUPTED, err
    assert "the run stops: hook enough: good enough" in err
    assert err.count("the run stops") == 1
    assert "resume" in err
    assert ["post-task", "run"] not in called(tmp_path)
    assert versions_in(tmp_path) == []
    stop.unlink()

    code, err = ended(start(tmp_path, "resume", "out"))

    assert code in (0, 4), err
    moments = called(tmp_path)
    assert len(moments) == len({tuple(moment) for moment in moments}) == 10
    assert [one.hook for one in hooks_in(tmp_path)].count("before") == 1


@pytest.mark.proof
def test_a_run_killed_in_a_hook_leaves_no_process_and_calls_it_again(tmp_path: Path) -> None:
    write(tmp_path, "a.py", _NOTES)
    hangs = write(
        tmp_path,
        "b.py",
        f"{IMPORTS}import os, time\n@hook('pre-task', of='ablation', seconds=600)\n"
        "def hangs(event):\n    open('hangs', 'w').write(str(os.getpid()))\n    time.sleep(600)\n",
    )
    process = begin(tmp_path)
    path = tmp_path / "hangs"
    last = time.monotonic() + _PATIENCE
    while not (path.exists() and path.read_text()) and time.monotonic() < last:
        time.sleep(0.05)
    hook = psutil.Process(int(path.read_text()))
    process.send_signal(signal.SIGKILL)
    process.communicate()

    psutil.wait_procs([hook], timeout=30)
    assert not hook.is_running()
    hangs.write_text(f"{IMPORTS}@hook('pre-task', of='ablation')\ndef hangs(event): ...\n")
    code, err = ended(start(tmp_path, "resume", "out"))
    assert code in (0, 4), err
    moments = called(tmp_path)
    assert len(moments) == len({tuple(moment) for moment in moments}) == 10
    assert [(one.hook, one.status) for one in hooks_in(tmp_path)].count(("hangs", "done")) == 1


@pytest.mark.proof
def test_ctrl_c_in_a_hook_after_the_run_leaves_it_to_be_called_by_resume(tmp_path: Path) -> None:
    slow = write(
        tmp_path,
        "b.py",
        f"{IMPORTS}import time\n@hook('post-task', seconds=600)\n"
        "def slow(event):\n    open('begun', 'w').write('x')\n    time.sleep(600)\n",
    )
    process = begin(tmp_path)
    last = time.monotonic() + _PATIENCE
    while not (tmp_path / "begun").exists() and time.monotonic() < last:
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    code, err = ended(process)
    assert code == EXIT_INTERRUPTED, err
    slow.write_text(f"{IMPORTS}@hook('post-task')\ndef slow(event): ...\n")

    code, err = ended(start(tmp_path, "resume", "out"))

    assert code in (0, 4), err
    assert [(one.hook, one.status) for one in hooks_in(tmp_path)] == [("slow", "done")]
    assert [version.number for version in versions_in(tmp_path)] == [1]


@pytest.mark.proof
def test_a_run_in_a_hook_calls_no_hooks(tmp_path: Path) -> None:
    again = "run --dataset shop.csv --target label --evaluations 1 --output inner"
    write(
        tmp_path,
        "post-task.sh",
        f"#!/bin/sh\n# mle-star: seconds=120\necho x >> called\n"
        f'"{sys.executable}" -m mle_star {again}\nexit 0\n',
        executable=True,
    )

    code, err = ended(begin(tmp_path))

    assert code in (0, 4), err
    assert (tmp_path / "called").read_text() == "x\n"
    assert (tmp_path / "inner" / "result.json").exists()


@pytest.mark.proof
def test_the_second_run_expects_what_the_first_took(tmp_path: Path) -> None:
    for number in (1, 2):
        code, err = ended(begin(tmp_path))
        assert code in (0, 4), err
        found = result_of(tmp_path)["resources"]
        assert found["runs"] == number - 1
        if number == 1:
            first = found
            (tmp_path / "out").rename(tmp_path / "first")

    for name in ("fit_seconds", "disk_mib", "seconds"):
        assert found["expected"][name] == pytest.approx(first["took"][name])
    said, _ = start(
        tmp_path, "ml", "mle-star", "situation", "--dataset", "shop.csv", "--target", "label"
    ).communicate(timeout=_PATIENCE)
    assert "learnt from 2 runs" in " ".join(said.split())
    with open_store(tmp_path / "home" / "memory.sqlite3") as store:
        assert [v.parent for v in store.versions()] == ["", store.versions()[0].session]
