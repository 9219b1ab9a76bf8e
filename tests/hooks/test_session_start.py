"""What the SessionStart hook promises: context, or silence; never a failure."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from mle_star_memory.location import database
from mle_star_memory.opening import open_store
from mle_star_memory.store import Session


@pytest.fixture
def hook(root: Path) -> Path:
    return root / "hooks" / "mle_star_hooks" / "session_start.py"


def _run(hook: Path, given: str) -> subprocess.CompletedProcess[str]:
    environment = {k: v for k, v in os.environ.items() if k != "CLAUDE_PROJECT_DIR"}
    return subprocess.run(
        [sys.executable, "-I", str(hook)],
        input=given,
        text=True,
        capture_output=True,
        env=environment,
        timeout=20,
        check=False,
    )


def _remember(folder: Path, status: str = "done") -> None:
    (folder / "model").mkdir(parents=True)
    with open_store(database()) as store:
        store.add_session(
            Session(
                id=folder.name,
                name=f"run-{folder.name}",
                folder=str(folder),
                dataset="/d.csv",
                target="Churn",
                started=1.0,
                metric="roc_auc",
                status=status,
                best_score=0.8412,
            )
        )


def test_it_tells_of_the_models_of_this_project(hook: Path, tmp_path: Path) -> None:
    _remember(tmp_path / "project" / "models" / "a")

    found = _run(hook, json.dumps({"cwd": str(tmp_path / "project"), "source": "startup"}))

    answer = json.loads(found.stdout)["hookSpecificOutput"]
    assert answer["hookEventName"] == "SessionStart"
    assert "run-a: predicts Churn, roc_auc 0.8412" in answer["additionalContext"]
    assert str(tmp_path / "project" / "models" / "a" / "model") in answer["additionalContext"]


def test_it_is_silent_about_other_projects_and_unfinished_runs(hook: Path, tmp_path: Path) -> None:
    _remember(tmp_path / "elsewhere" / "a")
    _remember(tmp_path / "project" / "b", status="running")
    _remember(tmp_path / "project" / "c")
    shutil.rmtree(tmp_path / "project" / "c")

    found = _run(hook, json.dumps({"cwd": str(tmp_path / "project")}))

    assert (found.returncode, found.stdout, found.stderr) == (0, "", "")


@pytest.mark.parametrize("given", ["", "not json", "[]", "{}", '{"cwd": 3}'])
def test_it_is_silent_about_input_that_it_does_not_understand(hook: Path, given: str) -> None:
    found = _run(hook, given)

    assert (found.returncode, found.stdout, found.stderr) == (0, "", "")


def test_it_is_silent_about_a_damaged_store(hook: Path, tmp_path: Path) -> None:
    database().parent.mkdir(parents=True, exist_ok=True)
    database().write_text("not a database, whatever its name says" * 100)

    found = _run(hook, json.dumps({"cwd": str(tmp_path)}))

    assert (found.returncode, found.stdout, found.stderr) == (0, "", "")


def test_it_does_not_make_a_store(hook: Path, tmp_path: Path) -> None:
    _run(hook, json.dumps({"cwd": str(tmp_path)}))

    assert not database().exists()


def test_it_starts_quickly(hook: Path, tmp_path: Path) -> None:
    seconds = []
    for _ in range(3):
        began = time.perf_counter()
        _run(hook, json.dumps({"cwd": str(tmp_path)}))
        seconds.append(time.perf_counter() - began)

    assert min(seconds) < 1.0


def test_hooks_json_starts_this_file_without_a_shell(root: Path, hook: Path) -> None:
    content = json.loads((root / "hooks" / "hooks.json").read_text())

    (entry,) = content["hooks"]["SessionStart"][0]["hooks"]
    named = [word.replace("${CLAUDE_PLUGIN_ROOT}", str(root)) for word in entry["args"]]
    assert named == [str(hook)]
    assert entry["type"] == "command"
    assert 0 < entry["timeout"] <= 10
