"""The Claude back end with the real client."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel, Field
from tests.claude.client import VERSION, ScriptedAPI, StartAPI, answer_block, search_rule

from mle_star.agents.ask.claude import NOT_LOGGED_IN, ClaudeBackend
from mle_star.agents.ask.request import Limits, Request, Turn

pytestmark = pytest.mark.slow

SCHEMA = {
    "type": "object",
    "properties": {"plan": {"type": "string"}},
    "required": ["plan"],
    "additionalProperties": False,
}
ANSWER = {"plan": "try a tree"}


@pytest.fixture
def backend() -> Iterator[ClaudeBackend]:
    backend = ClaudeBackend(sleep=lambda _: None)
    yield backend
    backend.close()


def request(prompt: str = "What shall we try?", **changes: Any) -> Request:
    limits = changes.pop("limits", Limits(seconds=60, idle_seconds=30))
    return replace(Request("planner", "1", "You plan.", prompt, SCHEMA, limits=limits), **changes)


def said(api: ScriptedAPI, number: int = 0) -> list[tuple[str, str]]:
    """Role and text of the messages of a recorded request, the client's own notes left out."""
    messages = api.requests[number]["body"]["messages"]
    return [(m["role"], _text(m["content"])) for m in messages if m["role"] != "system"]


def _text(content: Any) -> str:
    return content if isinstance(content, str) else "".join(b.get("text", "") for b in content)


def tools(api: ScriptedAPI, number: int = 0) -> set[str]:
    return {tool["name"] for tool in api.requests[number]["body"]["tools"]}


def test_check_tells_the_version_and_sends_nothing(api: StartAPI, backend: ClaudeBackend) -> None:
    server = api([])

    assert backend.check() == f"claude {VERSION}"
    assert server.requests == []


def test_an_answer_has_its_value_cost_tokens_and_model(
    api: StartAPI, backend: ClaudeBackend
) -> None:
    server = api([{"reply": answer_block(ANSWER), "usage": {"cache_read_input_tokens": 1000}}])

    answer = backend.ask(request())

    assert answer.value == ANSWER
    assert answer.failure == ""
    assert answer.cost is not None
    assert answer.cost > 0
    assert answer.input_tokens > 1000
    assert answer.output_tokens > 0
    assert answer.model.startswith("claude")
    assert said(server) == [("user", "What shall we try?")]
    assert "You plan." in json.dumps(server.requests[0]["body"]["system"])
    assert tools(server) == {"StructuredOutput"}


def test_the_request_carries_little_besides_what_is_asked(
    api: StartAPI, backend: ClaudeBackend
) -> None:
    server = api([{"reply": answer_block(ANSWER)}])

    backend.ask(request())

    assert len(json.dumps(server.requests[0]["body"])) < 4000


def test_a_search_is_allowed_and_gives_its_sources(api: StartAPI, backend: ClaudeBackend) -> None:
    page = ("A survey", "https://example.org/survey")
    server = api(
        [
            search_rule(page, ("Again", page[1]), ("Odd", "javascript:alert(1)")),
            {"replies": [{"tool": "WebSearch", "input": {"query": "trees"}}, answer_block(ANSWER)]},
        ]
    )

    answer = backend.ask(request(tools=("WebSearch",)))

    assert answer.value == ANSWER
    assert answer.sources == (page,)
    assert tools(server) == {"StructuredOutput", "WebSearch"}
    assert server.unused() == []


def test_a_tool_that_was_not_asked_for_does_nothing(
    api: StartAPI, backend: ClaudeBackend, tmp_path: Path
) -> None:
    bash = {"tool": "Bash", "input": {"command": f"touch {tmp_path}/made", "description": "x"}}
    api([{"replies": [bash, answer_block(ANSWER)]}])

    assert backend.ask(request()).value == ANSWER
    assert not (tmp_path / "made").exists()


def test_earlier_turns_arrive_as_a_conversation_and_leave_no_trace(
    api: StartAPI, backend: ClaudeBackend, tmp_path: Path
) -> None:
    server = api([{"reply": answer_block(ANSWER)}])
    turns = (Turn("Which block?", "the model"), Turn("Why?", "it matters\nmost: 90 %"))

    answer = backend.ask(request(turns=turns))

    assert answer.value == ANSWER
    assert not backend.turns_as_text
    assert said(server) == [
        ("user", "Which block?"),
        ("assistant", "the model"),
        ("user", "Why?"),
        ("assistant", "it matters\nmost: 90 %"),
        ("user", "What shall we try?"),
    ]
    assert list(tmp_path.rglob("*.jsonl")) == []


def test_what_looks_like_a_file_or_a_command_in_a_prompt_is_text(
    api: StartAPI, backend: ClaudeBackend, tmp_path: Path
) -> None:
    (tmp_path / "secret.txt").write_text("the-secret")
    server = api([{"reply": answer_block(ANSWER)}])
    prompt = f'/compact @{tmp_path}/secret.txt @{tmp_path} "@{tmp_path}/secret.txt"'

    assert backend.ask(request(prompt)).value == ANSWER
    assert backend.ask(request(prompt, turns=(Turn(prompt, prompt),))).value == ANSWER

    assert [said(server, number)[-1][1] for number in (0, 1)] == [f"Question:\n{prompt}"] * 2
    assert "the-secret" not in json.dumps(server.requests)


def test_prompts_longer_than_a_command_line_arrive_whole(
    api: StartAPI, backend: ClaudeBackend
) -> None:
    server = api([{"reply": answer_block(ANSWER)}])
    long = "row 1: é, \x00 and so on\n" * 12_000

    assert backend.ask(request(long, system=long)).value == ANSWER
    assert said(server)[0][1].replace("\x00", "").strip() == long.replace("\x00", "").strip()
    assert server.requests[0]["body"]["system"][-1]["text"].count("row 1: é") == 12_000


def test_an_overloaded_service_is_asked_again_and_its_cost_counted(
    api: StartAPI, backend: ClaudeBackend
) -> None:
    server = api(
        [
            {"times": 2, "status": 529, "error": "overloaded_error", "message": "Overloaded"},
            {"reply": answer_block(ANSWER)},
        ]
    )

    answer = backend.ask(request())

    assert answer.value == ANSWER
    assert answer.attempts == 2  # the client itself had asked twice
    assert len(server.requests) == 3


@pytest.mark.parametrize(
    ("rule", "failure"),
    [
        (
            {"reply": "Some prose."},
            "no answer: prose in place of the object asked for: 'Some prose.'",
        ),
        ({"reply": answer_block({"plan": 1})}, "no answer that fits the schema: "),
        ({"reply": "I will not.", "stop_reason": "refusal"}, "refused: "),
        ({"status": 401, "error": "authentication_error", "message": "no"}, NOT_LOGGED_IN),
        ({"status": 400, "message": "nonsense"}, "the service answered 400: "),
    ],
    ids=["prose", "wrong schema", "refusal", "login", "bad request"],
)
def test_a_failure_says_why(
    api: StartAPI, backend: ClaudeBackend, rule: dict[str, Any], failure: str
) -> None:
    api([rule])

    answer = backend.ask(request())

    assert answer.value is None
    assert answer.failure.startswith(failure)
    assert answer.attempts == 1


def test_turns_and_money_are_limited(api: StartAPI, backend: ClaudeBackend) -> None:
    search = {"tool": "WebSearch", "input": {"query": "trees"}}
    rules = [search_rule(), {"replies": [search, search, answer_block(ANSWER)]}]
    server = api(rules)

    few = backend.ask(request(tools=("WebSearch",), limits=Limits(seconds=60, turns=1)))
    poor = backend.ask(request(tools=("WebSearch",), limits=Limits(seconds=60, cost=1e-6)))

    assert few.failure == "no answer within 1 turns"
    assert poor.failure == "no answer for $1e-06"
    assert few.cost is not None
    assert poor.cost is not None
    assert min(few.cost, poor.cost) > 0
    assert len(server.requests) == 4


def test_without_a_login_the_failure_says_so(
    api: StartAPI, backend: ClaudeBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = api([])
    monkeypatch.delenv("ANTHROPIC_API_KEY")

    assert backend.ask(request()).failure.startswith(NOT_LOGGED_IN)
    assert server.requests == []


def test_a_service_that_hangs_is_given_up(api: StartAPI, backend: ClaudeBackend) -> None:
    api([{"reply": answer_block(ANSWER), "delay": 20}])

    answer = backend.ask(request(limits=Limits(seconds=60, idle_seconds=1)))

    assert answer.failure == "no sign of life for 1 s"


def test_the_schema_of_a_model_with_parts_is_taken(api: StartAPI, backend: ClaudeBackend) -> None:
    class Part(BaseModel):
        name: str = Field(min_length=1, description="of the part")
        weight: float | None = Field(default=None, ge=0)

    class Whole(BaseModel):
        parts: list[Part] = Field(min_length=1, max_length=3)

    value = {"parts": [{"name": "a", "weight": 0.5}]}
    api([{"reply": answer_block(value)}])

    assert backend.ask(request(schema=Whole.model_json_schema())).value == value


def test_the_client_knows_every_flag_that_is_given(client: Path) -> None:
    help_text = subprocess.run(
        [client, "--help"], capture_output=True, text=True, check=True, env={"HOME": "/nonexistent"}
    ).stdout

    for flag in ("--json-schema", "--setting-sources", "--strict-mcp-config", "--fork-session"):
        assert flag in help_text
