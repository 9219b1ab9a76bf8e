"""A scripted chat completion server and what asks it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.engine.agents.ask.questions import KEY
from tests.engine.agents.ask.server import Server, Waits

from mle_star.agents.ask.openai import OpenAIBackend


@pytest.fixture
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture
def server(no_proxy: None) -> Iterator[Server]:
    server = Server()
    yield server
    server.close()


@pytest.fixture
def waits() -> Waits:
    return Waits()


@pytest.fixture
def backend(server: Server, waits: Waits) -> OpenAIBackend:
    return OpenAIBackend(f"{server.url}/v1", "a-model", KEY, sleep=waits, draw=lambda: 0.5)
