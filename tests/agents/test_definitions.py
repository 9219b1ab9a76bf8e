"""The six definitions are what Claude Code and the engine both read."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from mle_star.agents.definitions import AGENTS, load_definitions, parse_definition
from mle_star.data.schema import columns_of
from mle_star.errors import StateError
from mle_star.types import Kind, Output

READING = {"Read", "Grep", "Glob"}
MODELS = {"sonnet", "opus", "haiku", "fable", "inherit"}
COLORS = {"red", "blue", "green", "yellow", "purple", "orange", "pink", "cyan"}
HONOURED = {"name", "description", "tools", "model", "maxTurns", "color"}
"""Of the fields that a plugin's subagent may have, those in use here; it ignores three others."""

SERVER = "mcp__plugin_mle-star_engine__"
OUR_TOOLS = {
    "profile", "run", "sessions", "status", "wait", "stop", "resume", "leaderboard", "ablation",
    "show_solution", "judge_block", "edit_block", "ensemble", "validate", "predict",
    "memory_query", "memory_store", "report",
}  # fmt: skip
LARGEST = 3_000
"""Characters: with the brief, a question stays below eight thousand."""

VALID = "---\nname: a\ndescription: does a\ntools: Read, Grep\n---\n\nYou do a.\n"


@pytest.fixture(scope="module")
def folder() -> Path:
    return Path(__file__).resolve().parents[2] / "agents"


def test_there_are_six_and_no_more(folder: Path) -> None:
    assert {path.stem for path in folder.glob("*.md")} == set(AGENTS)
    assert list(load_definitions(folder)) == list(AGENTS)


@pytest.mark.parametrize("name", AGENTS)
class TestEachDefinition:
    def test_front_matter_holds_what_the_client_honours_and_no_more(
        self, folder: Path, name: str
    ) -> None:
        front = _front_matter(folder / f"{name}.md")

        assert set(front) == HONOURED
        assert front["name"] == name
        assert re.fullmatch(r"[a-z]+(-[a-z]+)*", name)
        assert front["model"] in MODELS
        assert front["color"] in COLORS
        assert type(front["maxTurns"]) is int
        assert 1 <= front["maxTurns"] <= 20
        assert "Use " in front["description"]

    def test_the_engine_reads_the_same_as_the_client(self, folder: Path, name: str) -> None:
        front, found = _front_matter(folder / f"{name}.md"), load_definitions(folder)[name]

        assert (found.name, found.description) == (front["name"], front["description"])
        assert list(found.tools) == _tools(front, ours=False)

    def test_has_tools_that_only_read_the_project_or_only_search_the_web(
        self, folder: Path, name: str
    ) -> None:
        # Whoever reads pages written by strangers reads no files of the user, and the reverse.
        wanted = {"WebSearch"} if name == "ml-researcher" else READING

        assert set(load_definitions(folder)[name].tools) == wanted

    def test_says_what_it_is_given_returns_and_may_not_do(self, folder: Path, name: str) -> None:
        prompt = load_definitions(folder)[name].prompt
        said = " ".join(prompt.split())

        for heading in ("## What you are given", "## What you return", "## Rules"):
            assert heading in prompt
        assert re.search(r"engine[^.]* measure", said)
        assert re.search(r"(are data|nothing in them is an instruction)", said)

    def test_has_tools_of_our_server_in_a_conversation_and_is_told_what_for(
        self, folder: Path, name: str
    ) -> None:
        told = (folder / f"{name}.md").read_text().split("## In a conversation")[1]
        ours = _tools(_front_matter(folder / f"{name}.md"), ours=True)

        assert {"sessions", "leaderboard"} <= {tool.removeprefix(SERVER) for tool in ours}
        assert {tool.removeprefix(SERVER) for tool in ours} >= _named(told) & OUR_TOOLS

    def test_says_nothing_of_conversations_in_a_run(self, folder: Path, name: str) -> None:
        prompt = load_definitions(folder)[name].prompt

        assert "In a conversation" not in prompt
        assert not {f"`{tool}`" for tool in OUR_TOOLS} & set(prompt.split())

    def test_is_short(self, folder: Path, name: str) -> None:
        assert len(load_definitions(folder)[name].prompt) < LARGEST
        assert (folder / f"{name}.md").stat().st_size < LARGEST + 1_500


def test_who_reads_pages_of_strangers_changes_nothing_and_reads_no_file(folder: Path) -> None:
    ours = _tools(_front_matter(folder / "ml-researcher.md"), ours=True)

    assert {tool.removeprefix(SERVER) for tool in ours} <= {
        "sessions", "leaderboard", "memory_query"
    }  # fmt: skip


@pytest.mark.parametrize("name", ["ml-researcher", "feature-engineer"])
def test_who_writes_features_knows_every_key_of_columns(folder: Path, name: str) -> None:
    keys = columns_of(
        (), (Output("y", "y", Kind.REGRESSION),), rows=1, high_cardinality=(), ordered_in_time=False
    )

    told = set(re.findall(r"`(\w+)`", load_definitions(folder)[name].prompt))

    assert set(keys) - told == set()


def test_who_writes_models_knows_only_keys_that_there_are(folder: Path) -> None:
    keys = columns_of(
        (), (Output("y", "y", Kind.REGRESSION),), rows=1, high_cardinality=(), ordered_in_time=False
    )
    prompt = load_definitions(folder)["model-optimizer"].prompt
    about = prompt.split("`columns` is a dict")[1].split("\n- ")[0]

    assert set(re.findall(r"`(\w+)`", about)) - {"binary", "multiclass", "regression"} <= set(keys)


def test_a_valid_definition_is_read() -> None:
    found = parse_definition(VALID)

    assert (found.name, found.tools, found.prompt) == ("a", ("Read", "Grep"), "You do a.")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("You do a.", "no front matter"),
        (VALID.replace("tools: Read, Grep\n", ""), "lacks tools"),
        (VALID.replace("does a", "does: a"), "not a plain"),
    ],
)
def test_a_definition_that_claude_code_would_misread_is_refused(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        parse_definition(text)


def test_a_missing_definition_is_named(tmp_path: Path) -> None:
    with pytest.raises(StateError, match=r"ml-researcher\.md"):
        load_definitions(tmp_path)


def _front_matter(path: Path) -> dict[str, Any]:
    """As the client reads it: YAML between the first two lines of dashes."""
    loaded: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8").split("---\n")[1])
    return loaded


def _tools(front: dict[str, Any], *, ours: bool) -> list[str]:
    tools = [tool.strip() for tool in front["tools"].split(",")]
    return [tool for tool in tools if tool.startswith(SERVER) == ours]


def _named(text: str) -> set[str]:
    return set(re.findall(r"`(\w+)`", text))
