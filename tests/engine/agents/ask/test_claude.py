"""The Claude back end with a client that misbehaves in every way."""

from __future__ import annotations

import json
import tempfile
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import pytest
from tests.engine.agents.ask.fake_client import FakeClient, is_running, wait_for

from mle_star.agents.ask.claude import ATTEMPTS, NOT_LOGGED_IN, PROGRAM, ClaudeBackend
from mle_star.agents.ask.claude_command import ASKING
from mle_star.agents.ask.request import Answer, Limits, Request, Turn

Play = Callable[[str], FakeClient]


@pytest.fixture
def play(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Play:
    """Make a client that does what the given Python says."""

    def make(body: str) -> FakeClient:
        fake = FakeClient(tmp_path, body)
        monkeypatch.setenv(PROGRAM, str(fake.program))
        return fake

    return make


@pytest.fixture
def pauses() -> list[float]:
    return []


@pytest.fixture
def backend(pauses: list[float]) -> Iterator[ClaudeBackend]:
    backend = ClaudeBackend(random=Random(1), sleep=pauses.append)
    yield backend
    backend.close()


@pytest.fixture(autouse=True)
def private(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the back end makes its folders."""
    folder = tmp_path / "private"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


def request(**changes: Any) -> Request:
    limits = changes.pop("limits", Limits(seconds=60, idle_seconds=30))
    asked = Request("planner", "1", "You plan.", "What now?", {"type": "object"}, limits=limits)
    return replace(asked, **changes)


def ask(backend: ClaudeBackend, **changes: Any) -> Answer:
    return backend.ask(request(**changes))


# ---- what goes wrong


@pytest.mark.parametrize(
    ("body", "failure"),
    [
        ("", "no result: the client ended with status 0"),
        ("print('I think we should')", "no result: the client ended with status 0: I think we"),
        ("print('{\"type\": \"resu'); print('[1, 2]'); print('null')", "no result: "),
        ("sys.stdout.buffer.write(bytes(range(256)) * 9)", "no result: "),
        ("sys.exit('Segmentation fault')", "no result: the client ended with status 1: Segm"),
        ("subprocess.Popen(['sleep', '600']); sys.exit(3)", "no result: the client ended with st"),
        ("os.kill(os.getpid(), 9)", "no result: the client ended with status -9"),
        ("say(type='result')", "no answer: prose"),
        ("result(result='Use a tree.')", "no answer: prose in place of the object asked for: 'Use"),
        (
            "result(structured_output=[1])",
            "no answer: an object was asked for, the client gave a l",
        ),
        ("result(structured_output=None)", "no answer: an object was asked for"),
        ("answer(x='y' * 5_000_000)", "one line of output longer than"),
        ("answer(x='y' * 1_500_000)", "too long: an answer of 1500008 bytes, 1000000 are allowed"),
        ("while True: sys.stdout.write('z' * 65536)", "one line of output longer than"),
        ("while True: print('z' * 65535)", "more output than"),
        ("time.sleep(600)", "no sign of life for 0.5 s"),
        ("sys.stdout.close(); os.close(1); os.close(2); time.sleep(600)", "no result: "),
        ("while True: say(type='system'); time.sleep(0.1)", "no answer within 1 s"),
        ("error(subtype='error_max_turns')", "no answer within 8 turns"),
        ("error(subtype='error_max_budget_usd')", "no answer for $1"),
        (
            "error(subtype='error_max_structured_output_retries', errors=['x is missing'])",
            "no answer that fits the schema: x is missing",
        ),
        (
            "error(subtype='error_during_execution', errors=['boom'])",
            "the client failed: boom",
        ),
        ("error(result='Who\\x1b[31m\\nknows')", "the client failed: Who [31m knows"),
        ("error(result='no', stop_reason='refusal')", "refused: no"),
        (
            "say(type='system', subtype='model_refusal_no_fallback'); error(result='no')",
            "refused: no",
        ),
        ("error(api_error_status=401, result='bad key')", f"{NOT_LOGGED_IN}: bad key"),
        ("error(result='Not logged in · Please run /login')", NOT_LOGGED_IN),
        ("error(result='Invalid API key · Fix external API key')", NOT_LOGGED_IN),
        ("error(api_error_status=400, result='bad')", "the service answered 400: bad"),
        ("result(permission_denials=[{'tool_name': 'Bash'}])", "not allowed: Bash"),
        (
            "say(type='system', subtype='permission_denied', tool_name='Write'); result()",
            "not allowed: Write",
        ),
        ("answer(x=1); error(result='broke', api_error_status=400)", "the service answered 400"),
    ],
)
def test_every_misbehaviour_is_a_failure_that_says_why(
    play: Play, backend: ClaudeBackend, pauses: list[float], private: Path, body: str, failure: str
) -> None:
    play(body)
    limits = Limits(seconds=60, idle_seconds=30, cost=1.0)
    if "time.sleep" in body:
        limits = replace(limits, idle_seconds=0.5)
    if "time.sleep(0.1)" in body:
        limits = Limits(seconds=1)
    if "5_000_000" in body or "while" in body:
        limits = replace(limits, answer_bytes=100_000)

    answer = ask(backend, limits=limits)

    assert answer.value is None
    assert answer.failure.startswith(failure)
    assert answer.attempts == 1
    assert pauses == []
    assert list(private.iterdir()) == []


@pytest.mark.parametrize(
    "body",
    [
        "answer(x=1); sys.exit(1)",
        "print('noise'); print('{'); answer(x=1); print('more noise')",
        "say(type='news', x=[]); say(type='user', tool_use_result='text'); answer(x=1)",
        "say(type='assistant', message=None); say(type='system'); answer(x=1)",
        "result(structured_output={'x': 1}, permission_denials=[{'tool_name': 'Bash'}])",
        "result(result='first'); answer(x=1)",
        "answer(x=2); answer(x=1)",
        "error(subtype='error_max_turns', structured_output={'x': 1})",
        "answer(x=1)\nwhile True: print('z' * 65535)",
        "print('z' * 1_000_000, file=sys.stderr); answer(x=1)",
        "sys.stdout.write(json.dumps({'type': 'result', 'structured_output': {'x': 1}}))",
        "answer(x=1); linger()",
        "linger(leave=True); answer(x=1); os.close(1); time.sleep(600)",
    ],
)
def test_a_valid_answer_counts_whatever_stands_around_it(
    play: Play, backend: ClaudeBackend, body: str
) -> None:
    fake = play(body)

    answer = ask(backend)

    assert answer.failure == ""
    assert answer.value == {"x": 1}
    wait_for(lambda: not any(map(is_running, map(int, fake.noted("pids")))))


# ---- asking again


@pytest.mark.parametrize(
    "trouble",
    [
        "api_error_status=429, result='slow down'",
        "api_error_status=529, result='Overloaded'",
        "api_error_status=500, result='oops'",
        "api_error='connection_failed', result='Connection refused'",
        "result='API Error: Unable to connect to API (ConnectionRefused)'",
    ],
)
def test_what_may_pass_is_asked_again_after_a_growing_pause(
    play: Play, backend: ClaudeBackend, pauses: list[float], trouble: str
) -> None:
    play(f"error({trouble}, total_cost_usd=0.5) if CALL < 3 else answer(x=1)")

    answer = ask(backend)

    assert answer.value == {"x": 1}
    assert answer.attempts == 3
    assert answer.cost == pytest.approx(1.25)
    assert answer.input_tokens == 15
    assert 2 <= pauses[0] <= 6
    assert 4 <= pauses[1] <= 12


def test_it_is_not_asked_for_ever(play: Play, backend: ClaudeBackend) -> None:
    fake = play("error(api_error_status=529, result='Overloaded')")

    answer = ask(backend)

    assert answer.failure == "overloaded (529): Overloaded (3 attempts)"
    assert len(fake.noted("calls")) == ATTEMPTS == answer.attempts


def test_pauses_of_calls_that_failed_together_differ(play: Play, pauses: list[float]) -> None:
    play("error(api_error_status=529, result='Overloaded')")
    for seed in (1, 2):
        backend = ClaudeBackend(random=Random(seed), sleep=pauses.append)
        ask(backend)
        backend.close()

    assert len(set(pauses)) == 4


def test_a_pause_longer_than_the_time_left_is_not_begun(
    play: Play, backend: ClaudeBackend, pauses: list[float]
) -> None:
    play("error(api_error_status=529, result='Overloaded')")

    answer = ask(backend, limits=Limits(seconds=1.9))

    assert answer.attempts == 1
    assert pauses == []


def test_what_a_failed_call_cost_is_taken_off_the_next_one(
    play: Play, backend: ClaudeBackend
) -> None:
    fake = play("error(api_error_status=500, result='oops', total_cost_usd=0.4)")

    answer = ask(backend, limits=Limits(cost=1.0))

    calls = [json.loads(call) for call in fake.noted("calls")]
    assert [c[c.index("--max-budget-usd") + 1] for c in calls] == [
        "1.000000",
        "0.600000",
        "0.200000",
    ]
    assert answer.cost == pytest.approx(1.2)
    assert ask(backend, limits=Limits(cost=0.0)).failure == "nothing is left to spend"


# ---- what the client is given


def test_the_client_sees_its_own_empty_folder_and_only_what_it_may_use(
    play: Play, backend: ClaudeBackend, private: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("THE_USERS", "login")
    fake = play(
        "note('seen', [os.getcwd(), os.listdir('.'), dict(os.environ), sys.stdin.read()]); answer()"
    )

    ask(backend, tools=("WebSearch",), limits=Limits(turns=5))

    cwd, files, environment, prompt = json.loads(fake.noted("seen")[0])
    line = json.loads(fake.noted("calls")[0])
    given = dict(zip(line, [*line[1:], ""], strict=True))
    assert Path(cwd).is_relative_to(private)
    assert files == []
    assert environment["THE_USERS"] == "login"
    assert environment[ASKING] == "1"
    assert environment["DISABLE_TELEMETRY"] == "1"
    assert Path(environment["TMPDIR"]).is_relative_to(private)
    assert prompt == "What now?"
    assert given["--tools"] == given["--allowedTools"] == "WebSearch"
    assert given["--setting-sources"] == ""
    assert "--strict-mcp-config" in line
    assert "--no-session-persistence" in line
    assert given["--max-turns"] == "5"
    assert "--max-budget-usd" not in line
    assert "--model" not in line
    assert not [word for word in line if "dangerously" in word or "bypass" in word]


def test_no_tool_is_given_unless_asked_for(play: Play) -> None:
    fake = play("answer()")
    backend = ClaudeBackend("haiku")

    ask(backend)
    backend.close()

    line = json.loads(fake.noted("calls")[0])
    assert line[line.index("--tools") + 1] == ""
    assert "--allowedTools" not in line
    assert line[line.index("--model") + 1] == "haiku"


def test_a_client_that_takes_no_transcript_gets_the_turns_in_the_prompt(
    play: Play, backend: ClaudeBackend
) -> None:
    fake = play(
        """
if "--resume" in sys.argv:
    error(subtype="error_during_execution", errors=["No conversation found"], num_turns=0)
else:
    note("prompt", sys.stdin.read())
    answer(x=1)
"""
    )
    turns = (Turn("Which block?", "the model"),)

    first, second = ask(backend, turns=turns), ask(backend, turns=turns)

    assert backend.turns_as_text
    assert (first.value, first.attempts) == ({"x": 1}, 2)
    assert (second.value, second.attempts) == ({"x": 1}, 1)
    prompt = json.loads(fake.noted("prompt")[0])
    assert prompt.index("Which block?") < prompt.index("the model") < prompt.index("What now?")


def test_requests_at_once_do_not_meet(play: Play, backend: ClaudeBackend) -> None:
    play("answer(x=sys.stdin.read())")
    answers: dict[str, Answer] = {}

    def work(prompt: str) -> None:
        answers[prompt] = ask(backend, prompt=prompt)

    threads = [threading.Thread(target=work, args=(f"question {n}",)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    assert {prompt: answer.value for prompt, answer in answers.items()} == {
        f"question {n}": {"x": f"question {n}"} for n in range(8)
    }


# ---- whether there is a client
