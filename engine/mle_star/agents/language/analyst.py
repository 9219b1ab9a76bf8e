"""The ablation-analyst: which parts to take away; the engine measures what is lost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mle_star.agents.language.answers import Variants
from mle_star.agents.language.author import guarded
from mle_star.agents.language.brief import measured_lines
from mle_star.agents.language.team import Question, Team
from mle_star.errors import EditError
from mle_star.solution.solution import Solution, render
from mle_star.types import Role

AGENT = "ablation-analyst"
MOST = 3
"""Variants judged in one ablation, as in the paper: two or three parts not covered yet."""

_ASK = """\
Propose {most} ablations of parts of blocks: for each, one cell with a part of it taken away
and everything else as it is (a step of the features, a transformer, a term of the model, ...).
Whole blocks are ablated by the engine already. Choose parts not covered by the earlier ones.

{measured}

The solution:
{solution}"""


@dataclass(frozen=True, slots=True)
class Part:
    """A solution with a part of one block taken away.

    Parameters
    ----------
    role : Role
        Of the block.
    what : str
        What is gone.
    solution : Solution
        The rest.
    """

    role: Role
    what: str
    solution: Solution


def propose(team: Team, solution: Solution, measured: Sequence[str], step: int) -> list[Part]:
    """Parts worth taking away.

    Parameters
    ----------
    team : Team
        Who is asked.
    solution : Solution
        What is ablated.
    measured : sequence of str
        Earlier ablations and scores, one fact a line.
    step : int
        Number of the ablation.

    Returns
    -------
    list of Part
        Those that can stand and change something; at most :data:`MOST`.
    """
    text = _ASK.format(most=MOST, measured=measured_lines(measured), solution=render(solution))
    asked = team.ask(Question(AGENT, f"ablation {step}", text), Variants, "ablation")
    parts: list[Part] = []
    for variant in asked.value.variants if asked.value else ():
        role, what = Role(variant.role), " ".join(variant.takes_away.split())
        standing = solution.block(role)
        try:
            block = guarded(role, variant.source)
        except EditError:
            continue
        if standing is None or block.source == standing.source:
            continue
        parts.append(Part(role, what, solution.with_block(block, name=f"without {what}")))
    unique = {part.solution.digest: part for part in reversed(parts)}
    return [part for part in parts if unique[part.solution.digest] is part][:MOST]
