"""Events of language models."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from mle_star.events.base import Event


@dataclass(frozen=True, slots=True)
class AgentAsked(Event):
    """A language model is being asked; `prompt_bytes` are those of the whole request."""

    type: ClassVar[str] = "agent_asked"
    agent: str
    step: str
    phase: str
    prompt_bytes: int


@dataclass(frozen=True, slots=True)
class AgentAnswered(Event):
    """A language model was asked: it answered, or `failure` says why not.

    `prompt_bytes` are those of the whole request, `turns` the earlier exchanges in it
    (`turns_bytes` of them); `cost` is in US dollars, None if it is not known; `attempts` counts
    calls with retries, 0 if none was made; `sources` are title and address of what a search gave;
    `from_record` means it was paid before.
    """

    type: ClassVar[str] = "agent_answered"
    loose: ClassVar[frozenset[str]] = frozenset(
        {"input_tokens", "output_tokens", "cost", "seconds", "attempts", "from_record"}
    )
    agent: str
    step: str
    phase: str
    prompt_bytes: int
    turns: int
    input_tokens: int
    output_tokens: int
    cost: float | None
    seconds: float
    attempts: int
    failure: str
    sources: list[list[str]]
    model: str
    from_record: bool
    turns_bytes: int = 0


@dataclass(frozen=True, slots=True)
class WebFound(Event):
    """A technique found on the web; `age_days` is that of a find of an earlier session, else 0."""

    type: ClassVar[str] = "web_found"
    loose: ClassVar[frozenset[str]] = frozenset({"age_days"})
    name: str
    role: str
    summary: str
    example_code: str
    url: str
    round: int
    age_days: float


@dataclass(frozen=True, slots=True)
class PartMeasured(Event):
    """Effect of a part of a block that an agent proposed to take away (positive: it helps)."""

    type: ClassVar[str] = "part_measured"
    step: int
    role: str
    part: str
    effect: float | None
    low: float | None
    high: float | None
    p_value: float | None
    failure: str = ""
