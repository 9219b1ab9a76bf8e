"""Models behind an OpenAI-compatible endpoint, such as one that runs on this machine."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import random
import threading
import time
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from mle_star.agents.ask import completion
from mle_star.agents.ask.asker import WRONG_SHAPE
from mle_star.agents.ask.exchange import Exchange, Reply
from mle_star.agents.ask.request import Answer, Limits, Request
from mle_star.errors import UnavailableError, UsageError

KEYS = ("MLE_STAR_OPENAI_KEY", "OPENAI_API_KEY")
"""Environment variables that may hold the key; the first one that is set counts."""

ATTEMPTS = 3
"""Calls at most for one answer, as long as the server is busy or out of reach."""

_LONGEST_WAIT = 60.0
_CHECK = Limits(seconds=15.0, idle_seconds=15.0, answer_bytes=5_000_000)
_BUSY = 429
_NO_KEY = "what is set as key holds characters that no key has"
_SAID = 300  # characters of a server's message that are shown
_SECRET = 8  # characters; what is shorter stands for no key at a server that wants one


@dataclass(frozen=True, slots=True)
class _Tried:
    """What one call came to; `wait` is what the server said before which it is of no use."""

    answer: Answer
    status: int = 0
    is_transient: bool = False
    wait: str = ""


class OpenAIBackend:
    """Asks a chat completion endpoint.

    Parameters
    ----------
    url : str
        Address up to ``/chat/completions``, such as ``"http://localhost:8000/v1"``.
    model : str
        Its name there.
    key : str, default ""
        Sent with every request and shown nowhere; empty: none.
    sleep : callable or None, default None
        Waits so many seconds between attempts; None: until then or until closed.
    draw : callable, default random.random
        Draws from 0 to 1, for the length of a wait.
    """

    name = "openai"

    def __init__(
        self,
        url: str,
        model: str,
        key: str = "",
        *,
        sleep: Callable[[float], object] | None = None,
        draw: Callable[[], float] = random.random,
    ) -> None:
        self._parts = urlsplit(url)
        self._model = model
        self._key = key.strip()
        self._is_key = all("!" <= letter <= "~" for letter in self._key)
        self._closing = threading.Event()
        self._sleep = self._closing.wait if sleep is None else sleep
        self._draw = draw
        self._strict = True
        self._running: set[Exchange] = set()

    def check(self) -> str:
        """What answers; see :class:`~mle_star.agents.ask.request.Backend`.

        Raises
        ------
        UnavailableError
            If nothing does, or not with this key.
        """
        host = self._parts.netloc
        if not self._is_key:
            raise UnavailableError(f"{_NO_KEY} for {host}", f"set {KEYS[0]} anew")
        try:
            status = self._exchange("/models", None, _CHECK, _CHECK.seconds).status
        except Exception as error:
            raise UnavailableError(
                f"nothing answers at {host}: {self._told(error)}",
                "start the server, or name another one with --agent-backend",
            ) from None
        if status in (401, 403):
            raise UnavailableError(
                f"{host} does not accept the key (status {status})",
                f"set {KEYS[0]} to one that it accepts",
            )
        return f"{self._model} at {host}"

    def ask(self, request: Request) -> Answer:
        """Answer a request; see :class:`~mle_star.agents.ask.request.Backend`."""
        began = time.monotonic()
        answer = self._ask(request, began + request.limits.seconds)
        return replace(answer, seconds=time.monotonic() - began)

    def close(self) -> None:
        """End the calls under way."""
        self._closing.set()
        for exchange in tuple(self._running):
            exchange.cut()

    def _ask(self, request: Request, deadline: float) -> Answer:
        strict, made, fallen_back = self._strict, 0, 0
        while True:
            made += 1
            tried = self._try(request, strict, deadline)
            answer = replace(tried.answer, attempts=made)
            if self._closing.is_set() and answer.failure:
                return replace(answer, failure="interrupted")
            if strict and tried.status in (400, 422):  # it may not know of schemas
                strict, fallen_back = False, 1
                continue
            if (fallen_back and not answer.failure) or _is_shapeless(answer, request):
                self._strict = False
            wait = self._wait(tried.wait, made - fallen_back)
            is_last = made - fallen_back >= ATTEMPTS or time.monotonic() + wait >= deadline
            if not tried.is_transient or is_last:
                return answer
            self._sleep(wait)

    def _try(self, request: Request, strict: bool, deadline: float) -> _Tried:
        body = completion.written(request, self._model, strict=strict)
        seconds = max(0.0, deadline - time.monotonic())
        try:
            reply = self._exchange("/chat/completions", body, request.limits, seconds)
        except Exception as error:  # whatever another host can do to a connection
            is_broken = isinstance(error, OSError | http.client.HTTPException)
            is_transient = is_broken and not isinstance(error, TimeoutError)
            unpaid = 0.0 if isinstance(error, ConnectionRefusedError) else None
            return _Tried(Answer(failure=self._told(error), cost=unpaid), 0, is_transient)
        found = completion.parsed(reply.body)
        status = _status(reply, found)
        if status == 200:
            return _Tried(completion.read(found), status)
        failure = f"the server says {status}: {self._hidden(_said(reply, found))[:_SAID]}"
        is_transient = status == _BUSY or 500 <= status < 600
        return _Tried(Answer(failure=failure, cost=0.0), status, is_transient, reply.retry_after)

    def _exchange(
        self, path: str, body: dict[str, Any] | None, limits: Limits, seconds: float
    ) -> Reply:
        if not self._is_key:  # the library's own complaint would show it
            raise ValueError(_NO_KEY)
        parts = self._parts
        address = urlunsplit(
            (parts.scheme, parts.netloc, parts.path.rstrip("/") + path, parts.query, "")
        )
        request = urllib.request.Request(  # noqa: S310 - parse_backend lets http and https through
            address,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json", "User-Agent": "mle-star"},
        )
        if self._key:
            request.add_unredirected_header("Authorization", f"Bearer {self._key}")
        exchange = Exchange(request, limits.idle_seconds, limits.answer_bytes)
        self._running.add(exchange)
        try:
            if self._closing.is_set():
                raise ConnectionAbortedError("interrupted")
            return exchange.run(seconds)
        finally:
            self._running.discard(exchange)

    def _wait(self, asked: str, made: int) -> float:
        """Seconds until the next attempt: what the server asks for, or longer each time."""
        wait = _seconds(asked)
        if wait is None:
            wait = 2.0 ** (made - 1)
        return float(min(wait * (1.0 + self._draw()), _LONGEST_WAIT))

    def _told(self, error: Exception) -> str:
        return self._hidden(str(error) or type(error).__name__)

    def _hidden(self, text: str) -> str:
        """Without the key, which some servers repeat."""
        return text.replace(self._key, "***") if len(self._key) >= _SECRET else text


def parse_backend(text: str, environ: Mapping[str, str] = os.environ) -> OpenAIBackend:
    """The back end that ``--agent-backend openai:URL#model`` names.

    Parameters
    ----------
    text : str
        Such as ``"openai:http://localhost:8000/v1#model"``.
    environ : mapping of str to str, default os.environ
        Where the key is looked for; see :data:`KEYS`.

    Raises
    ------
    UsageError
        If it is not of that form.
    """
    kind, _, address = text.partition(":")
    url, _, model = address.partition("#")
    form = "write openai:URL#model, such as openai:http://localhost:8000/v1#my-model"
    if kind != "openai":
        raise UsageError(f"no agent back end {kind!r}", form)
    try:
        parts = urlsplit(url)
        is_whole = parts.scheme in ("http", "https") and bool(parts.hostname) and bool(model)
        _ = parts.port
    except ValueError:
        is_whole = False
    if not is_whole:
        raise UsageError(f"{text!r} does not name an address and a model", form)
    if parts.username is not None or parts.password is not None:
        raise UsageError("a password in the address would be shown", f"set {KEYS[0]} instead")
    return OpenAIBackend(url, model, next((environ[key] for key in KEYS if environ.get(key)), ""))


def _status(reply: Reply, found: Mapping[str, Any]) -> int:
    """Of a reply, or of the error in one that pretends to be none."""
    error = found.get("error")
    code = error.get("code") if isinstance(error, dict) else None
    is_error = reply.status == 200 and isinstance(code, int) and "choices" not in found
    return int(code) if is_error and code is not None else reply.status


def _said(reply: Reply, found: Mapping[str, Any]) -> str:
    if reply.location:
        return f"it has moved to {reply.location}, name that address"
    return completion.said(found) or " ".join(reply.body[:2000].decode(errors="replace").split())


def _is_shapeless(answer: Answer, request: Request) -> bool:
    """Whether the schema seems to have been passed over: the question had better hold it."""
    if answer.value is None:
        return answer.failure.startswith(WRONG_SHAPE)
    return not set(request.schema.get("required", ())) <= answer.value.keys()


def _seconds(asked: str) -> float | None:
    """What a Retry-After header asks for; None if it does not."""
    if asked.strip().isdigit():
        return float(asked)
    with contextlib.suppress(ValueError, TypeError, OverflowError):
        return max(0.0, parsedate_to_datetime(asked).timestamp() - time.time())
    return None
