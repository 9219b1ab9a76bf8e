"""Search: which techniques suit this task, why, and where that is written.

Round 1 looks for models, round 2 for cleaning and features, later rounds for training and
calibration techniques and for ever less likely models, so every further round finds more until
the library is used up. What this phase does not do: it measures nothing.
"""

from __future__ import annotations

from mle_star.agents.knowledge import Entry, load_knowledge
from mle_star.agents.relevance import Ranked, rank
from mle_star.agents.technique import Technique
from mle_star.events import TechniqueFound
from mle_star.phases.context import Context
from mle_star.types import Role

MODELS_A_ROUND = 4
"""Models found in round 1 (four in the paper)."""

MODELS_LATER = 10
"""Models found in each round from the third on: what there is no time for is not judged."""

OTHERS_A_ROUND = 8
"""Techniques of other roles found in a round."""


def run(
    context: Context, rounds: int, knowledge: tuple[Entry, ...] | None = None
) -> list[Technique]:
    """Search the recipe library and the knowledge base.

    Parameters
    ----------
    context : Context
        Its facts are what techniques are held against; every find is emitted as an event.
    rounds : int
        How many rounds to search.
    knowledge : tuple of Entry or None
        None: the knowledge base that travels with the engine.

    Returns
    -------
    list of Technique
        Round by round, the most promising of a round first; none twice.
    """
    entries = load_knowledge() if knowledge is None else knowledge
    ranked = rank(context.recipes.values(), context.facts, entries)
    found: list[Technique] = []
    for number in range(1, rounds + 1):
        known = {technique.recipe.name for technique in found}
        fresh = [r for r in ranked if r.recipe.name not in known]
        found += [_technique(r, number) for r in _round(fresh, number)]
    for technique in found:
        context.emit(_event(technique))
    return found


def _round(fresh: list[Ranked], number: int) -> list[Ranked]:
    models = [r for r in fresh if r.recipe.role is Role.MODEL]
    if number == 1:
        return models[:MODELS_A_ROUND]
    preparing = (Role.CLEAN, Role.FEATURES)
    others = [r for r in fresh if r.recipe.role is not Role.MODEL]
    if number == 2:
        return [r for r in others if r.recipe.role in preparing][:OTHERS_A_ROUND]
    others.sort(key=lambda r: r.recipe.role in preparing)
    return [*models[:MODELS_LATER], *others[:OTHERS_A_ROUND]]


def _technique(ranked: Ranked, number: int) -> Technique:
    return Technique(
        ranked.recipe, round(ranked.score, 4), ranked.reason(), ranked.sources(), number
    )


def _event(technique: Technique) -> TechniqueFound:
    return TechniqueFound(
        recipe=technique.recipe.name,
        role=technique.recipe.role,
        score=technique.score,
        reason=technique.reason,
        sources=list(technique.sources),
        round=technique.round,
    )
