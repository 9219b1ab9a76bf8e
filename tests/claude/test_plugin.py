"""The plugin holds together: what the client's own validation passes over."""

from __future__ import annotations

import asyncio
import json
import os
import re
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.claude.client import StartAPI

from mle_star import __version__
from mle_star.agents.definitions import AGENTS
from mle_star.commands import COMMANDS
from mle_star.config import options_of

ROOT = Path(__file__).resolve().parents[2]
SLASH = sorted((ROOT / "commands").rglob("*.md"))
TEXTS = [*SLASH, *sorted((ROOT / "agents").glob("*.md"))]
NAMES = {path.stem for path in (ROOT / "commands").glob("*.md")}
HONOURED = {"description", "argument-hint", "allowed-tools"}
BUILT_IN = {"Read", "Grep", "Glob", "WebSearch"}
SERVER = "mcp__plugin_mle-star_engine__"
LOOK = 'node "${CLAUDE_PLUGIN_ROOT}/commands/lib/look.js"'
COMPONENTS = {
    "commands", "agents", "skills", "hooks", "mcpServers", "outputStyles", "lspServers",
    "workflows", "experimental",
}  # fmt: skip
ALIASES = {"automation mle-star": "run"}


def manifest(name: str) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((ROOT / ".claude-plugin" / name).read_text())
    return loaded


def front_of(path: Path) -> dict[str, Any]:
    front: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8").split("---\n")[1])
    return front


def words(path: Path) -> str:
    """The text on one line."""
    return " ".join(path.read_text(encoding="utf-8").split())


@cache
def tools_of_the_server() -> frozenset[str]:
    from mle_star.mcp.server import server

    return frozenset(SERVER + tool.name for tool in asyncio.run(server().list_tools()))


def test_the_manifest_is_of_this_version_and_leaves_the_folders_to_their_default() -> None:
    found = manifest("plugin.json")
    package = json.loads((ROOT / "package.json").read_text())

    assert (found["name"], found["version"]) == ("mle-star", __version__)
    assert (found["description"], found["license"]) == (package["description"], "MIT")
    assert not COMPONENTS & set(found)
    assert isinstance(found["author"], dict)
    assert isinstance(found["keywords"], list)


def test_the_repository_is_its_own_marketplace() -> None:
    found = manifest("marketplace.json")

    [plugin] = found["plugins"]
    assert (plugin["name"], plugin["source"]) == (manifest("plugin.json")["name"], "./")
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", found["name"])
    assert not found["name"].startswith(("claude", "anthropic"))


def test_what_the_plugin_needs_is_published(root: Path) -> None:
    listed = json.loads((root / "package.json").read_text())["files"]

    assert {".claude-plugin/", ".mcp.json", "commands/", "agents/", "hooks/", "bin/"} <= set(listed)


def test_every_command_that_is_wanted_is_there() -> None:
    assert {
        "run", "status", "resume", "stop", "explain", "memory", "predict", "report", "deploy",
        "situation", "task", "action", "results",
    } == NAMES  # fmt: skip
    assert {str(p.relative_to(ROOT / "commands")) for p in SLASH} - {f"{n}.md" for n in NAMES} == {
        "ml/mle-star.md", "automation/mle-star.md"
    }  # fmt: skip


@pytest.mark.parametrize("path", SLASH, ids=lambda path: f"{path.parent.name}/{path.stem}")
class TestEachCommand:
    def test_front_matter_is_plain_text_that_every_reader_of_yaml_reads_alike(
        self, path: Path
    ) -> None:
        front = front_of(path)

        assert set(front) == HONOURED
        assert all(isinstance(value, str) for value in front.values())
        assert len(front["description"]) < 120
        assert re.fullmatch(r"[a-z-]+", path.stem)

    def test_allows_only_tools_that_there_are(self, path: Path) -> None:
        listed = re.split(r", (?![^(]*\))", front_of(path)["allowed-tools"])

        for tool in listed:
            if tool.startswith("mcp__"):
                assert tool in tools_of_the_server()
            elif tool not in BUILT_IN:
                assert re.fullmatch(re.escape(f"Bash({LOOK} ") + r"[\w -]+:\*\)", tool)

    def test_names_no_tool_that_it_does_not_allow(self, path: Path) -> None:
        allowed = front_of(path)["allowed-tools"]
        named = {f"{SERVER}{word}" for word in re.findall(r"`(\w+)`", words(path))}

        assert {tool for tool in named & tools_of_the_server() if tool not in allowed} == set()

    def test_takes_arguments_in_one_place_and_never_in_a_line_that_a_shell_runs(
        self, path: Path
    ) -> None:
        text = path.read_text()

        assert text.count("$ARGUMENTS") == 1
        for line in re.findall(r"^.*!`.*$", text, re.MULTILINE):
            assert "$ARGUMENTS" not in line
            assert "|| echo" in line, "a line that fails would keep the command from Claude"

    def test_calls_the_engine_as_it_can_be_called(self, path: Path) -> None:
        text = path.read_text().replace(f"{LOOK} --version", "")
        for call in re.findall(re.escape(LOOK) + r"([^`\n|]*)", text.split("---\n", 2)[2]):
            called = call.split()
            name = next(
                (n for n in (" ".join(called[:2]), *called[:1]) if ALIASES.get(n, n) in COMMANDS),
                "",
            )
            assert name, call
            known = {f"--{option.name}" for option in options_of(ALIASES.get(name, name))}
            assert set(re.findall(r"--[a-z-]+", call)) <= known


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_commands_and_agents_that_a_text_names_are_there(path: Path) -> None:
    text = words(path)

    assert set(re.findall(r"/mle-star:([\w-]+)", text)) <= NAMES
    assert set(re.findall(r"(?<!/)\bmle-star:([\w-]+)", text)) <= set(AGENTS)


@pytest.mark.parametrize("name", AGENTS)
def test_agents_have_only_tools_that_there_are(name: str) -> None:
    tools = front_of(ROOT / "agents" / f"{name}.md")["tools"].split(", ")

    assert set(tools) <= BUILT_IN | tools_of_the_server()


@pytest.mark.parametrize(
    "path",
    [*TEXTS, ROOT / "hooks" / "hooks.json", ROOT / ".mcp.json"],
    ids=lambda path: f"{path.parent.name}/{path.stem}",
)
def test_every_file_of_the_plugin_that_is_named_is_there(path: Path) -> None:
    for named in re.findall(r"\$\{CLAUDE_PLUGIN_ROOT\}/([\w./-]+)", path.read_text()):
        assert (ROOT / named).is_file(), named


def test_the_hook_of_agents_hears_of_ours_alone() -> None:
    hooks = json.loads((ROOT / "hooks" / "hooks.json").read_text())["hooks"]

    assert hooks["SubagentStop"][0]["matcher"] == f"^{manifest('plugin.json')['name']}:"


@pytest.mark.proof
@pytest.mark.parametrize("path", [".", ".claude-plugin/plugin.json"])
def test_the_client_finds_nothing_to_complain_of(api: StartAPI, client: Path, path: str) -> None:
    api([])

    done = subprocess.run(
        [str(client), "plugin", "validate", "--strict", str(ROOT / path)],
        env=dict(os.environ), capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip

    assert done.returncode == 0, done.stdout + done.stderr
    assert "mle-star:ml:mle-star" in done.stdout


@pytest.mark.proof
def test_it_is_installed_from_its_own_marketplace(
    api: StartAPI, client: Path, tmp_path: Path
) -> None:
    api([])
    for words_of in (
        ["plugin", "marketplace", "add", str(ROOT)],
        ["plugin", "install", "mle-star@mle-star"],
    ):
        done = subprocess.run(
            [str(client), *words_of],
            cwd=tmp_path, env=dict(os.environ), capture_output=True, text=True, timeout=120,
            check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr

    done = subprocess.run(
        [str(client), "plugin", "list", "--json"],
        cwd=tmp_path, env=dict(os.environ), capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    assert "mle-star@mle-star" in done.stdout
