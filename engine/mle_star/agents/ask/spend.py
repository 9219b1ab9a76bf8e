"""What calls may cost together, and what they did cost."""

from __future__ import annotations

import math
import threading
from dataclasses import dataclass, replace

from mle_star.agents.ask.request import Answer, Request

_BYTES_PER_TOKEN = 3.0
_OUTPUT_TOKENS = 4000
_DOLLARS_IN, _DOLLARS_OUT = 15e-6, 75e-6  # a token of a dear model: a guess had better be high
_FIRST_SHARE = 0.25  # of the cap at most is what a first call is taken to need
_MARGIN = 4.0  # a call may cost this much more than the dearest before it


@dataclass(frozen=True, slots=True)
class Total:
    """What some calls took together.

    Parameters
    ----------
    calls, failed : int, default 0
        How many were made, and how many of them gave no value.
    cost : float, default 0.0
        US dollars, as far as they are known.
    unknown : int, default 0
        Calls whose cost is not known.
    input_tokens, output_tokens : int, default 0
        Cached input included.
    """

    calls: int = 0
    failed: int = 0
    cost: float = 0.0
    unknown: int = 0
    input_tokens: int = 0
    output_tokens: int = 0

    @property
    def tokens(self) -> int:
        """Of input and output."""
        return self.input_tokens + self.output_tokens

    def plus(self, answer: Answer) -> Total:
        """With one call more."""
        return Total(
            self.calls + 1,
            self.failed + bool(answer.failure),
            self.cost + (answer.cost or 0.0),
            self.unknown + (answer.cost is None),
            self.input_tokens + answer.input_tokens,
            self.output_tokens + answer.output_tokens,
        )


@dataclass(frozen=True, slots=True, eq=False)
class Call:
    """A call under way.

    Parameters
    ----------
    request : Request
        With its limit of cost cut to what is left.
    phase : str
        In which it is made.
    cost, tokens : float
        Held back for it.
    """

    request: Request
    phase: str
    cost: float
    tokens: float


@dataclass(frozen=True, slots=True)
class _Amount:
    cost: float = 0.0
    tokens: float = 0.0


class Spend:
    """Keeps the calls of a session below its caps; any number of threads may ask.

    What a call may cost is held back until it ends, so several at once stay below the cap
    together. A cap of tokens is kept as far as calls are like those before them: no back end
    takes a limit of tokens.

    Parameters
    ----------
    max_cost : float or None, default None
        US dollars; None: no cap.
    max_tokens : int or None, default None
        Of input and output; None: no cap.
    reserve : float, default 0.1
        Share of the caps that only calls for finishing may use.
    """

    def __init__(
        self,
        max_cost: float | None = None,
        max_tokens: int | None = None,
        reserve: float = 0.1,
    ) -> None:
        self.max_cost = max_cost
        self.max_tokens = max_tokens
        self.reserve = reserve
        self._changed = threading.Condition()
        self._under_way: set[Call] = set()
        self._largest: dict[str, _Amount] = {}
        self._lost = _Amount()
        self._blind = False
        self._total = Total()
        self._by_agent: dict[str, Total] = {}
        self._by_phase: dict[str, Total] = {}

    @property
    def total(self) -> Total:
        """Of all calls that ended."""
        return self._total

    @property
    def by_agent(self) -> dict[str, Total]:
        """Of each agent, by its name."""
        with self._changed:
            return dict(self._by_agent)

    @property
    def by_phase(self) -> dict[str, Total]:
        """Of each phase, by its name."""
        with self._changed:
            return dict(self._by_phase)

    def why_not(self, request: Request, finishing: bool = False) -> str:
        """Why a call may not be made now, those under way taken into account; empty: it may.

        Parameters
        ----------
        request : Request
            What is to be asked.
        finishing : bool, default False
            Whether the run needs it to end well, so that it may use the reserve.
        """
        with self._changed:
            return self._why_not(request, finishing, self._held())

    def begin(self, request: Request, phase: str, finishing: bool = False) -> Call | str:
        """Hold back what a call may cost; gives back why not if it may not be made.

        Waits while only calls that are under way stand against it: they may cost less than what
        is held back for them.

        Parameters
        ----------
        request : Request
            What is to be asked.
        phase : str
            In which.
        finishing : bool, default False
            See :meth:`why_not`.
        """
        with self._changed:
            while True:
                if reason := self._why_not(request, finishing, _Amount()):
                    return reason
                held = self._held()
                if not self._why_not(request, finishing, held):
                    break
                self._changed.wait()
            call = self._call(request, phase, self._left(finishing, held))
            self._under_way.add(call)
            return call

    def end(self, call: Call, answer: Answer) -> None:
        """A call ended: count what it cost in place of what was held back for it."""
        with self._changed:
            self._under_way.discard(call)
            if answer.failure and answer.cost is None:  # ended from outside: it may have cost that
                self._lost = _Amount(
                    self._lost.cost + call.cost,
                    self._lost.tokens + (0 if _tokens(answer) else call.tokens),
                )
            self._count(call.request.agent, call.phase, answer)
            self._changed.notify_all()

    def count(self, agent: str, phase: str, answer: Answer) -> None:
        """Count a call that was paid for before this process began."""
        with self._changed:
            self._count(agent, phase, answer)

    def _count(self, agent: str, phase: str, answer: Answer) -> None:
        self._total = self._total.plus(answer)
        self._by_agent[agent] = self._by_agent.get(agent, Total()).plus(answer)
        self._by_phase[phase] = self._by_phase.get(phase, Total()).plus(answer)
        self._blind |= answer.cost is None and not answer.failure
        before = self._largest.get(agent, _Amount())
        self._largest[agent] = _Amount(
            max(before.cost, answer.cost or 0.0), max(before.tokens, _tokens(answer))
        )

    def _call(self, request: Request, phase: str, left: _Amount) -> Call:
        need = self._need(request)
        if self.max_cost is None:
            return Call(request, phase, 0.0, need.tokens)
        cost = min(left.cost, _MARGIN * need.cost, _or_inf(request.limits.cost))
        limits = replace(request.limits, cost=cost)
        return Call(replace(request, limits=limits), phase, cost, need.tokens)

    def _why_not(self, request: Request, finishing: bool, held: _Amount) -> str:
        need, left = self._need(request), self._left(finishing, held)
        kept = "" if finishing or not self.reserve else f", {self.reserve:.0%} kept for finishing"
        if self.max_cost is not None:
            if self._blind:
                return (
                    "the back end does not say what a call costs, so the cap of "
                    f"${self.max_cost:.2f} cannot be kept: cap the tokens instead"
                )
            if left.cost <= 0 or min(need.cost, _or_inf(request.limits.cost)) > left.cost:
                spent = self._total.cost + self._lost.cost
                return (
                    f"the cap of ${self.max_cost:.2f} is reached: ${spent:.2f} spent{kept}, "
                    f"the next call takes about ${need.cost:.2f}"
                )
        if self.max_tokens is not None and (left.tokens <= 0 or need.tokens > left.tokens):
            return (
                f"the cap of {self.max_tokens:,} tokens is reached: {self._total.tokens:,} "
                f"used{kept}, the next call takes about {need.tokens:,.0f}"
            )
        return ""

    def _left(self, finishing: bool, held: _Amount) -> _Amount:
        share = 1.0 if finishing else 1.0 - self.reserve
        return _Amount(
            share * _or_inf(self.max_cost) - self._total.cost - self._lost.cost - held.cost,
            share * _or_inf(self.max_tokens) - self._total.tokens - self._lost.tokens - held.tokens,
        )

    def _held(self) -> _Amount:
        calls = self._under_way
        return _Amount(sum(call.cost for call in calls), sum(call.tokens for call in calls))

    def _need(self, request: Request) -> _Amount:
        """The dearest call of the agent so far; before its first one, a guess from the size."""
        seen = self._largest.get(request.agent, _Amount())
        size = request.size / _BYTES_PER_TOKEN
        cost = size * _DOLLARS_IN + _OUTPUT_TOKENS * _DOLLARS_OUT
        return _Amount(
            seen.cost or min(cost, _FIRST_SHARE * _or_inf(self.max_cost)),
            seen.tokens or min(size + _OUTPUT_TOKENS, _FIRST_SHARE * _or_inf(self.max_tokens)),
        )


def _tokens(answer: Answer) -> int:
    return answer.input_tokens + answer.output_tokens


def _or_inf(cap: float | None) -> float:
    return math.inf if cap is None else cap
