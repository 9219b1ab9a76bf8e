"""The six definitions are what Claude Code and the engine both read."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from mle_star.agents.definitions import AGENTS, load_definitions, parse_definition
from mle_star.errors import StateError

TOOLS = {"Read", "Grep", "Glob", "WebSearch", "WebFetch"}
VALID = "---\nname: a\ndescription: does a\ntools: Read, Grep\n---\n\nYou do a.\n"


@pytest.fixture(scope="module")
def folder() -> Path:
    return Path(__file__).resolve().parents[2] / "agents"


def test_there_are_six_and_no_more(folder: Path) -> None:
    assert {path.stem for path in folder.glob("*.md")} == set(AGENTS)
    assert list(load_definitions(folder)) == list(AGENTS)


@pytest.mark.parametrize("name", AGENTS)
class TestEachDefinition:
    def test_is_named_after_its_file(self, folder: Path, name: str) -> None:
        found = load_definitions(folder)[name]

        assert found.name == name
        assert re.fullmatch(r"[a-z]+(-[a-z]+)*", found.name)

    def test_has_existing_tools_that_only_read(self, folder: Path, name: str) -> None:
        assert set(load_definitions(folder)[name].tools) <= TOOLS

    def test_says_when_to_use_it(self, folder: Path, name: str) -> None:
        assert "Use " in load_definitions(folder)[name].description

    def test_says_what_it_is_given_returns_and_may_not_do(self, folder: Path, name: str) -> None:
        prompt = load_definitions(folder)[name].prompt

        for heading in ("## What you are given", "## What you return", "## Rules"):
            assert heading in prompt
        assert "engine measure" in prompt.lower().replace("engine measured", "engine measures")


def test_only_the_researcher_reaches_the_web(folder: Path) -> None:
    online = {n for n, d in load_definitions(folder).items() if "WebSearch" in d.tools}

    assert online == {"ml-researcher"}


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
