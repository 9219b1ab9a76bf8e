"""Nothing of the client is left, however a call ends."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from tests.engine.agents.ask.fake_client import HANG, FakeClient, wait_for

from mle_star.agents.ask.claude import PROGRAM, ClaudeBackend
from mle_star.agents.ask.request import Answer, Limits, Request

STUBBORN = """
signal.signal(signal.SIGTERM, signal.SIG_IGN)
linger()
linger(leave=True)
if os.fork() == 0:
    while True:
        time.sleep(1)
note("pids", os.getpid())
note("ready", 1)
if sys.stdin.read() == "flood":
    while True:
        print("z" * 65535)
time.sleep(600)
"""


@pytest.fixture
def fake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeClient]:
    fake = FakeClient(tmp_path, STUBBORN)
    monkeypatch.setenv(PROGRAM, str(fake.program))
    yield fake
    for pid in map(int, fake.noted("pids")):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


@pytest.fixture
def backend() -> Iterator[ClaudeBackend]:
    backend = ClaudeBackend()
    yield backend
    backend.close()


def ask(backend: ClaudeBackend, prompt: str = "What?") -> Answer:
    limits = Limits(seconds=HANG, idle_seconds=HANG, answer_bytes=1000)
    return backend.ask(Request("planner", "1", "You plan.", prompt, {}, limits=limits))


def test_at_a_limit_everything_it_started_is_ended(
    fake: FakeClient, backend: ClaudeBackend
) -> None:
    answer = ask(backend, "flood")

    assert answer.failure.startswith("more output than")
    assert_gone(fake)


def test_it_is_asked_to_end_before_it_is_killed(
    backend: ClaudeBackend, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = "signal.signal(signal.SIGTERM, lambda *_: sys.exit(note('asked', 1)))"
    fake = FakeClient(tmp_path, body + "\nwhile True: print('z' * 65535)")
    monkeypatch.setenv(PROGRAM, str(fake.program))

    ask(backend)

    assert fake.noted("asked") == ["1"]


def test_close_ends_a_call_from_another_thread(fake: FakeClient, backend: ClaudeBackend) -> None:
    answers: list[Answer] = []
    thread = threading.Thread(target=lambda: answers.append(ask(backend)))
    thread.start()
    wait_for(lambda: bool(fake.noted("ready")))

    backend.close()
    thread.join(HANG)

    assert answers[0].failure == "interrupted"
    assert_gone(fake)
    assert ask(backend).failure == "interrupted"
    assert len(fake.noted("calls")) == 1


def test_an_interrupt_of_the_asking_thread_ends_the_call(
    fake: FakeClient, backend: ClaudeBackend
) -> None:
    main = threading.main_thread().ident
    assert main is not None

    def interrupt() -> None:
        wait_for(lambda: bool(fake.noted("ready")))
        signal.pthread_kill(main, signal.SIGINT)

    threading.Thread(target=interrupt).start()

    with pytest.raises(KeyboardInterrupt):
        ask(backend)
    assert_gone(fake)


def test_an_engine_that_is_killed_takes_the_call_with_it(fake: FakeClient, tmp_path: Path) -> None:
    private = tmp_path / "private"
    private.mkdir()
    code = (
        "from mle_star.agents.ask.claude import ClaudeBackend\n"
        "from mle_star.agents.ask.request import Request\n"
        "ClaudeBackend().ask(Request('planner', '1', 'You plan.', 'What?', {}))\n"
    )
    environment = {**os.environ, "TMPDIR": str(private)}
    with subprocess.Popen([sys.executable, "-c", code], env=environment) as engine:
        wait_for(lambda: bool(fake.noted("ready")))
        engine.kill()

    left_the_group = int(fake.noted("pids")[1])
    os.kill(left_the_group, signal.SIGKILL)  # a group of its own is out of a dead engine's reach
    wait_for(lambda: not alive(fake))
    wait_for(lambda: not any(private.iterdir()))


def alive(fake: FakeClient) -> list[int]:
    """Processes of the client that run."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            ours = str(fake.program) in process.cmdline() or process.pid in map(
                int, fake.noted("pids")
            )
            if ours and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process.pid)
    return found


def assert_gone(fake: FakeClient) -> None:
    assert len(fake.noted("pids")) == 3
    wait_for(lambda: not alive(fake))
