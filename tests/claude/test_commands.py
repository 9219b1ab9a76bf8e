"""Every slash command with the real client: its text, its tools, and where something is missing."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from tests.claude.client import ScriptedAPI, StartAPI
from tests.claude.talk import LOOK, SERVER, Talk, environment_of, made_project, talk, text_of

from mle_star.cli.main import main

pytestmark = pytest.mark.proof

NOTHING: dict[str, Any] = {}


def call(tool: str, **values: Any) -> dict[str, Any]:
    return {"tool": SERVER + tool, "input": values}


def shell(words: str) -> dict[str, Any]:
    return {"tool": "Bash", "input": {"command": f"{LOOK} {words}", "description": "engine"}}


RUN = {"target": "bought", "evaluations": 2, "name": "again"}
COMMANDS: dict[str, tuple[str, list[dict[str, Any]], list[str]]] = {
    "run": ("shop.csv bought", [call("profile", dataset="shop.csv", target="bought"),
                                call("run", dataset="shop.csv", **RUN),
                                call("wait", session="again", seconds=100)],
            ["240", "session", "again"]),
    "status": ("shop", [call("status", session="shop")], ["done"]),
    "resume": ("", [call("sessions"), call("resume", session="shop")], ["shop", "shop"]),
    "stop": ("shop", [call("sessions"), call("stop", session="shop")], ["shop", "nobody runs"]),
    "explain": ("shop why", [call("leaderboard", session="shop"), call("ablation", session="shop"),
                             call("show_solution", session="shop")],
                ["linear", "", "role"]),
    "memory": ("linear", [call("memory_query", text="linear"),
                          call("memory_store", text="colour is noise", session="shop")],
               ["linear", ""]),
    "predict": ("shop_test.csv", [call("predict", model="models/shop", dataset="shop_test.csv",
                                       output="said.csv")], ["20"]),
    "report": ("shop", [call("report", session="shop")], ["roc_auc"]),
    "deploy": ("shop staging", [call("report", session="shop"), shell("models list")],
               ["roc_auc", ""]),
    "situation": ("shop.csv", [shell("ml mle-star situation --dataset shop.csv --name steps")],
                  ["bought"]),
    "task": ("", [shell("ml mle-star task --session steps --target bought 'highest accuracy'")],
             ["accuracy"]),
    "action": ("", [shell("ml mle-star action --detach --session steps --evaluations 2"),
                    call("wait", session="steps", seconds=100)], ["steps", ""]),
    "results": ("shop", [shell("ml mle-star results --session shop")], ["Leaderboard"]),
    "ml:mle-star": ("results --session shop", [shell("ml mle-star results --session shop")],
                    ["Leaderboard"]),
    "automation:mle-star": ("--dataset no.csv --target x",
                            [shell("automation mle-star --dataset no.csv --target x --detach")],
                            ["no.csv"]),
}  # fmt: skip
FAILING = {("stop", 1)}
"""Tools that are expected to refuse."""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made_project(tmp_path_factory.mktemp("commands"))


def scripted(api: StartAPI, calls: list[dict[str, Any]]) -> ScriptedAPI:
    return api([{"when": {"user": "mle-star"}, "replies": [*([one] for one in calls), ["Done."]]}])


def sent(server: ScriptedAPI) -> str:
    """The first request with the command's text."""
    bodies = [request["body"] for request in server.requests if request["method"] == "POST"]
    return text_of(bodies[0])


def sound(found: Talk) -> None:
    assert found.code == 0, found.messages[-1]
    assert found.result["result"] == "Done.", found.result
    assert found.result["permission_denials"] == []


def test_there_is_a_conversation_for_each_command(root: Path) -> None:
    folder = root / "commands"
    names = {path.relative_to(folder).with_suffix("") for path in folder.rglob("*.md")}

    assert {":".join(name.parts) for name in names} == set(COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_its_text_reaches_claude_and_its_tools_work_without_asking(
    api: StartAPI, client: Path, project: Path, name: str
) -> None:
    arguments, calls, expected = COMMANDS[name]
    server = scripted(api, calls)

    found = talk(client, project, f"/mle-star:{name} {arguments}", env=environment_of(project))

    sound(found)
    said = sent(server)
    assert not arguments or arguments in said.split("</command-args>")[1]
    assert "0.1.0" in said if ":" in name else "\tshop\tdone\t" in said
    assert len(found.answers) == len(calls)
    for place, ((failed, text), part) in enumerate(zip(found.answers, expected, strict=True)):
        assert failed == ((name, place) in FAILING), text
        assert part in text


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_it_offers_to_set_the_engine_up_and_sets_nothing_up(
    api: StartAPI, client: Path, project: Path, name: str, tmp_path: Path
) -> None:
    server = scripted(api, [])
    env = environment_of(project, MLE_STAR_CACHE=str(tmp_path / "cache"))
    env.pop("MLE_STAR_PYTHON")

    found = talk(client, project, f"/mle-star:{name} x", env=env)

    sound(found)
    assert ("is not set up on this machine yet" in sent(server)) == (":" not in name)
    assert not (tmp_path / "cache").exists()


def test_where_there_is_no_session_it_is_said(
    api: StartAPI, client: Path, project: Path, tmp_path: Path
) -> None:
    server = scripted(
        api,
        [
            call("status"),
            call("leaderboard"),
            call("predict", model="models/x", dataset="nowhere.csv", output="o.csv"),
        ],
    )
    env = environment_of(project, MLE_STAR_HOME=str(tmp_path / "empty"))

    words = ["--allowedTools", f"{SERVER}leaderboard,{SERVER}predict"]
    found = talk(client, tmp_path, "/mle-star:status", *words, env=env)

    sound(found)
    assert "no sessions yet" in sent(server)
    assert [failed for failed, _ in found.answers] == [True, True, True]
    assert all("no" in text for _, text in found.answers)


@pytest.mark.parametrize("name", ["run", "results"])
def test_where_node_is_missing_it_is_said(
    api: StartAPI, client: Path, project: Path, name: str, tmp_path: Path
) -> None:
    server = scripted(api, [])
    programs = tmp_path / "bin"
    programs.mkdir()
    for program in ("bash", "sh", "python3", "git", "uname"):
        programs.joinpath(program).symlink_to(f"/bin/{program}")

    found = talk(
        client, project, f"/mle-star:{name} x", env=environment_of(project, PATH=str(programs))
    )

    sound(found)
    assert "needs Node 18 or later on PATH" in sent(server)


@pytest.mark.parametrize("on_path", [True, False])
@pytest.mark.parametrize("name", ["ml:mle-star", "automation:mle-star"])
def test_without_the_plugin_the_installed_ones_start_the_program_on_the_path(
    api: StartAPI, client: Path, project: Path, tmp_path: Path, name: str, on_path: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    here = tmp_path / "own"
    here.mkdir()
    monkeypatch.chdir(here)
    main(["install", "claude-code"])
    programs = tmp_path / "bin"
    programs.mkdir()
    if on_path:
        engine = programs / "mle-star"
        env = environment_of(project)
        engine.write_text(f'#!/bin/sh\nexec "{env["MLE_STAR_PYTHON"]}" -m mle_star "$@"\n')
        engine.chmod(0o755)
    bare = os.pathsep.join(p for p in os.environ["PATH"].split(os.pathsep) if "/venv" not in p)
    path = f"{programs}{os.pathsep}{bare}"
    command = {"command": "mle-star status shop --json", "description": "x"}
    server = scripted(api, [{"tool": "Bash", "input": command}] if on_path else [])

    found = talk(
        client, here, f"/{name} results", env=environment_of(project, PATH=path), plugin=False
    )

    sound(found)
    said = sent(server)
    assert ("mle-star 0.1.0" in said) == on_path
    assert ("(this did not work" in said.split("If a program")[0]) == (not on_path)
    if on_path:
        assert '\\"state\\": \\"done\\"' in found.answers[0][1]
