"""The tools as a client of the protocol sees them, with the official client."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from mcp import Client, StdioServerParameters
from mcp.types import CallToolResult, TextContent, Tool

from mle_star.mcp.server import server

READERS = {
    "profile", "sessions", "status", "wait", "leaderboard", "ablation", "show_solution", "report",
    "memory_query",
}  # fmt: skip
WRITERS = {
    "run", "stop", "resume", "predict", "judge_block", "edit_block", "ensemble", "validate",
    "memory_store",
}  # fmt: skip


async def tools() -> dict[str, Tool]:
    async with Client(server()) as client:
        return {tool.name: tool for tool in (await client.list_tools()).tools}


@asynccontextmanager
async def connected(folder: Path) -> AsyncIterator[Client]:
    parameters = StdioServerParameters(
        command=sys.executable,
        args=["-P", "-m", "mle_star", "mcp"],
        cwd=folder,
        env={**os.environ, "MLE_STAR_HOME": str(folder / "home")},
    )
    async with Client(parameters) as client:
        yield client


def text(result: CallToolResult) -> str:
    return "".join(one.text for one in result.content if isinstance(one, TextContent))


async def test_every_tool_says_what_it_does_and_whether_it_changes_anything() -> None:
    found = await tools()

    assert set(found) == READERS | WRITERS
    for name, tool in found.items():
        assert tool.description, name
        assert tool.annotations is not None, name
        assert tool.annotations.read_only_hint == (name in READERS), name
        assert tool.annotations.open_world_hint is False


async def test_every_parameter_has_a_description_and_an_example_that_fits() -> None:
    for name, tool in (await tools()).items():
        for parameter, schema in tool.input_schema.get("properties", {}).items():
            assert schema.get("description"), f"{name}.{parameter}"
            assert schema.get("examples"), f"{name}.{parameter}"
            allowed = schema.get("enum")
            assert allowed is None or set(schema["examples"]) <= set(allowed)


FAILURES: tuple[tuple[str, dict[str, Any], str], ...] = (
    ("leaderboard", {}, "there is no session yet"),
    ("ablation", {"session": "nope"}, "no session 'nope'"),
    ("show_solution", {"session": "--help"}, "no session '--help'"),
    ("report", {}, "there is no session yet"),
    ("wait", {"session": "nope", "seconds": 100}, "no session 'nope'"),
    ("stop", {}, "there is no session yet"),
    ("resume", {}, "there is no session yet"),
    ("ensemble", {"session": "nope"}, "no session 'nope'"),
    ("validate", {"session": "nope"}, "no session 'nope'"),
    ("judge_block", {"role": "model", "code": "x", "session": "nope"}, "no session 'nope'"),
    ("edit_block", {"role": "model", "code": "x"}, "there is no session yet"),
    ("profile", {"dataset": "missing.csv", "target": "y"}, "missing.csv"),
    ("run", {"dataset": "missing.csv", "target": "y"}, "missing.csv"),
    ("predict", {"model": "m", "dataset": "d", "output": "o"}, "m"),
    ("memory_store", {"text": "x"}, "there is no session yet"),
)


async def fails(tool: str, arguments: dict[str, Any]) -> str:
    async with Client(server()) as client:
        result = await client.call_tool(tool, arguments)
    assert result.is_error
    assert "Traceback" not in text(result)
    assert "this is a bug" not in text(result)
    return text(result)


@pytest.mark.proof
@pytest.mark.parametrize(("tool", "arguments", "said"), FAILURES)
async def test_a_failure_says_what_to_do(
    tool: str, arguments: dict[str, Any], said: str, tmp_path: Path, monkeypatch: Any
) -> None:
    monkeypatch.chdir(tmp_path)

    assert said in await fails(tool, arguments)


async def test_a_session_that_is_not_there_and_words_that_are_none_are_told() -> None:
    assert "list them with: mle-star sessions" in await fails("status", {"session": "nope"})
    assert "rumour" in await fails("memory_query", {"kind": "rumour"})
    said = await fails("edit_block", {"role": "modal", "code": "x"})
    assert "'clean', 'features', 'hyperparameters'" in said


async def test_nothing_but_the_protocol_reaches_standard_output(tmp_path: Path) -> None:
    (tmp_path / "d.csv").write_text(
        "a,b,y\n" + "".join(f"{n},{n % 3},{n % 2}\n" for n in range(60))
    )
    async with connected(tmp_path) as client:
        profile = await client.call_tool("profile", {"dataset": "d.csv", "target": "y"})
        sessions = await client.call_tool("sessions", {})
        records = await client.call_tool("memory_query", {"text": "-- anything"})

    assert not profile.is_error, text(profile)
    assert profile.structured_content is not None
    assert profile.structured_content["task"]["targets"] == ["y"]
    assert json.loads(text(profile)) == profile.structured_content
    assert sessions.structured_content == {"sessions": []}
    assert records.structured_content == {"records": []}


def test_the_plugin_starts_the_server_through_the_front_door(root: Path) -> None:
    given = json.loads((root / ".mcp.json").read_text())["mcpServers"]

    assert set(given) == {"engine"}
    assert given["engine"]["command"] == "node"
    assert given["engine"]["args"] == ["${CLAUDE_PLUGIN_ROOT}/bin/mle-star.js", "mcp"]
