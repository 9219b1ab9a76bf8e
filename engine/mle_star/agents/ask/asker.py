"""Asking agents: within the caps, on record, and with an answer of the right shape or a reason."""

from __future__ import annotations

import contextvars
import queue
import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

import orjson
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from mle_star.agents.ask.record import Record
from mle_star.agents.ask.request import Answer, Backend, Request
from mle_star.agents.ask.spend import Spend
from mle_star.events import AgentAnswered
from mle_star.files import to_json

T = TypeVar("T", bound=BaseModel)

WRONG_SHAPE = "wrong shape: "
"""How a failure begins that asking once more may mend."""

FAILURES_IN_A_ROW = 3
"""After so many that are the back end's fault it is not asked any more."""

_POLL = 0.1
_SHOWN = 4000  # characters of a wrong answer in the question for its repair
_PROBLEMS = 8


@dataclass(frozen=True, slots=True)
class Asked(Generic[T]):
    """What came of asking.

    Parameters
    ----------
    value : T or None
        The answer, of the right shape.
    failure : str
        Why there is none.
    answer : Answer
        As the back end gave it; the last one if it was asked to repair.
    known : bool
        Whether all of it came from the record, so that nothing was paid.
    events : tuple of AgentAnswered
        One for each call, for the caller to emit.
    """

    value: T | None
    failure: str
    answer: Answer
    known: bool
    events: tuple[AgentAnswered, ...]

    @property
    def cost(self) -> float:
        """US dollars of all its calls, as far as they are known."""
        return sum(event.cost or 0.0 for event in self.events)


class Asker:
    """Asks the agents of a session; any number of threads may use it.

    Parameters
    ----------
    backend : Backend
        What answers.
    spend : Spend
        Keeps the caps; what the record holds is counted. A replay needs none: it costs nothing.
    record : Record
        Of this session.
    max_at_once : int
        Calls that may be under way at the same time.
    """

    def __init__(self, backend: Backend, spend: Spend, record: Record, max_at_once: int) -> None:
        self.backend = backend
        self.spend = spend
        self.record = record
        self._slots = threading.Semaphore(max_at_once)
        self._lock = threading.Lock()
        self._failures: list[str] = []
        self._closed = False
        for recorded in record:
            spend.count(recorded.agent, recorded.phase, recorded.answer)

    @property
    def out_of_reach(self) -> str:
        """Why the back end is not asked any more; empty: it is."""
        failures = self._failures
        if len(failures) < FAILURES_IN_A_ROW or self.backend.name == "replay":
            return ""
        return f"the agents are out of reach: {failures[-1]}"

    def ask(
        self, request: Request, model: type[T], *, phase: str = "", finishing: bool = False
    ) -> Asked[T]:
        """Ask, and once more if the answer has a wrong shape.

        Parameters
        ----------
        request : Request
            The question; its schema is taken from `model`.
        model : type of pydantic.BaseModel
            Shape of the answer.
        phase : str, default ""
            In which it is asked.
        finishing : bool, default False
            Whether the run needs it to end well; see :class:`~mle_star.agents.ask.spend.Spend`.

        Raises
        ------
        KeyboardInterrupt
            The asker was closed meanwhile.
        StateError
            The answer cannot be recorded.
        """
        request = replace(request, schema=model.model_json_schema())
        answer, known = self._answer(request, phase, finishing)
        value, failure = _read(answer, model)
        events = [_event(request, phase, answer, failure, known)]
        if _is_misshapen(failure):
            request = _repair(request, answer, failure)
            answer, known_too = self._answer(request, phase, finishing)
            value, failure = _read(answer, model)
            events.append(_event(request, phase, answer, failure, known_too))
            known = known and known_too
        return Asked(value, failure, answer, known, tuple(events))

    def ask_all(
        self,
        requests: Sequence[Request],
        model: type[T],
        *,
        phase: str = "",
        finishing: bool = False,
    ) -> list[Asked[T]]:
        """Ask several at once; what came of them in the order of `requests`. See :meth:`ask`.

        Parameters
        ----------
        requests : sequence of Request
            The questions.
        model : type of pydantic.BaseModel
            Shape of each answer.
        phase : str, default ""
            In which they are asked.
        finishing : bool, default False
            Whether the run needs them to end well.
        """
        ended: queue.SimpleQueue[tuple[int, Asked[T] | BaseException]] = queue.SimpleQueue()

        def work(number: int) -> None:
            try:
                ended.put(
                    (number, self.ask(requests[number], model, phase=phase, finishing=finishing))
                )
            except BaseException as error:  # raised where the answers are waited for
                ended.put((number, error))

        for number in range(len(requests)):
            context = contextvars.copy_context()
            threading.Thread(target=context.run, args=(work, number), daemon=True).start()
        try:
            return self._collected(ended, len(requests))
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """End the calls under way, from any thread; those who wait for them are told so."""
        self._closed = True
        self.backend.close()

    def _collected(
        self, ended: queue.SimpleQueue[tuple[int, Asked[T] | BaseException]], how_many: int
    ) -> list[Asked[T]]:
        found: dict[int, Asked[T]] = {}
        while len(found) < how_many:
            try:
                number, asked = ended.get(timeout=_POLL)  # the wait lets signals through
            except queue.Empty:
                continue
            if isinstance(asked, BaseException):
                raise asked
            found[number] = asked
        return [found[number] for number in range(how_many)]

    def _answer(self, request: Request, phase: str, finishing: bool) -> tuple[Answer, bool]:
        """The answer, and whether it was on record."""
        if (known := self.record.get(request.digest)) is not None:
            return known, True
        with self._slots:
            if reason := self.out_of_reach:
                return _not_made(reason), False
            call = self.spend.begin(request, phase, finishing)
            if isinstance(call, str):
                return _not_made(call), False
            answer = Answer(failure="interrupted")
            try:
                answer = self._made(call.request)
            finally:
                self.spend.end(call, answer)
            self._watch(answer)
            if answer.attempts:
                self.record.add(request, phase, answer)
        return answer, False

    def _made(self, request: Request) -> Answer:
        """Make a call; an interrupted one is no answer, so a resumed run makes it again."""
        if self._closed:
            raise KeyboardInterrupt
        try:
            answer = _writable(self.backend.ask(request))
        except Exception as error:  # a back end raises nothing: whatever it is, the run goes on
            problem = f"{type(error).__name__}: {error}".encode(errors="replace").decode()
            answer = Answer(failure=f"the back end failed: {problem}")
        if self._closed and answer.failure:
            raise KeyboardInterrupt
        return answer

    def _watch(self, answer: Answer) -> None:
        """Note whether the back end works: whatever a model said shows that it does."""
        with self._lock:
            if answer.failure and not answer.output_tokens and not _is_misshapen(answer.failure):
                self._failures = [*self._failures, answer.failure]
            else:
                self._failures = []


def _is_misshapen(failure: str) -> bool:
    return failure.startswith(WRONG_SHAPE)


def _writable(answer: Answer) -> Answer:
    """As it will be read from the record, so that a replay gives the same."""
    try:
        read = replace(answer, value=orjson.loads(to_json(answer.value)))
        to_json(read)
    except (TypeError, ValueError):  # half a character, a number without end, a thousand levels
        failure = f"{WRONG_SHAPE}the answer holds what JSON cannot"
        return replace(answer, value=None, failure=failure, sources=(), model="")
    return read


def _not_made(reason: str) -> Answer:
    return Answer(failure=reason, cost=0.0, attempts=0)


def _read(answer: Answer, model: type[T]) -> tuple[T | None, str]:
    """The value as the model has it, or why there is none."""
    if answer.failure or answer.value is None:
        return None, answer.failure or "the back end gave no answer"
    try:
        return model.model_validate_json(to_json(answer.value)), ""
    except ValidationError as error:
        return None, WRONG_SHAPE + "; ".join(map(_problem, error.errors()[:_PROBLEMS]))


def _problem(error: ErrorDetails) -> str:
    place = ".".join(map(str, error["loc"]))
    return f"{place}: {error['msg']}" if place else error["msg"]


def _repair(request: Request, answer: Answer, failure: str) -> Request:
    """Ask for the same once more, with what was wrong."""
    given = "" if answer.value is None else to_json(answer.value).decode()[:_SHOWN]
    prompt = f"Your answer to the question below has a {failure}\n\n"
    if given:
        prompt += f"Your answer was:\n{given}\n\n"
    prompt += f"Answer the question again, in the shape that is asked for.\n\n{request.prompt}"
    return replace(request, step=f"{request.step} (repair)", prompt=prompt)


def _event(
    request: Request, phase: str, answer: Answer, failure: str, from_record: bool
) -> AgentAnswered:
    return AgentAnswered(
        agent=request.agent,
        step=request.step,
        phase=phase,
        prompt_bytes=request.size,
        turns=len(request.turns),
        turns_bytes=request.turns_size,
        input_tokens=answer.input_tokens,
        output_tokens=answer.output_tokens,
        cost=answer.cost,
        seconds=answer.seconds,
        attempts=answer.attempts,
        failure=failure,
        sources=[list(source) for source in answer.sources],
        model=answer.model,
        from_record=from_record,
    )
