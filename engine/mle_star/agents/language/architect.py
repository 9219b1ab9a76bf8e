"""The ensemble-architect: ways to combine judged candidates, planned from measured history."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mle_star.agents.language.answers import Combination
from mle_star.agents.language.brief import measured_lines
from mle_star.agents.language.team import Question, Team

AGENT = "ensemble-architect"
ROUNDS = 3
"""Plans at most (five in the paper, of which the later ones add little)."""

_DIGITS = 6
"""Of a weight; as the engine ships them."""

_ASK = """\
Plan a way to combine the candidates below. `members` are their ids, two to eight; `method` is
"average", "weights" (give one weight a member) or "learnt weights" (found by the engine).
It has to differ from what was tried. The engine scores it on folds it did not learn from.

Candidates, best first:
{candidates}

{measured}"""


@dataclass(frozen=True, slots=True)
class Planned:
    """A combination that can be tried.

    Parameters
    ----------
    plan : str
        In words.
    members : tuple of str
        Ids of candidates, none twice.
    weights : tuple of float or None
        One a member, summing to one; None: to be learnt.
    """

    plan: str
    members: tuple[str, ...]
    weights: tuple[float, ...] | None

    @property
    def identity(self) -> frozenset[tuple[str, float | None]]:
        """What makes it another one: members and weights, in whatever order."""
        if self.weights is None:
            return frozenset((member, None) for member in self.members)
        shares = [round(weight, _DIGITS) for weight in self.weights]
        return frozenset(zip(self.members, shares, strict=True))


def plan(
    team: Team, candidates: Sequence[tuple[str, str]], measured: Sequence[str], number: int
) -> tuple[Planned | None, str]:
    """Ask for one plan.

    Parameters
    ----------
    team : Team
        Who is asked.
    candidates : sequence of (str, str)
        Id and a line about each.
    measured : sequence of str
        What every strategy tried so far gained.
    number : int
        Of the round, from 1.

    Returns
    -------
    plan : Planned or None
        None where there is none that can be tried.
    reason : str
        Why not.
    """
    lines = "\n".join(f"- {identity}: {line}" for identity, line in candidates)
    text = _ASK.format(candidates=lines, measured=measured_lines(measured))
    asked = team.ask(Question(AGENT, f"combination {number}", text), Combination, "ensemble")
    if asked.value is None:
        return None, asked.failure
    return _checked(asked.value, [identity for identity, _ in candidates])


def _checked(answer: Combination, known: Sequence[str]) -> tuple[Planned | None, str]:
    members = tuple(dict.fromkeys(answer.members))
    if unknown := [member for member in members if member not in known]:
        return None, f"no candidate is called {unknown[0][:40]!r}"
    if len(members) < 2:
        return None, "a combination needs two members"
    words = " ".join(answer.plan.split())
    if answer.method == "learnt weights":
        return Planned(words, members, None), ""
    given = answer.weights if answer.method == "weights" else [1.0] * len(members)
    if len(given) != len(members) or min(given) < 0 or not 0 < sum(given) < float("inf"):
        return None, f"{len(members)} members need as many weights, none negative, got {given}"
    shares = {member: one / sum(given) for member, one in zip(members, given, strict=True)}
    counting = {member: share for member, share in shares.items() if round(share, _DIGITS) > 0}
    if len(counting) < 2:
        return None, f"a combination needs two members that count, got weights {given}"
    return Planned(words, tuple(counting), tuple(counting.values())), ""
