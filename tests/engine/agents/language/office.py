"""A team whose model answers by script, and what it was asked."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from mle_star.agents.ask.asker import Asker
from mle_star.agents.ask.record import Record
from mle_star.agents.ask.request import Answer, Limits, Request
from mle_star.agents.ask.scripted import Prepared, ScriptedBackend
from mle_star.agents.ask.spend import Spend
from mle_star.agents.definitions import AGENTS, Definition
from mle_star.agents.language.team import Team
from mle_star.eventlog import TASK
from mle_star.events import AgentAnswered, Event

BRIEF = "What is known of the task."
DOWN = Answer(failure="no connection", cost=0.0)
REFUSED = Answer(failure="refused: I would rather not", cost=0.0, output_tokens=5)
TEAM = {name: Definition(name, "", (), f"You are the {name}.") for name in AGENTS}

Script = Iterable[Prepared] | Callable[[Request], Prepared]


class Office:
    """One session's team, with its record and its events.

    Parameters
    ----------
    folder : Path
        Of the record.
    answers : iterable or callable
        As :class:`~mle_star.agents.ask.scripted.ScriptedBackend` takes them.
    """

    def __init__(
        self,
        folder: Path,
        answers: Script,
        *,
        chaining: bool = True,
        before: Callable[[str], Sequence[str]] = lambda _task: (),
        left: float = math.inf,
        limits: Limits | None = None,
        spend: Spend | None = None,
    ) -> None:
        self.events: list[Event] = []
        self.left = left
        self.backend = ScriptedBackend(answers)
        self.asker = Asker(self.backend, spend or Spend(), Record(folder / "answers.jsonl"), 8)
        self.team = Team(
            self.asker,
            TEAM,
            BRIEF,
            self.events.append,
            chaining=chaining,
            before=before,
            limits=limits or Limits(),
            seconds_left=lambda: self.left,
        )

    @property
    def asked(self) -> list[Request]:
        """What the model was asked, in order."""
        return self.backend.requests

    @property
    def steps(self) -> list[str]:
        """What its questions are called."""
        return [request.step for request in self.asked]

    @property
    def prompts(self) -> list[str]:
        """Their texts."""
        return [request.prompt for request in self.asked]

    @property
    def answered(self) -> list[AgentAnswered]:
        """What was told of them."""
        return [event for event in self.events if isinstance(event, AgentAnswered)]


def turns_of(request: Request) -> list[str]:
    """Who was asked what in the turns that a request carries."""
    return [turn.asked for turn in request.turns]


@contextmanager
def within(task: str) -> Iterator[None]:
    """In a task of the workflow."""
    token = TASK.set(task)
    try:
        yield
    finally:
        TASK.reset(token)


def by_form(**answers: Prepared | Sequence[Prepared]) -> Callable[[Request], Prepared]:
    """Answers by the form that is asked for: always the same, or one after another."""
    queues = {
        form: list(given) for form, given in answers.items() if not isinstance(given, Answer | dict)
    }

    def answer(request: Request) -> Prepared:
        form = str(request.schema["title"])
        given = answers[form]
        return given if isinstance(given, Answer | dict) else queues[form].pop(0)

    return answer
