"""The built-in agent and language models side by side, sharing one budget.

Who proposes next is drawn with probabilities in proportion to what each has gained for its price
so far: a bandit that matches shares to rates, with a floor so that neither is given up. A price is
seconds of judging and asking plus dollars; where evaluations are counted and not time, each try
costs one, so that nothing depends on the clock.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from mle_star.agents.base import Agent, Proposal, Question, Standing

RECIPE, LANGUAGE = "recipe", "agent"
"""The two proposers, as :attr:`~mle_star.agents.base.Proposal.proposer` names them."""

FLOOR = 0.2
"""Probability that each keeps, whatever it gained."""

DOLLAR_SECONDS = 600.0
"""Seconds of work that a dollar is held against: about what a large machine costs."""

MOST = 0.5
"""Share of the seconds left that proposing may take; judging needs the rest."""

DOLLAR_TRIES = 10.0
"""The same in tries, where evaluations are counted."""


@dataclass(frozen=True, slots=True)
class Spent:
    """What asking has cost so far.

    Parameters
    ----------
    calls : int
        Answers about refinement.
    seconds, dollars : float
        Of all of them.
    """

    calls: int
    seconds: float
    dollars: float

    @property
    def proposal(self) -> float:
        """Seconds that a proposal takes: a plan and its code."""
        return 2 * self.seconds / self.calls if self.calls else 0.0


class MixedAgent:
    """Lets either of two agents propose.

    Parameters
    ----------
    recipes, language : Agent
        The built-in one, and language models.
    spent : callable
        Gives what asking has cost so far.
    counts_time : bool
        Whether the budget is time.
    """

    def __init__(
        self, recipes: Agent, language: Agent, spent: Callable[[], Spent], *, counts_time: bool
    ) -> None:
        self._agents = {RECIPE: recipes, LANGUAGE: language}
        self._spent = spent
        self._counts_time = counts_time

    def propose(self, question: Question) -> list[Proposal]:
        """Answer a question; where the one drawn has nothing to say, the other does."""
        share = self.share(question)
        draw = float(np.random.default_rng(question.seed).random())
        order = (LANGUAGE, RECIPE) if draw < share else (RECIPE, LANGUAGE)
        for name in order:
            found = self._agents[name].propose(question)
            if found:
                return found
        return []

    def repair(
        self, question: Question, proposal: Proposal, failure: str, number: int
    ) -> Proposal | None:
        """Whoever proposed it repairs it."""
        agent = self._agents.get(proposal.proposer)
        return agent.repair(question, proposal, failure, number) if agent else None

    def share(self, question: Question) -> float:
        """Probability that language models are asked.

        Parameters
        ----------
        question : Question
            Its `standing` says what either gained.
        """
        mine = question.standing.get(LANGUAGE, Standing())
        other = question.standing.get(RECIPE, Standing())
        spent = self._spent()
        if self._counts_time and spent.proposal > MOST * question.seconds:
            return 0.0
        if not mine.tries:
            return 1.0
        if not other.tries:
            return 0.0
        if self._counts_time:
            price = mine.seconds + spent.seconds + DOLLAR_SECONDS * spent.dollars
            cost = other.seconds
        else:
            price = mine.tries + DOLLAR_TRIES * spent.dollars
            cost = float(other.tries)
        rate, against = mine.gained / max(price, 1e-9), other.gained / max(cost, 1e-9)
        if rate + against <= 0:
            return 0.5
        return min(1 - FLOOR, max(FLOOR, rate / (rate + against)))
