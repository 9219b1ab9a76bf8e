"""The six definitions as subagents of the real client: their own prompt and tools, nothing else."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from tests.claude.client import ScriptedAPI, StartAPI

from mle_star.agents.definitions import AGENTS, load_definitions

pytestmark = pytest.mark.slow

AGENT_FILES = Path(__file__).resolve().parents[2] / "agents"
DEFINITIONS = load_definitions(AGENT_FILES)
ASKED = [
    {
        "tool": "Agent",
        "input": {"description": name, "prompt": f"job of {name}", "subagent_type": f"star:{name}"},
    }
    for name in AGENTS
]


@pytest.fixture
def plugin(tmp_path: Path) -> Path:
    """A plugin of nothing but the six agents."""
    folder = tmp_path / "plugin"
    shutil.copytree(AGENT_FILES, folder / "agents")
    manifest = {
        "name": "star",
        "version": "1.0.0",
        "description": "the six",
        "author": {"name": "tests"},
    }
    (folder / ".claude-plugin").mkdir()
    (folder / ".claude-plugin" / "plugin.json").write_text(json.dumps(manifest))
    return folder


def _client(client: Path, folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    own = {"CLAUDE_CODE_DISABLE_BACKGROUND_TASKS": "1", "ENABLE_TOOL_SEARCH": "false"}
    return subprocess.run(
        [str(client), *words],
        cwd=folder,
        env={**os.environ, **own},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def _asked(server: ScriptedAPI, name: str) -> dict[str, Any]:
    """The one request that an agent's own conversation began with."""
    [body] = [
        request["body"]
        for request in server.requests
        if f"job of {name}" in json.dumps(request["body"]["messages"][:2])
        and "everybody" not in json.dumps(request["body"]["messages"])
    ]
    return dict(body)


def test_the_client_finds_nothing_to_complain_of(
    api: StartAPI, client: Path, plugin: Path, tmp_path: Path
) -> None:
    api([])

    done = _client(client, tmp_path, "plugin", "validate", "--strict", str(plugin))

    assert done.returncode == 0, done.stdout + done.stderr


def test_each_agent_is_asked_with_its_body_as_system_prompt_and_exactly_its_tools(
    api: StartAPI, client: Path, plugin: Path, tmp_path: Path
) -> None:
    server = api(
        [
            {"when": {"user": "everybody", "step": 0}, "reply": ASKED},
            {"when": {"user": "everybody"}, "reply": "All have answered."},
            {"when": {"user": "job of"}, "reply": "Done."},
        ]
    )

    done = _client(
        client, tmp_path, "-p", "Ask everybody.", "--plugin-dir", str(plugin), "--allowedTools",
        "Agent", "--output-format", "stream-json", "--verbose",
    )  # fmt: skip

    assert done.returncode == 0, done.stdout + done.stderr
    for name, definition in DEFINITIONS.items():
        body = _asked(server, name)
        system = "\n".join(block["text"] for block in body["system"])
        assert definition.prompt in system, name
        assert {tool["name"] for tool in body["tools"]} == set(definition.tools), name
