"""What a language model is asked, and what came of it."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass, field
from typing import Any, Protocol

from mle_star.files import to_json


@dataclass(frozen=True, slots=True)
class Turn:
    """An earlier exchange, handed on as a part of the conversation.

    Parameters
    ----------
    asked, answered : str
        What an agent before this one was asked, and what it answered.
    """

    asked: str
    answered: str


@dataclass(frozen=True, slots=True)
class Limits:
    """What one call may take.

    Parameters
    ----------
    seconds : float, default 300.0
        Wall time, retries included.
    idle_seconds : float, default 120.0
        Wall time without a sign of life.
    cost : float or None, default None
        US dollars; None: no limit of its own.
    turns : int, default 8
        Times the model may answer, tool calls included.
    answer_bytes : int, default 1000000
        An answer longer than this is a failure.
    """

    seconds: float = 300.0
    idle_seconds: float = 120.0
    cost: float | None = None
    turns: int = 8
    answer_bytes: int = 1_000_000


@dataclass(frozen=True, slots=True)
class Request:
    """One question to one agent.

    Parameters
    ----------
    agent : str
        One of the six, such as ``"feature-engineer"``.
    step : str
        Names the call within the session, such as ``"refinement 3: plan 2"``; no two are alike.
    system : str
        The agent's definition: its whole system prompt.
    prompt : str
        The question.
    schema : dict
        JSON schema of the answer, an object.
    tools : tuple of str, default ()
        Tools of the client that may be used, such as ``"WebSearch"``; a back end without them
        answers without.
    turns : tuple of Turn, default ()
        The course of the work so far, oldest first.
    limits : Limits, default Limits()
        What it may take; no part of the request's identity.
    """

    agent: str
    step: str
    system: str
    prompt: str
    schema: dict[str, Any]
    tools: tuple[str, ...] = ()
    turns: tuple[Turn, ...] = ()
    limits: Limits = field(default_factory=Limits)

    @property
    def digest(self) -> str:
        """Identity of what is asked: 16 hexadecimal digits."""
        asked = {key: value for key, value in asdict(self).items() if key != "limits"}
        return hashlib.sha256(to_json(asked)).hexdigest()[:16]

    @property
    def turns_size(self) -> int:
        """Bytes of the earlier turns."""
        return sum(len((turn.asked + turn.answered).encode()) for turn in self.turns)

    @property
    def size(self) -> int:
        """Bytes of system prompt, earlier turns and question."""
        return len((self.system + self.prompt).encode()) + self.turns_size


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a request: `value`, or `failure` with its reason. Never raised, always told.

    Parameters
    ----------
    value : dict or None, default None
        The object answered; not yet checked against the schema by the engine.
    failure : str, default ""
        Why there is none: ``"refused: ..."``, ``"no answer within 120 s"``, ...
    cost : float or None, default None
        US dollars, as far as the back end knows.
    input_tokens, output_tokens : int, default 0
        Cached input included.
    seconds : float, default 0.0
        Wall time.
    attempts : int, default 1
        Calls made, retries included.
    sources : tuple of (str, str), default ()
        Title and address of every page that a search gave.
    model : str, default ""
        Which model answered, as far as it is known.
    """

    value: dict[str, Any] | None = None
    failure: str = ""
    cost: float | None = None
    input_tokens: int = 0
    output_tokens: int = 0
    seconds: float = 0.0
    attempts: int = 1
    sources: tuple[tuple[str, str], ...] = ()
    model: str = ""


class Backend(Protocol):
    """Something that answers requests; several threads may ask at once."""

    name: str
    """How the report calls it, such as ``"claude"``."""

    def check(self) -> str:
        """What answers, such as ``"claude 2.1.330"``.

        Raises
        ------
        UnavailableError
            If it cannot be had, with what to do about it.
        """
        ...

    def ask(self, request: Request) -> Answer:
        """Answer a request; raises nothing but KeyboardInterrupt and the like."""
        ...

    def close(self) -> None:
        """End whatever still runs, from any thread."""
        ...
