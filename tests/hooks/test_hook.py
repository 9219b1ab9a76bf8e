"""What every hook promises: an answer or silence, quickly, under any Python, never a failure."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.hooks.hearing import HOOK, ROOT, given, session_of, start

from mle_star_memory.location import database, home

EVENTS = (
    "SessionStart", "UserPromptSubmit", "PreToolUse", "PostToolUse", "SubagentStop", "Stop",
    "SessionEnd",
)  # fmt: skip
SOURCES = [*HOOK.parent.glob("*.py"), ROOT / "engine" / "mle_star" / "agents" / "learning.py"]
HOME = Path.home()  # before tests move it
OTHERS: dict[str, Any] = {
    "prompt": "a model of Churn", "tool_name": "Bash", "agent_type": "Explore",
    "tool_input": {"command": "python train.py", "file_path": "/nowhere/solution.py"},
    "last_assistant_message": "found", "transcript_path": "/nowhere",
}  # fmt: skip
"""What concerns nothing of ours."""


@pytest.mark.parametrize("name", EVENTS)
def test_it_is_silent_where_nothing_of_ours_is_there(name: str, tmp_path: Path) -> None:
    done = start(given(name, tmp_path, **OTHERS))

    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert not database().exists()
    assert not (home() / "claude").exists()


@pytest.mark.parametrize(
    "text", ["", "not json", "[]", "{}", '{"cwd": 3}', '{"hook_event_name": "Stop"}', "\ud800"]
)
def test_it_is_silent_about_input_that_it_does_not_understand(text: str) -> None:
    found = start(text.encode("utf-8", "replace").decode())

    assert (found.returncode, found.stdout, found.stderr) == (0, "", "")


@pytest.mark.parametrize("name", EVENTS)
def test_it_is_silent_about_a_damaged_store(name: str, tmp_path: Path) -> None:
    database().parent.mkdir(parents=True, exist_ok=True)
    database().write_text("not a database, whatever its name says" * 100)

    done = start(given(name, tmp_path, prompt="model of Churn", agent_type="mle-star:x"))

    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_it_hears_of_the_project_even_from_a_folder_in_it(tmp_path: Path) -> None:
    session_of(tmp_path)

    found = start(given("SessionStart", Path("/")), CLAUDE_PROJECT_DIR=str(tmp_path))

    assert "churn" in found.stdout


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)
def test_its_code_can_be_read_by_python_3_8(path: Path) -> None:
    ast.parse(path.read_text(encoding="utf-8"), feature_version=(3, 8))


def test_nothing_heavy_is_imported(tmp_path: Path) -> None:
    session_of(tmp_path)
    event = given("PostToolUse", tmp_path, tool_input={"file_path": str(tmp_path / "telco.csv")})

    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-I", "-S", str(HOOK)],
        input=event, capture_output=True, text=True, check=True,
    )  # fmt: skip

    imported = {line.rpartition("|")[2].strip().split(".")[0] for line in done.stderr.splitlines()}
    assert not imported & {"numpy", "pandas", "orjson", "click", "dataclasses", "asyncio", "email"}
    assert "mle_star_memory" in imported


def test_hooks_json_starts_this_file_for_every_event_without_a_shell() -> None:
    content: dict[str, Any] = json.loads((ROOT / "hooks" / "hooks.json").read_text())

    assert set(content["hooks"]) == set(EVENTS)
    for entries in content["hooks"].values():
        (entry,) = entries
        (started,) = entry["hooks"]
        named = [word.replace("${CLAUDE_PLUGIN_ROOT}", str(ROOT)) for word in started["args"]]
        assert (started["type"], started["command"]) == ("command", "python3")
        assert named == ["-I", "-S", str(HOOK)]
        assert 0 < started["timeout"] <= 5


@pytest.mark.proof
@pytest.mark.parametrize("version", ["3.8", "3.9", "3.10", "3.12", "3.13", "3.7", "3.6"])
def test_it_runs_under_older_and_newer_pythons(version: str, tmp_path: Path) -> None:
    pythons = sorted((HOME / ".pyenv" / "versions").glob(f"{version}.*/bin/python"))
    pythons += sorted(Path("/usr/bin").glob(f"python{version}"))
    own = Path(sys.prefix) / "bin" / f"python{version}"
    if not (pythons := [*pythons, *([own] if own.exists() else [])]):
        pytest.skip(f"no Python {version} here")
    session_of(tmp_path)

    done = subprocess.run(
        [str(pythons[0]), "-I", "-S", str(HOOK)], input=given("SessionStart", tmp_path),
        capture_output=True, text=True, check=True,
    )  # fmt: skip

    assert ("churn" in done.stdout) == (version not in ("3.6", "3.7"))
    assert done.stderr == ""
