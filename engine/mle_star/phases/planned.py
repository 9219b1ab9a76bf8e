"""Combinations that the ensemble-architect plans, measured like the engine's own.

It chooses in sight of scores over all folds, so its members are a little flattered; what it plans
has to beat the best single beyond noise like every other way, and is held against the others on
the selection rows.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from mle_star.agents.language import architect
from mle_star.agents.language.team import Team
from mle_star.judge.combine import Strategy, of_members
from mle_star.judge.evaluation import Evaluation
from mle_star.phases.compared import Compared

_TOLD = 15
"""Candidates that the architect chooses among."""


def combinations(
    team: Team,
    candidates: Sequence[Evaluation],
    compared: Sequence[Compared],
    measure: Callable[[str, Strategy], Compared],
) -> list[Compared]:
    """Have ways to combine planned, round by round, each in sight of all before it.

    Parameters
    ----------
    team : Team
        Who plans.
    candidates : sequence of Evaluation
        In the order of the pool, best first.
    compared : sequence of Compared
        The engine's own ways.
    measure : callable
        Scores a strategy under a name.
    """
    named = [(f"c{place}", one) for place, one in enumerate(candidates[:_TOLD])]
    lines = [(name, _line(one)) for name, one in named]
    places = {name: place for place, (name, _) in enumerate(named)}
    found: list[Compared] = []
    tried: set[frozenset[tuple[str, float | None]]] = set()
    for number in range(1, architect.ROUNDS + 1):
        history = [_told(one) for one in [*compared, *found]]
        plan, _ = architect.plan(team, lines, history, number)
        if plan is None:
            break
        if plan.identity in tried:  # it was told; a round is lost
            continue
        tried.add(plan.identity)
        members = [places[member] for member in plan.members]
        name = f"architect {number}: {plan.plan[:80]}"
        found.append(measure(name, of_members(members, plan.weights)))
    return found


def _line(one: Evaluation) -> str:
    assert one.score is not None
    return f"{one.solution.name}, {one.score.mean:.6g} ± {one.score.spread:.2g}"


def _told(one: Compared) -> str:
    if one.score is None:
        return f"{one.strategy}: {one.reason}"
    weights = "" if one.weights is None else f", weights {[round(w, 3) for w in one.weights]}"
    members = ", ".join(one.members)
    return f"{one.strategy}: {one.score.mean:.6g}, {one.reason}; of {members}{weights}"
