"""What an agent is asked, and what it answers: blocks to try, never scores.

Whatever stands behind an agent (the recipe library, a language model, a queue in a test), the
engine renders, checks and judges what it proposes; nothing an agent says is taken as measured.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

from mle_star.recipes.recipe import Facts
from mle_star.solution.block import Block
from mle_star.solution.solution import Solution
from mle_star.types import Role

Attempt = tuple[str, float | None]
"""A plan that was tried and what it gained (positive is better; None: it failed)."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What one proposer's tries came to so far.

    Parameters
    ----------
    tries : int, default 0
        Proposals, refused ones included.
    gained : float, default 0.0
        Sum of the gains above zero, in the metric's units.
    seconds : float, default 0.0
        Spent on judging them.
    """

    tries: int = 0
    gained: float = 0.0
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Question:
    """Which block of which solution to replace, and what is known so far.

    Parameters
    ----------
    agent : str
        Who is asked: one of the six definitions, such as ``"feature-engineer"``.
    role : Role
        The block to replace. Hyperparameters are tuned numerically and never asked for.
    solution : Solution
        What the proposals start from; each is tried against this one.
    facts : Facts
        What the task and the table look like.
    tried : tuple of Attempt
        Every earlier (plan, gain) of this role, oldest first.
    how_many : int
        Most proposals wanted.
    seed : int
        Decides among equals.
    step, label : str, default ""
        Name of the refinement step, and of this question within the session.
    measured : tuple of str, default ()
        What the engine measured so far, one fact a line.
    standing : mapping of str to Standing
        What each proposer's tries came to, by :attr:`Proposal.proposer`.
    seconds : float, default inf
        Left for proposing and judging together.
    """

    agent: str
    role: Role
    solution: Solution
    facts: Facts
    tried: tuple[Attempt, ...] = ()
    how_many: int = 1
    seed: int = 0
    step: str = ""
    label: str = ""
    measured: tuple[str, ...] = ()
    standing: Mapping[str, Standing] = field(default_factory=dict)
    seconds: float = math.inf


@dataclass(frozen=True, slots=True)
class Proposal:
    """One block to try in place of another.

    Parameters
    ----------
    block : Block
        Of the role asked for; checked.
    plan : str
        What it does, in words; it goes into the history that later questions carry.
    reason : str
        Why it was proposed: the facts and sources that speak for it.
    provenance : str
        Where it comes from, such as ``"recipe:target_encoding"``.
    companions : tuple of Block
        Blocks that only make sense together with `block`: a model's own hyperparameters.
    refusal : str, default ""
        Why it cannot be tried; it is counted as a try all the same.
    """

    block: Block
    plan: str
    reason: str
    provenance: str
    companions: tuple[Block, ...] = ()
    refusal: str = ""

    @property
    def proposer(self) -> str:
        """Who proposed it: ``"recipe"`` or ``"agent"``."""
        return self.provenance.partition(":")[0]

    def apply(self, solution: Solution, *, name: str = "") -> Solution:
        """The child of a solution with this proposal in place.

        A model that brings no hyperparameters takes the old ones away: they are another model's.
        """
        bare = solution.without(Role.HYPERPARAMETERS) if self.block.role is Role.MODEL else solution
        for companion in self.companions:
            bare = bare.with_block(companion)
        child = bare.with_block(self.block, name=name, origin=self.reason)
        return Solution(
            child.blocks, child.name, solution.digest, self.block.role, origin=self.reason
        )


@runtime_checkable
class Agent(Protocol):
    """Something that proposes blocks."""

    def propose(self, question: Question) -> list[Proposal]:
        """Answer a question.

        Parameters
        ----------
        question : Question
            What to replace, and what is known.

        Returns
        -------
        list of Proposal
            At most ``question.how_many``, best first, no two with the same block, none the block
            that stands already; empty when nothing (more) comes to mind.
        """
        ...

    def repair(
        self, question: Question, proposal: Proposal, failure: str, number: int
    ) -> Proposal | None:
        """Something in place of a proposal that failed when it was run.

        Parameters
        ----------
        question : Question
            That the proposal answered.
        proposal : Proposal
            What failed.
        failure : str
            The last line of its traceback.
        number : int
            Of the repair, from 1.

        Returns
        -------
        Proposal or None
            None where nothing comes to mind; then the last version that ran stands.
        """
        ...
