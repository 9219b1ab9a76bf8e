"""From install to uninstall: a model by claude-flow's name, and claude-flow as it was."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.claude_flow.flow import Ended, Project
from tests.claude_flow.packages import VERSIONS, project_with
from tests.engine.cli.conftest import write_data

FAKES = Path(__file__).resolve().parents[1] / "node" / "claude-flow"
CHURN = Path(__file__).resolve().parents[2] / "examples" / "telco_churn.csv"
THEIRS = (
    ("--version",),
    ("memory", "--help"),
    ("memory", "store", "key; $(touch injected)", 'a "value"'),
    ("nosuch", "x"),
)
OBEDIENT = f"""#!{sys.executable}
import subprocess, sys
lines = [line for line in sys.argv[-1].splitlines() if " -m mle_star " in line]
if not lines:
    sys.exit(0)
def call(line):
    return subprocess.run(line, shell=True, capture_output=True, text=True)
session = call(lines[0]).stdout.split()[-1]
run, wait, status = (line.replace("SESSION", session) for line in lines)
while call(wait).returncode == 1:
    pass
open("answer", "w").write(call(status).stdout)
"""
"""A claude that does what the prompt says, and nothing else."""


def _answers(project: Project) -> list[Ended]:
    return [project.flow(*words) for words in THEIRS]


def _trained(project: Project, folder: str) -> dict[str, Any]:
    result: dict[str, Any] = json.loads((project.folder / folder / "result.json").read_text())
    assert (project.folder / folder / "model" / "model.skops").is_file()
    return result


@pytest.fixture
def fake(tmp_path: Path) -> Project:
    """A project with a claude-flow that is shaped like 3.x."""
    if not shutil.which("node"):
        pytest.skip("node is not here")
    modules = tmp_path / "node_modules"
    shutil.copytree(FAKES / "three", modules / "claude-flow")
    (modules / "claude-flow" / "bin" / "cli.js").chmod(0o755)
    (modules / ".bin").mkdir()
    (modules / ".bin" / "claude-flow").symlink_to("../claude-flow/bin/cli.js")
    return Project(tmp_path)


@pytest.mark.proof
def test_a_model_is_trained_by_claude_flows_name_and_all_else_is_as_before(fake: Project) -> None:
    write_data(fake.folder / "shop.csv", 120)
    before = fake.tree()

    assert fake.star("install", "claude-flow").code == 0
    words = ("automation", "mle-star", "--dataset", "shop.csv", "--target", "label")
    done = fake.flow(*words, "--evaluations", "1", "--output", "out", "--memory", "none")

    assert done.code in (0, 4), done.err
    assert _trained(fake, "out")["task"]["targets"] == ["label"]
    assert fake.flow("--version").out == "ruflo v3.43.0\n"
    assert fake.star("uninstall", "claude-flow").code == 0
    assert fake.tree() == before


@pytest.mark.proof
@pytest.mark.parametrize("version", VERSIONS)
def test_with_the_real_claude_flow(version: str, tmp_path: Path) -> None:
    project = Project(project_with(version, tmp_path))
    before, answers = project.tree(), _answers(project)
    own = project.flow("automation", "mle-star", "--dataset", "a.csv", "--target", "b")

    assert project.star("install", "claude-flow").code == 0
    words = ("automation", "mle-star", "--dataset", str(CHURN), "--target", "Churn")
    done = project.flow(*words, "--evaluations", "2", "--output", "out")

    assert done.code in (0, 4), done.err
    assert _trained(project, "out")["task"]["targets"] == ["Churn"]
    assert _answers(project) == answers
    assert answers[0].out.strip().endswith(version)
    assert answers[1].code == 0
    assert answers[1].out

    assert project.star("uninstall", "claude-flow").code == 0
    assert project.tree() == before
    assert _answers(project) == answers
    after = project.flow("automation", "mle-star", "--dataset", "a.csv", "--target", "b")
    assert (after.code, after.err) == (own.code, own.err)
    assert not (project.folder / "injected").exists()


@pytest.mark.proof
@pytest.mark.parametrize("version", VERSIONS)
def test_ours_are_registered_with_the_real_claude_flow(version: str, tmp_path: Path) -> None:
    project = Project(project_with(version, tmp_path))
    project.star("install", "claude-flow")

    help_of_ours = project.flow("ml", "--help")
    other = project.flow("ml", "other")
    alone = project.flow("ml")

    assert "The same by stages of one session" in help_of_ours.out
    assert (other.code, alone.code) == (2, 0)
    assert "there is no ml other, only ml mle-star" in other.err
    assert "mle-star ml mle-star" in alone.out
    if version.startswith("3"):
        listed = project.flow("automation", "--help")
        ran = project.flow("--verbose", "automation", "mle-star", "--dataset", "none.csv")
        assert "mle-star" in listed.out
        assert ran.code == 2
        assert "--target" in ran.err


@pytest.mark.proof
@pytest.mark.parametrize("version", VERSIONS)
def test_the_real_claude_flow_is_told_of_a_run_by_its_hooks(version: str, tmp_path: Path) -> None:
    project = Project(project_with(version, tmp_path))
    write_data(project.folder / "shop.csv")
    words = ("run", "--dataset", "shop.csv", "--target", "label", "--evaluations", "1")

    done = project.star(*words, "--output", "out", "--claude-flow-hooks")

    assert done.code in (0, 4), done.err
    log = (project.folder / "out" / "events.jsonl").read_text().splitlines()
    events = [json.loads(line) for line in log]
    called = [(e["hook"], e["status"]) for e in events if e["type"] == "hook_finished"]
    assert called == [("claude-flow pre-task", "done"), ("claude-flow post-task", "done")]


@pytest.mark.proof
def test_the_real_claude_flow_2_gives_its_claude_a_command_that_trains(tmp_path: Path) -> None:
    project = Project(project_with("2.7.47", tmp_path))
    write_data(project.folder / "a shop.csv", 120)
    stubs = tmp_path / "stubs"
    stubs.mkdir()
    for name, script in (("claude", OBEDIENT), ("npx", "#!/bin/sh\nexit 0\n")):
        (stubs / name).write_text(script)
        (stubs / name).chmod(0o755)
    said = {"max_training_time": 60, "model_output_dir": "out"}
    shown = project.star("workflow", "show", "--claude-flow", "--variables", json.dumps(said))
    (project.folder / "ours.json").write_text(shown.out)
    variables = json.dumps({"dataset_path": "a shop.csv", "target_column": "label"})
    words = ("automation", "run-workflow", "ours.json", "--claude", "--non-interactive")

    done = project.flow(*words, "--variables", variables, path=str(stubs))

    assert done.code == 0, done.err + done.out
    assert _trained(project, "out")["task"]["targets"] == ["label"]
    assert (project.folder / "answer").read_text().strip()
