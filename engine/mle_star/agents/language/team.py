"""The six agents of a session behind one way to ask them."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

from pydantic import BaseModel

from mle_star.agents.ask.asker import Asked, Asker
from mle_star.agents.ask.request import Answer, Limits, Request, Turn
from mle_star.agents.definitions import Definition
from mle_star.eventlog import TASK
from mle_star.events import AgentAnswered, AgentAsked, Emit, Event, Noted
from mle_star.files import to_json

MOST_TURNS = 12
"""Earlier exchanges that a conversation begins with, the newest of all."""

LAST = "deployment"
"""The phase that may use what is kept of the caps for finishing."""

SHARE = 0.1
"""Share of the time left that one call may take."""

LEAST = 5.0
"""Seconds below which no model of use answers."""

LONGEST_TURN = 1_500
"""Characters of one answer in an earlier turn."""

T = TypeVar("T", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Question:
    """What one agent is asked.

    Parameters
    ----------
    agent, step, text : str
        Who, the name of the call within its task, and what.
    tools : tuple of str, default ()
        Tools of the client that it may use.
    """

    agent: str
    step: str
    text: str
    tools: tuple[str, ...] = ()


@dataclass(slots=True)
class Team:
    """The agents of a session; several threads may ask at once.

    Parameters
    ----------
    asker : Asker
        Puts the questions.
    definitions : mapping of str to Definition
        The six, by name.
    brief : str
        What every question says of task and data.
    emit : callable
        Takes the events.
    chaining : bool, default True
        Whether the course of the work is handed on as earlier turns of the conversation.
    before : callable
        Gives the workflow's tasks that come before one, in order.
    limits : Limits, default Limits()
        What one call may take.
    seconds_left : callable
        Seconds that the run has left: a call may take :data:`SHARE` of them, and is not made
        where that is less than :data:`LEAST`.
    """

    asker: Asker
    definitions: Mapping[str, Definition]
    brief: str
    emit: Emit
    chaining: bool = True
    before: Callable[[str], Sequence[str]] = lambda _task: ()
    limits: Limits = field(default_factory=Limits)
    seconds_left: Callable[[], float] = lambda: math.inf
    _course: dict[str, list[Turn]] = field(default_factory=dict)
    _asked: dict[tuple[str, str], list[AgentAnswered]] = field(default_factory=dict)
    _warned: bool = False
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def ask(self, question: Question, form: type[T], phase: str) -> Asked[T]:
        """Ask one agent; what it answered becomes a part of the course of the work."""
        return self.ask_all([question], form, phase)[0]

    def ask_all(self, questions: Sequence[Question], form: type[T], phase: str) -> list[Asked[T]]:
        """Ask several at once, as many as may act together; answers in the order asked."""
        seconds = min(self.limits.seconds, SHARE * self.seconds_left())
        if seconds < min(LEAST, self.limits.seconds):
            return [_unasked("there is no time left for it") for _ in questions]
        limits = replace(
            self.limits, seconds=seconds, idle_seconds=min(seconds, self.limits.idle_seconds)
        )
        requests = [self._request(question, form, limits) for question in questions]
        for one in requests:
            self.emit(AgentAsked(one.agent, one.step, phase, one.size))
        last = phase == LAST
        if len(requests) == 1:
            found = [self.asker.ask(requests[0], form, phase=phase, finishing=last)]
        else:
            found = self.asker.ask_all(requests, form, phase=phase, finishing=last)
        for asked in found:
            for event in asked.events:
                self.emit(event)
            self._take(asked.events, asked.answer.value if asked.value is not None else None)
        self._warn(found)
        return found

    def restore(self, events: Sequence[Event]) -> None:
        """Take in the answers of steps that a resumed run passes over."""
        values = {(one.agent, one.step): one.answer.value for one in self.asker.record}
        for event in events:
            if isinstance(event, AgentAnswered):
                value = None if event.failure else values.get((event.agent, event.step))
                self._take([event], value)

    def spent(self, phase: str) -> tuple[int, float, float]:
        """Number, seconds and dollars of the answers of a phase, here and in tasks before."""
        with self._lock:
            found = [e for task in self._tasks() for e in self._asked.get((task, phase), ())]
        dollars = sum(event.cost or 0.0 for event in found)
        return len(found), sum(event.seconds for event in found), dollars

    def _warn(self, found: Sequence[Asked[T]]) -> None:
        """Say, once, why models are asked no more: caps, a recording, or none within reach."""
        unasked = (one.failure for one in found if one.failure and not one.answer.attempts)
        reason = self.asker.out_of_reach or next(unasked, "")
        if reason and not self._warned:
            self._warned = True
            self.emit(Noted("warning", f"the built-in agent goes on without an answer: {reason}"))

    def _request(self, question: Question, form: type[BaseModel], limits: Limits) -> Request:
        definition = self.definitions[question.agent]
        return Request(
            agent=question.agent,
            step=f"{TASK.get()}: {question.step}" if TASK.get() else question.step,
            system=definition.prompt,
            prompt=f"{self.brief}\n\n{question.text}",
            schema=form.model_json_schema(),
            tools=question.tools,
            turns=self._turns() if self.chaining else (),
            limits=limits,
        )

    def _turns(self) -> tuple[Turn, ...]:
        """What was asked and answered in this task and in those before it, oldest first."""
        with self._lock:
            turns = [turn for task in self._tasks() for turn in self._course.get(task, ())]
        return tuple(turns[-MOST_TURNS:])

    def _tasks(self) -> list[str]:
        task = TASK.get()
        return list(dict.fromkeys([*self.before(task), task]))

    def _take(self, events: Sequence[AgentAnswered], value: object) -> None:
        """Count what was asked; the last of the events is the one that was answered."""
        task, last = TASK.get(), events[-1]
        with self._lock:
            for event in events:
                self._asked.setdefault((task, event.phase), []).append(event)
            if value is not None:
                turn = Turn(f"[{last.agent}] {last.step}", to_json(value).decode()[:LONGEST_TURN])
                self._course.setdefault(task, []).append(turn)


def _unasked(reason: str) -> Asked[T]:
    return Asked(None, reason, Answer(failure=reason, cost=0.0, attempts=0), False, ())
