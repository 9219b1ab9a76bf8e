"""A model behind a chat completion endpoint, however the server behaves."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.engine.agents.ask.questions import KEY, Plan, question
from tests.engine.agents.ask.server import Says, Server, Waits, completion

from mle_star.agents.ask.asker import Asker
from mle_star.agents.ask.completion import first_object
from mle_star.agents.ask.openai import OpenAIBackend, parse_backend
from mle_star.agents.ask.record import Record
from mle_star.agents.ask.request import Turn
from mle_star.agents.ask.spend import Spend
from mle_star.errors import UnavailableError, UsageError

GOOD = completion({"plan": "more"})


def test_a_question_is_sent_as_a_conversation_with_its_schema(
    server: Server, backend: OpenAIBackend
) -> None:
    server.script = [GOOD]
    asked = replace(question(), turns=(Turn("earlier?", "yes"),))

    answer = backend.ask(asked)

    assert answer.value == {"plan": "more"}
    assert (answer.failure, answer.model, answer.attempts) == ("", "a-model", 1)
    assert (answer.input_tokens, answer.output_tokens, answer.cost) == (120, 7, None)
    [sent] = server.asked
    assert sent.path == "/v1/chat/completions"
    assert sent.headers["Authorization"] == f"Bearer {KEY}"
    assert [(m["role"], m["content"]) for m in sent.body["messages"]] == [
        ("system", "You plan."),
        ("user", "earlier?"),
        ("assistant", "yes"),
        ("user", asked.prompt),
    ]
    form = sent.body["response_format"]
    assert (form["type"], form["json_schema"]["strict"]) == ("json_schema", True)
    assert form["json_schema"]["schema"]["required"] == ["plan", "weight"]


def test_a_cost_that_the_server_tells_is_told(server: Server, backend: OpenAIBackend) -> None:
    server.script = [completion({"plan": "x"}, {"cost": 0.0125, "prompt_tokens": 3})]

    assert backend.ask(question()).cost == 0.0125


def test_a_server_that_knows_no_schemas_is_asked_in_words_from_then_on(
    server: Server, backend: OpenAIBackend
) -> None:
    server.script = [Says({"error": {"message": "response_format?"}}, 400), GOOD]

    assert backend.ask(question()).value == {"plan": "more"}
    assert backend.ask(question("step 2")).value == {"plan": "more"}

    forms = [asked.body["response_format"]["type"] for asked in server.asked]
    assert forms == ["json_schema", "json_object", "json_object"]
    assert '"additionalProperties"' in server.asked[1].body["messages"][-1]["content"]


def test_a_request_that_the_server_refuses_in_both_forms_is_a_failure(
    server: Server, backend: OpenAIBackend, waits: Waits
) -> None:
    server.script = [Says({"error": {"message": "too many\ntokens"}}, 400)]

    answer = backend.ask(question())

    assert answer.failure == "the server says 400: too many tokens"
    assert (len(server.asked), waits, answer.cost) == (2, [], 0.0)


def test_a_server_that_passes_over_the_schema_gets_it_in_words_with_the_repair(
    server: Server, backend: OpenAIBackend, tmp_path: Path
) -> None:
    server.script = [completion("Let us do more."), GOOD]
    asker = Asker(backend, Spend(), Record(tmp_path / "answers.jsonl"), 1)

    assert asker.ask(question(), Plan).value == Plan(plan="more")
    assert "JSON schema" in server.asked[1].body["messages"][-1]["content"]


@pytest.mark.parametrize(
    "text",
    [
        '{"plan": "more"}',
        'Sure! Here it is:\n```json\n{"plan": "more"}\n```\nAnything {else}?',
        '<think>{"plan": "less"}? No.</think>{"plan": "more"}',
        'Use {} and {x} first. {"plan": "more"} {"plan": "less"}',
        [{"type": "text", "text": '{"plan": '}, {"type": "text", "text": '"more"}'}],
    ],
)
def test_the_object_is_found_among_prose_and_fences(
    server: Server, backend: OpenAIBackend, text: Any
) -> None:
    server.script = [completion(text)]

    assert backend.ask(question()).value == {"plan": "more"}


@pytest.mark.parametrize(
    "text", ["", "{" * 300_000, '{"a":' * 200_000, "[1]", "{}", '{"plan": "mo']
)
def test_a_text_without_an_object_has_none(text: str) -> None:
    assert first_object(text) is None


@pytest.mark.parametrize(
    ("reply", "failure"),
    [
        (completion("", message={"content": None, "refusal": "I may not."}), "refused: I may not."),
        (completion("", finish_reason="content_filter"), "refused: the server's content filter"),
        (
            completion('{"plan": "mo', finish_reason="length"),
            "the answer is cut off at the model's limit of length",
        ),
        (completion("In words."), "wrong shape: no JSON object in the answer"),
        (completion(None), "wrong shape: no JSON object in the answer"),
        (Says("no JSON"), "the server's reply holds no answer"),
        (Says("[" * 100_000), "the server's reply holds no answer"),
        (Says({"choices": []}), "the server's reply holds no answer"),
        (Says({"choices": [{"message": "text"}]}), "the server's reply holds no answer"),
        (
            Says({"error": {"message": "no such model"}}),
            "the server's reply holds no answer no such model",
        ),
    ],
)
def test_a_reply_without_an_answer_says_why(
    server: Server, backend: OpenAIBackend, reply: Says, failure: str
) -> None:
    server.script = [reply]

    answer = backend.ask(question())

    assert (answer.value, answer.failure) == (None, failure)
    assert len(server.asked) == 1


@pytest.mark.parametrize("usage", [{}, {"prompt_tokens": "many", "cost": True}, {"cost": -1}])
def test_a_usage_that_says_nothing_is_passed_over(
    server: Server, backend: OpenAIBackend, usage: dict[str, Any]
) -> None:
    server.script = [completion({"plan": "x"}, usage)]

    answer = backend.ask(question())

    assert (answer.value, answer.cost, answer.input_tokens) == ({"plan": "x"}, None, 0)


@pytest.mark.parametrize(("status", "is_refused"), [(200, False), (404, False), (401, True)])
def test_the_check_says_what_answers_and_whether_the_key_is_good(
    server: Server, backend: OpenAIBackend, status: int, is_refused: bool
) -> None:
    server.script = [Says({"data": []}, status)]

    if is_refused:
        with pytest.raises(UnavailableError, match="MLE_STAR_OPENAI_KEY"):
            backend.check()
    else:
        assert backend.check() == f"a-model at {server.url.removeprefix('http://')}"
    assert server.asked[0].path == "/v1/models"


def test_the_own_key_comes_before_the_common_one(server: Server) -> None:
    server.script = [GOOD]
    text = f"openai:{server.url}/v1/#a/model:8b"
    for environ in (
        {"OPENAI_API_KEY": "common-key"},
        {"OPENAI_API_KEY": "common-key", "MLE_STAR_OPENAI_KEY": "own-key"},
        {},
    ):
        assert parse_backend(text, environ).ask(question()).value == {"plan": "more"}

    assert [asked.headers.get("Authorization") for asked in server.asked] == [
        "Bearer common-key", "Bearer own-key", None,
    ]  # fmt: skip
    assert server.asked[0].path == "/v1/chat/completions"
    assert json.loads(json.dumps(server.asked[0].body))["model"] == "a/model:8b"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "openai",
        "openai:",
        "openai:http://localhost:8000/v1",
        "openai:localhost:8000/v1#m",
        "openai:file:///etc/passwd#m",
        "openai:http://#m",
        "openai:http://host:port#m",
        "openai:http://[::1#m",
        "openai:http://me:secret@host/v1#m",
        "other:http://localhost:8000/v1#m",
    ],
)
def test_what_names_no_endpoint_is_refused(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_backend(text, {})
    assert "secret" not in str(caught.value)
