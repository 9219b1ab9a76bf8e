"""Every hook event with the real client, and an agent that works with the engine's tools."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.claude.client import ScriptedAPI, StartAPI
from tests.claude.talk import ROOT, SERVER, environment_of, made_project, talk, text_of

from mle_star_memory.sqlite_store import SqliteStore

pytestmark = pytest.mark.proof

LEAKY = """\
# %% role: features
class Scaled:
    def fit(self, X, y=None):
        return self

    def transform(self, X):
        return self.scaler.fit(X).transform(X)


def features(columns):
    return Scaled()
"""
ASKED = {
    "tool": "Agent",
    "input": {
        "description": "why", "prompt": "job: why did the score of shop fall?",
        "subagent_type": "mle-star:ablation-analyst", "run_in_background": False,
    },
}  # fmt: skip
FOUND = "In shop the features matter most."


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made_project(tmp_path_factory.mktemp("hooks"))


@pytest.fixture
def project(made: Path, tmp_path: Path) -> Path:
    """A project of its own for each test: what one leaves, another would hear of."""
    del tmp_path
    for path in (made / ".mle-star", made.parent / "memory" / "claude"):
        shutil.rmtree(path, ignore_errors=True)
    return made


def requests_of(server: ScriptedAPI) -> list[str]:
    return [text_of(r["body"]) for r in server.requests if r["method"] == "POST"]


def findings(project: Path) -> list[tuple[str, str]]:
    with SqliteStore(project.parent / "memory" / "memory.sqlite3") as store:
        found = store.query("", kind="finding")
    return [(match.record.content["agent"], match.record.content["text"]) for match in found]


def test_a_session_begins_with_what_there_is_and_a_prompt_brings_its_lessons(
    api: StartAPI, client: Path, project: Path
) -> None:
    server = api([], "ok")

    about = talk(client, project, "How good is the model of shop.csv?", env=environment_of(project))
    talk(client, project, "Write a poem.", env=environment_of(project))

    asked, other = requests_of(server)
    assert about.code == 0
    assert "best model for bought of shop.csv: shop, roc_auc" in asked
    assert "Measured by mle-star on shop.csv, target bought" in asked
    assert "best model for bought" in other
    assert "Measured by mle-star" not in other


def test_a_project_of_somebody_else_hears_nothing(
    api: StartAPI, client: Path, project: Path, tmp_path: Path
) -> None:
    server = api([], "ok")

    talk(client, tmp_path, "How good is the model of shop.csv?", env=environment_of(project))

    [asked] = requests_of(server)
    assert "mle-star in this project" not in asked
    assert "Measured by mle-star" not in asked


def test_training_on_test_rows_is_warned_of_and_not_blocked(
    api: StartAPI, client: Path, project: Path
) -> None:
    (project / "train.py").write_text("print('trained')\n")
    command = "python3 train.py --data shop_test.csv"
    server = api(
        [{"when": {"user": "go"}, "replies": [[_bash(command)], ["Done."]]}],
    )

    found = talk(
        client, project, "go", "--allowedTools", "Bash(python3:*)", env=environment_of(project)
    )

    assert "shop_test.csv holds test rows and is about to be trained on" in requests_of(server)[-1]
    [(failed, text)] = found.answers
    assert (failed, "trained" in text) == (False, True)


def test_a_leaky_edit_is_told_and_a_run_is_queued(
    api: StartAPI, client: Path, project: Path
) -> None:
    (project / ".mle-star").mkdir()
    (project / ".mle-star" / "settings.json").write_text('{"rerun_on_edit": true}')
    path = project / "models" / "shop" / "candidates" / "99-own.py"
    write = {"tool": "Write", "input": {"file_path": str(path), "content": LEAKY}}
    server = api([{"when": {"user": "go"}, "replies": [[write], ["Done."]]}])

    talk(client, project, "go", "--allowedTools", "Write", env=environment_of(project))

    said = requests_of(server)[-1]
    [request] = (project / ".mle-star" / "queue").glob("*.json")
    assert "line 7: Scaled learns from the rows it is to predict" in said
    assert "is queued" in said
    assert json.loads(request.read_text())["path"] == str(path)


def test_an_agent_works_with_the_tools_of_the_engine_and_what_it_found_is_kept(
    api: StartAPI, client: Path, project: Path
) -> None:
    names = [f"{SERVER}{name}" for name in ("leaderboard", "ablation", "show_solution")]
    tools = [{"tool": name, "input": {"session": "shop"}} for name in names]
    server = api(
        [
            {"when": {"user": "ask", "step": 0}, "reply": [ASKED]},
            {"when": {"user": "ask"}, "reply": "All told."},
            {"when": {"user": "job"}, "replies": [*([tool] for tool in tools), [FOUND]]},
        ]
    )
    ours = ",".join(names)

    found = talk(
        client, project, "ask the analyst", "--allowedTools", f"Agent,{ours}",
        env=environment_of(project),
    )  # fmt: skip

    inside = [
        text for text in requests_of(server) if "job: why" in text and "ask the analyst" not in text
    ]
    assert found.result["result"] == "All told."
    assert found.result["permission_denials"] == []
    assert "You say which parts of a solution are worth taking away" in inside[-1]
    assert "linear" in inside[-1]
    assert FOUND in json.dumps(found.answers)
    assert ("ablation-analyst", FOUND) in findings(project)


def test_conclusions_of_a_turn_that_measured_are_kept_and_the_end_is_remembered(
    api: StartAPI, client: Path, project: Path
) -> None:
    name = f"{SERVER}ablation"
    ablation = {"tool": name, "input": {"session": "shop"}}
    api([{"when": {"user": "go"}, "replies": [[ablation], ["The model of shop matters."]]}])

    talk(client, project, "go", "--allowedTools", name, env=environment_of(project))

    assert ("conversation", "The model of shop matters.") in findings(project)
    [seen] = (project.parent / "memory" / "claude" / "seen").glob("*.json")
    assert json.loads(seen.read_text())["project"] == str(project.resolve())


def _bash(command: str) -> dict[str, Any]:
    return {"tool": "Bash", "input": {"command": command, "description": "x"}}


SOCKET = f"mle-star-{os.getpid()}"


def tmux(*words: str) -> str:
    done = subprocess.run(
        ["tmux", "-L", SOCKET, *words], capture_output=True, text=True, timeout=30, check=True
    )
    return done.stdout


@pytest.fixture
def terminal(api: StartAPI, client: Path, project: Path) -> Iterator[ScriptedAPI]:
    """The interactive client in a terminal, in the project; its requests."""
    if not shutil.which("tmux"):
        pytest.skip("tmux is not here")
    status = {"tool": f"{SERVER}status", "input": {"session": "shop"}}
    write = {
        "tool": "Write",
        "input": {"file_path": str(project / "models/shop/candidates/98.py"), "content": LEAKY},
    }
    server = api(
        [
            {"when": {"user": "mle-star:status"}, "replies": [[status], ["It is done."]]},
            {"when": {"user": "write it"}, "replies": [[write], ["Written."]]},
        ],
        "ok",
    )
    env = environment_of(project, TERM="xterm-256color")
    own = {
        "hasCompletedOnboarding": True, "theme": "dark",
        "customApiKeyResponses": {"approved": ["dummy"], "rejected": []},
        "projects": {str(project): {"hasTrustDialogAccepted": True}},
    }  # fmt: skip
    (Path(env["HOME"]) / ".claude.json").write_text(json.dumps(own))
    given = [f"{name}={value}" for name, value in env.items()]
    started = [
        "env",
        "-i",
        *given,
        str(client),
        "--plugin-dir",
        str(ROOT),
        "--allowedTools",
        "Write",
    ]
    tmux("new-session", "-d", "-s", "c", "-x", "130", "-y", "50", "-c", str(project), *started)
    try:
        yield server
    finally:
        subprocess.run(["tmux", "-L", SOCKET, "kill-session", "-t", "c"], check=False)


def shown_with(text: str) -> str:
    """The screen, as soon as it shows something."""
    last = time.monotonic() + 60
    while time.monotonic() < last:
        screen = tmux("capture-pane", "-p", "-t", "c")
        if text in screen:
            return screen
        time.sleep(0.5)
    raise AssertionError(f"{text!r} never came:\n{tmux('capture-pane', '-p', '-t', 'c')}")


def typed(text: str) -> None:
    tmux("send-keys", "-t", "c", text)
    time.sleep(1)
    tmux("send-keys", "-t", "c", "Enter")


def test_a_person_at_a_terminal_gets_the_same(
    terminal: ScriptedAPI, project: Path, tmp_path: Path
) -> None:
    shown_with("Claude Code")
    time.sleep(3)  # the server of the plugin starts beside the screen
    typed("/mle-star:status shop")
    status = shown_with("It is done.")
    typed("write it")
    edited = shown_with("Written.")
    (tmp_path / "screens.txt").write_text(f"{status}\n{'=' * 130}\n{edited}")

    said = "\n".join(requests_of(terminal))
    assert "mle-star:status" in status
    assert "learns from the rows it is to predict" in edited
    assert "best model for bought of shop.csv" in said
    assert "Permission" not in status
