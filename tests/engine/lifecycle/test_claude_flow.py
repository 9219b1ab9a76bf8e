"""The hooks of claude-flow: what they are given, and what a claude-flow that misbehaves can do."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from mle_star.hooks import POST, PRE
from mle_star.lifecycle import claude_flow
from mle_star.lifecycle.calling import call
from mle_star.lifecycle.hook import DONE, FAILED, TIMED_OUT, Hook

_TELLS = f"""#!{sys.executable}
import json, os, sys
names = ("RUFLO_DAEMON_AUTOSTART", "CLAUDE_FLOW_AUTO_UPDATE")
print(json.dumps([sys.argv[1:], [os.environ.get(name) for name in names]]))
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder, and a PATH without claude-flow."""
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    return tmp_path


def _program(folder: Path, text: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "claude-flow").write_text(text)
    (folder / "claude-flow").chmod(0o755)


def _hook(event: str) -> Hook:
    (found,) = (hook for hook in claude_flow.hooks() if hook.event == event)
    return found


def _event(project: Path, **more: Any) -> dict[str, Any]:
    data = project / "cus$(touch x)tomers.csv"
    told = {"project": str(project), "dataset": str(data), "targets": ["a`b`", "c"]}
    return told | {"session": "0123abcd", "name": "first", "status": "done"} | more


def test_the_hooks_of_the_projects_claude_flow_are_told_of_the_run(project: Path) -> None:
    _program(project / "node_modules" / ".bin", _TELLS)

    before = call(_hook(PRE), _event(project))
    after = [call(_hook(POST), _event(project, status=status)) for status in ("done", "failed")]

    task = ["--task-id", "mle-star-0123abcd"]
    described = "mle-star run first: a_b_, c of cus__touch x_tomers.csv"
    assert [before.status, *(one.status for one in after)] == [DONE] * 3
    assert json.loads(before.said) == [
        ["hooks", PRE, *task, "--description", described],
        ["0", "false"],
    ]
    assert [json.loads(one.said)[0] for one in after] == [
        ["hooks", POST, *task, "--success", success] for success in ("true", "false")
    ]


def test_one_on_path_is_called_where_the_project_has_none(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _program(project / "programs", _TELLS)
    monkeypatch.setenv("PATH", f"{project / 'programs'}:/usr/bin:/bin")

    assert call(_hook(PRE), _event(project)).status == DONE


def test_without_claude_flow_it_is_said_that_it_could_not_be_started(project: Path) -> None:
    done = call(_hook(PRE), _event(project))

    assert done.status == FAILED
    assert "could not be started: claude-flow" in done.said


@pytest.mark.parametrize("status", [1, 2])
def test_one_that_fails_never_blocks_the_run(project: Path, status: int) -> None:
    _program(project / "node_modules" / ".bin", f"#!/bin/sh\necho no >&2\nexit {status}\n")

    done = call(_hook(PRE), _event(project))

    assert (done.status, done.said) == (FAILED, "no")


def test_one_that_hangs_is_ended_at_its_limit(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(claude_flow, "_SECONDS", 0.5)
    _program(project / "node_modules" / ".bin", "#!/bin/sh\nsleep 60\n")

    assert call(_hook(POST), _event(project)).status == TIMED_OUT
