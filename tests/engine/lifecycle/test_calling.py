"""A hook is called in a process of its own, within its time, and nothing of it stays."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import psutil
import pytest
from tests.engine.lifecycle.folders import IMPORTS, python, write

from mle_star.lifecycle.calling import call
from mle_star.lifecycle.find import find
from mle_star.lifecycle.hook import BLOCKED, DONE, FAILED, PROJECT, TIMED_OUT, Hook, Outcome

_PATIENCE = 20.0


def of_file(folder: Path, body: str, monkeypatch: pytest.MonkeyPatch) -> Outcome:
    """Call a Python hook with a body."""
    monkeypatch.chdir(folder)
    lines = "".join(f"    {line}\n" for line in body.splitlines())
    write(
        folder, "mine.py", f"{IMPORTS}import sys, os\n@hook('pre-task')\ndef mine(event):\n{lines}"
    )
    return call(find().hooks[0], {"project": str(folder), "name": "x"})


def gone(pid: int) -> bool:
    """Whether a process is gone, soon."""
    last = time.monotonic() + _PATIENCE
    while time.monotonic() < last:
        if not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
            return True
        time.sleep(0.02)
    return False


def number_in(path: Path) -> int:
    """A number that a process writes into a file."""
    last = time.monotonic() + _PATIENCE
    while time.monotonic() < last:
        if path.exists() and path.read_text().strip():
            return int(path.read_text())
        time.sleep(0.02)
    raise AssertionError(f"{path} was not written")


def test_a_python_hook_is_told_the_event_and_works_in_the_project(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = of_file(tmp_path, "print(event['name'], event['hook'], os.getcwd())", monkeypatch)

    assert (done.status, done.said) == (DONE, f"x mine {tmp_path}")


def test_block_and_exit_status_two_block_with_their_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    raised = of_file(tmp_path, "raise Block('too late')", monkeypatch)
    left = of_file(tmp_path, "print('no disk', file=sys.stderr)\nsys.exit(2)", monkeypatch)

    assert (raised.status, raised.said) == (BLOCKED, "too late")
    assert (left.status, left.said) == (BLOCKED, "no disk")


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("1 / 0", "ZeroDivisionError: division by zero"),
        ("sys.exit(1)", "exit status 1"),
        ("os._exit(7)", "exit status 7"),
        ("os.kill(os.getpid(), 9)", "exit status 137"),
    ],
)
def test_whatever_else_goes_wrong_is_a_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, body: str, said: str
) -> None:
    done = of_file(tmp_path, body, monkeypatch)

    assert (done.status, done.said) == (FAILED, said)


def test_one_that_may_not_block_fails_instead(tmp_path: Path) -> None:
    done = call(python("raise SystemExit(2)", may_block=False), {"project": str(tmp_path)})

    assert done.status == FAILED


def test_an_executable_reads_the_event_from_standard_input(tmp_path: Path) -> None:
    path = write(tmp_path, "pre-task", "#!/bin/sh\ncat > seen.json\n", executable=True)
    hook = Hook("mine", "pre-task", PROJECT, command=lambda _: [str(path)])

    done = call(hook, {"project": str(tmp_path), "text": "ä" * 200_000})

    assert done.status == DONE
    assert "ä" * 200_000 in (tmp_path / "seen.json").read_text()


def test_what_cannot_be_started_is_a_failure_that_names_it(tmp_path: Path) -> None:
    hook = Hook("mine", "pre-task", PROJECT, command=lambda _: ["no-such-program-here"])

    done = call(hook, {"project": str(tmp_path)})

    assert done.status == FAILED
    assert "no-such-program-here" in done.said


def test_output_without_end_neither_blocks_nor_is_it_kept(tmp_path: Path) -> None:
    code = "import sys\nfor _ in range(200): sys.stderr.write('x' * 10_000 + '\\n')\nprint('end')"

    done = call(python(code), {"project": str(tmp_path)})

    assert done.status == DONE
    assert len(done.output) < 40_000


_TREE = """
import os, subprocess, sys, time
daemon = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"],
    start_new_session=True)
open({path!r}, "w").write(str(daemon.pid))
{after}
"""
"""A hook that starts a process in a session of its own, and then does something."""


def test_at_its_limit_its_whole_tree_is_ended(tmp_path: Path) -> None:
    path = tmp_path / "pid"
    code = _TREE.format(path=str(path), after="time.sleep(600)")

    done = call(python(code, seconds=2.0), {"project": str(tmp_path)})

    assert (done.status, done.said) == (TIMED_OUT, "no end within 2 s")
    assert gone(number_in(path))


def test_what_it_leaves_behind_ends_with_it(tmp_path: Path) -> None:
    path = tmp_path / "pid"

    done = call(python(_TREE.format(path=str(path), after="")), {"project": str(tmp_path)})

    assert done.status == DONE
    assert gone(number_in(path))


def test_it_ends_when_the_run_does(tmp_path: Path) -> None:
    over = threading.Event()
    threading.Timer(0.5, over.set).start()

    done = call(python("import time; time.sleep(600)"), {"project": str(tmp_path)}, over.is_set)

    assert (done.status, done.said) == (TIMED_OUT, "the run ended before it")


def test_killing_the_engine_leaves_nothing_of_it(tmp_path: Path) -> None:
    path = tmp_path / "pid"
    code = _TREE.format(path=str(path), after="time.sleep(600)")
    engine = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "from tests.engine.lifecycle.folders import python\n"
            "from mle_star.lifecycle.calling import call\n"
            f"call(python({code!r}), {{'project': {str(tmp_path)!r}}})",
        ],
        cwd=Path(__file__).parents[3],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])},
    )
    daemon = number_in(path)
    below = psutil.Process(engine.pid).children(recursive=True)
    engine.kill()
    engine.wait()

    assert below
    assert all(gone(process.pid) for process in below)
    assert gone(daemon)
