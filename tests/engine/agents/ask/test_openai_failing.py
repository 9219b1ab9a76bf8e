"""A chat completion endpoint that is busy, slow, hostile or gone."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from email.utils import formatdate
from typing import Any

import pytest
from tests.engine.agents.ask.questions import KEY, question
from tests.engine.agents.ask.server import Says, Server, Waits, completion

from mle_star.agents.ask.openai import OpenAIBackend
from mle_star.agents.ask.request import Answer
from mle_star.errors import UnavailableError

GOOD = completion({"plan": "more"})


def test_a_busy_server_is_asked_again_after_the_time_it_asks_for(
    server: Server, backend: OpenAIBackend, waits: Waits
) -> None:
    in_ten = formatdate(time.time() + 10, usegmt=True)
    server.script = [
        Says("busy", 429, {"Retry-After": "7"}),
        Says("busy", 503, {"Retry-After": in_ten}),
        GOOD,
    ]

    answer = backend.ask(question())

    assert (answer.value, answer.attempts) == ({"plan": "more"}, 3)
    assert waits[0] == 10.5  # 7 s and half as much by the draw
    assert 7.5 < waits[1] <= 15


def test_without_a_time_waits_grow_and_after_three_attempts_it_is_a_failure(
    server: Server, backend: OpenAIBackend, waits: Waits
) -> None:
    server.script = [Says({"error": "overloaded"}, 529)]

    answer = backend.ask(question())

    assert answer.failure == "the server says 529: overloaded"
    assert (answer.attempts, len(server.asked), waits) == (3, 3, [1.5, 3.0])
    assert answer.cost == 0.0


def test_an_error_told_as_a_success_is_an_error(server: Server, backend: OpenAIBackend) -> None:
    server.script = [Says({"error": {"code": 429, "message": "slow down"}}), GOOD]

    assert backend.ask(question()).value == {"plan": "more"}


def test_a_wait_has_a_bound_and_none_begins_that_would_outlast_the_call(
    server: Server, backend: OpenAIBackend, waits: Waits
) -> None:
    server.script = [Says("busy", 429, {"Retry-After": "86400"})]

    backend.ask(question(seconds=10_000))
    assert waits == [60.0, 60.0]
    waits.clear()
    answer = backend.ask(question(seconds=50))
    assert (waits, answer.attempts) == ([], 1)


def test_a_connection_that_breaks_is_tried_again(server: Server, backend: OpenAIBackend) -> None:
    whole = b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{"
    server.script = [lambda _: None, lambda c: c.sendall(whole), GOOD]

    answer = backend.ask(question())

    assert (answer.value, answer.attempts) == ({"plan": "more"}, 3)


def test_a_server_that_hangs_is_left_after_the_idle_time(
    server: Server, backend: OpenAIBackend
) -> None:
    server.script = [server.hang]

    answer = backend.ask(question(seconds=60, idle_seconds=0.2))

    assert answer.failure == "no sign of life for 0.2 s"
    assert (answer.attempts, answer.cost) == (1, None)
    assert 0.15 < answer.seconds < 30


@pytest.mark.parametrize(
    "start",
    [
        b"HTTP/1.1 200 OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX:",
        b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n",
    ],
)
def test_a_server_that_drips_is_cut_off_in_time(
    server: Server, backend: OpenAIBackend, start: bytes
) -> None:
    before = threading.active_count()
    server.script = [server.drip(start)]

    answer = backend.ask(question(seconds=0.5, idle_seconds=20))

    assert answer.failure.startswith("no answer within 0.")
    assert answer.seconds < 15
    for _ in range(500):
        if not any(thread.name == "exchange" for thread in threading.enumerate()):
            break
        time.sleep(0.02)
    assert threading.active_count() <= before + 1  # the server's own


def test_a_reply_beyond_the_limit_is_not_read_on(server: Server, backend: OpenAIBackend) -> None:
    server.script = [completion("x" * 3_000_000)]

    answer = backend.ask(replace(question(), limits=replace(question().limits, answer_bytes=1000)))

    assert answer.failure == "the answer is longer than 1,000 bytes"
    assert answer.attempts == 1


def test_a_redirection_is_told_and_the_key_does_not_follow_it(
    server: Server, backend: OpenAIBackend
) -> None:
    other = Server()
    other.script = [GOOD]
    server.script = [Says("", 307, {"Location": f"{other.url}/v1"})]

    answer = backend.ask(question())
    server.script = [Says("", 302, {"Location": f"{other.url}/v1"})]
    backend.ask(question())
    other.close()

    assert answer.failure == (
        f"the server says 307: it has moved to {other.url}/v1, name that address"
    )
    assert other.asked == []


def test_the_key_is_shown_nowhere(server: Server, backend: OpenAIBackend) -> None:
    server.script = [Says({"error": {"message": f"{'x' * 280} wrong key {KEY}"}}, 401)]

    answer = backend.ask(question())

    assert answer.failure.startswith("the server says 401: ")
    assert KEY[:6] not in answer.failure
    assert KEY not in repr(backend)


def test_a_key_that_is_no_header_is_refused_without_being_shown(server: Server) -> None:
    backend = OpenAIBackend(server.url, "m", "two\nlines of key")

    with pytest.raises(UnavailableError) as caught:
        backend.check()

    assert "lines" not in str(caught.value)
    assert "lines" not in backend.ask(question()).failure


def test_proxies_of_the_environment_are_used(
    server: Server, backend: OpenAIBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", server.url)
    server.script = [GOOD]

    answer = OpenAIBackend("http://model.example/v1", "m").ask(question())

    assert answer.value == {"plan": "more"}
    assert server.asked[0].path == "http://model.example/v1/chat/completions"
    assert "Authorization" not in server.asked[0].headers


def test_closing_ends_a_call_under_way(server: Server, backend: OpenAIBackend) -> None:
    asking = threading.Event()

    def hang(connection: Any) -> None:
        asking.set()
        server.hang(connection)

    server.script = [hang]
    answers: list[Answer] = []
    thread = threading.Thread(target=lambda: answers.append(backend.ask(question())))
    thread.start()
    assert asking.wait(30)
    backend.close()
    thread.join(30)

    assert [answer.failure for answer in answers] == ["interrupted"]
    assert backend.ask(question()).failure == "interrupted"


def test_closing_ends_a_wait(server: Server) -> None:
    server.script = [Says("busy", 429, {"Retry-After": "50"})]
    backend = OpenAIBackend(server.url, "m")
    answers: list[Answer] = []
    thread = threading.Thread(target=lambda: answers.append(backend.ask(question())))
    thread.start()
    while not server.asked:
        time.sleep(0.01)
    backend.close()
    thread.join(30)

    assert [answer.failure for answer in answers] == ["interrupted"]


def test_nothing_at_the_address_is_told_before_the_run(waits: Waits) -> None:
    gone = Server()
    gone.close()
    backend = OpenAIBackend(gone.url, "m", sleep=waits)

    with pytest.raises(UnavailableError, match=r"nothing answers at 127\.0\.0\.1"):
        backend.check()
    answer = backend.ask(question())
    assert "refused" in answer.failure
    assert (answer.attempts, answer.cost) == (3, 0.0)
