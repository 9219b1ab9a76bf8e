"""The feature-engineer and the model-optimizer: plan a change of one block, then write the block.

As in Algorithm 2 of MLE-STAR: the planner sees every earlier plan with its measured gain, the coder
writes that one cell. An edit that cannot stand is repaired once, with the reason; one that fails
when it is run is repaired with its traceback.
"""

from __future__ import annotations

from collections.abc import Sequence

from mle_star.agents.base import Proposal
from mle_star.agents.base import Question as Wanted
from mle_star.agents.language.answers import Choice, Code, Plan
from mle_star.agents.language.author import guarded
from mle_star.agents.language.brief import measured_lines
from mle_star.agents.language.team import Question, Team
from mle_star.errors import EditError
from mle_star.solution.block import Block
from mle_star.solution.solution import Solution, render
from mle_star.types import Role

MOST_PLANS = 20
"""Earlier plans told, the newest of all."""

LONGEST_PLAN = 240

_CHOOSE = """\
Choose the block to refine next: one of {roles}. Prefer what the ablation shows to matter
and what was tried least. Return its role and a first plan for it in three to five sentences.

{measured}

The solution:
{solution}"""

_PLAN = """\
Plan one change of the `{role}` block, in three to five sentences: different from every plan
below, and learning from their gains.

{measured}

{tried}

The solution:
{solution}"""

_CODE = """Write the `{role}` block by this plan; return its whole source and nothing else.
Plan: {plan}

The solution:
{solution}"""

_REPAIR = """Your `{role}` block was refused: {reason}
Return the whole block with that put right. Plan: {plan}
It was:
{source}"""

_DEBUG = """Your `{role}` block failed when it was run: {reason}
Return the whole block with that put right. Plan: {plan}
It was:
{source}

The solution around it:
{solution}"""


def owner(role: Role) -> str:
    """The agent that works on a role."""
    return "feature-engineer" if role in (Role.CLEAN, Role.FEATURES) else "model-optimizer"


class Editor:
    """Proposes blocks that language models write.

    Parameters
    ----------
    team : Team
        Who is asked.
    """

    def __init__(self, team: Team) -> None:
        self._team = team
        self._first: dict[str, tuple[Role, str]] = {}

    def choose(
        self, solution: Solution, roles: Sequence[Role], measured: Sequence[str], step: int
    ) -> Role | None:
        """Which block to refine; its first plan is kept for the first proposal of the step.

        Parameters
        ----------
        solution : Solution
            The best so far.
        roles : sequence of Role
            Those that are open; the most promising first.
        measured : sequence of str
            What the engine measured, one fact a line.
        step : int
            Of refinement.

        Returns
        -------
        Role or None
            None where there is no answer, or none that is open.
        """
        text = _CHOOSE.format(
            roles=", ".join(roles), measured=measured_lines(measured), solution=render(solution)
        )
        question = Question(owner(roles[0]), f"step {step}: choice of the block", text)
        asked = self._team.ask(question, Choice, "refinement")
        if asked.value is None or Role(asked.value.role) not in roles:
            return None
        role = Role(asked.value.role)
        self._first[f"step {step}"] = role, asked.value.plan
        return role

    def propose(self, question: Wanted) -> list[Proposal]:
        """Answer a question; see :class:`~mle_star.agents.base.Agent`."""
        plan = self._plan(question)
        if plan is None:
            return []
        text = _CODE.format(role=question.role, plan=plan, solution=render(question.solution))
        asked = self._team.ask(
            Question(owner(question.role), f"{question.label}: code", text), Code, "refinement"
        )
        if asked.value is None:
            return []
        proposal = _proposal(question, plan, asked.value)
        if proposal.refusal:
            told = _REPAIR.format(
                role=question.role,
                reason=proposal.refusal,
                plan=plan,
                source=asked.value.source,
            )
            proposal = self._again(question, proposal, told, "repair")
        return [proposal]

    def repair(
        self, question: Wanted, proposal: Proposal, failure: str, number: int
    ) -> Proposal | None:
        """A block in place of one that failed when it was run."""
        told = _DEBUG.format(
            role=question.role,
            reason=failure,
            plan=proposal.plan,
            source=proposal.block.source,
            solution=render(question.solution),
        )
        again = self._again(question, proposal, told, f"debugging {number}")
        return None if again is proposal else again

    def _plan(self, question: Wanted) -> str | None:
        role, plan = self._first.pop(question.step, (None, ""))
        if role is question.role:
            return plan
        text = _PLAN.format(
            role=question.role,
            measured=measured_lines(question.measured),
            tried=_tried(question),
            solution=render(question.solution),
        )
        asked = self._team.ask(
            Question(owner(question.role), f"{question.label}: plan", text), Plan, "refinement"
        )
        return asked.value.plan if asked.value else None

    def _again(self, question: Wanted, proposal: Proposal, text: str, what: str) -> Proposal:
        asked = self._team.ask(
            Question(owner(question.role), f"{question.label}: {what}", text), Code, "refinement"
        )
        if asked.value is None:
            return proposal
        return _proposal(question, proposal.plan, asked.value)


def _proposal(question: Wanted, plan: str, code: Code) -> Proposal:
    """A proposal, or one that says why it cannot be tried."""
    agent = owner(question.role)
    plan = " ".join(plan.split())
    standing = question.solution.block(question.role)
    try:
        block = guarded(question.role, code.source)
        refusal = "it changes nothing" if standing and block.source == standing.source else ""
    except EditError as error:
        refusal = str(error)
        block = standing or question.solution.blocks[0]
    return Proposal(
        block=block,
        plan=plan,
        reason=" ".join(code.reason.split())[:300],
        provenance=f"agent:{agent}",
        companions=_constants(question) if block.role is Role.MODEL else (),
        refusal=refusal,
    )


def _constants(question: Wanted) -> tuple[Block, ...]:
    """The hyperparameters that stand: another model of an agent's reads the same ones."""
    block = question.solution.block(Role.HYPERPARAMETERS)
    return (block,) if block else ()


def _tried(question: Wanted) -> str:
    if not question.tried:
        return "Nothing was tried for this block yet."
    lines = [
        f"- {'failed' if gain is None else f'gain {gain:+.4g}'}: {plan[:LONGEST_PLAN]}"
        for plan, gain in question.tried[-MOST_PLANS:]
    ]
    return "\n".join(["Plans tried, with their measured gains (positive is better):", *lines])
