"""A back end with prepared answers: for tests."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable
from typing import Any

from mle_star.agents.ask.request import Answer, Request

Prepared = Answer | dict[str, Any]
"""An answer, or only its value (free of charge)."""


class ScriptedBackend:
    """Answers from a queue, in the order of asking, or by a function.

    Parameters
    ----------
    answers : iterable of Answer or dict, or callable
        A dictionary is the value of an answer that cost nothing. A callable is given each
        request, by several threads at once, and may raise. A queue that is used up answers with
        a failure.

    Attributes
    ----------
    requests : list of Request
        What it was asked, in order.
    closed : bool
        Whether it was told to end.
    """

    name = "scripted"

    def __init__(self, answers: Iterable[Prepared] | Callable[[Request], Prepared]) -> None:
        self._answers = answers if callable(answers) else _queue(answers)
        self._lock = threading.Lock()
        self.requests: list[Request] = []
        self.closed = False

    def check(self) -> str:
        """What answers; see :class:`~mle_star.agents.ask.request.Backend`."""
        return "scripted answers"

    def ask(self, request: Request) -> Answer:
        """Answer a request."""
        with self._lock:
            self.requests.append(request)
        answer = self._answers(request)
        return Answer(value=answer, cost=0.0) if isinstance(answer, dict) else answer

    def close(self) -> None:
        """Remember it."""
        self.closed = True


def _queue(answers: Iterable[Prepared]) -> Callable[[Request], Prepared]:
    left = deque(answers)
    lock = threading.Lock()

    def take(_: Request) -> Prepared:
        with lock:
            return left.popleft() if left else Answer(failure="no scripted answer is left")

    return take
