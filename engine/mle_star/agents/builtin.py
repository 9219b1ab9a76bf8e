"""The built-in agent: proposals from the recipe library, no network and no language model.

It ranks techniques by how well they fit the facts, by the knowledge base, and by what the history
says: one that hurt is not proposed again, relatives of one that helped come first.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mle_star.agents.base import Attempt, Proposal, Question
from mle_star.agents.knowledge import Entry
from mle_star.agents.relevance import Ranked, rank
from mle_star.recipes.catalogue import ENCODINGS, FORESTS, WORDS, usual_features
from mle_star.recipes.recipe import Recipe
from mle_star.seeds import derive
from mle_star.types import Role

_BAG = "seed_bag"
_KINSHIP = 0.9
_OTHER_FEATURES = 0.5


class BuiltinAgent:
    """Proposes recipes.

    Parameters
    ----------
    recipes : mapping of str to Recipe
        Those usable on this machine, by name.
    knowledge : sequence of Entry
        See :func:`mle_star.agents.knowledge.load_knowledge`.
    """

    def __init__(self, recipes: Mapping[str, Recipe], knowledge: Sequence[Entry]) -> None:
        self._recipes = recipes
        self._knowledge = tuple(knowledge)

    def propose(self, question: Question) -> list[Proposal]:
        """Answer a question; see :class:`~mle_star.agents.base.Agent`."""
        gains = _gains(question.tried)
        open_ones = [
            recipe
            for recipe in self._recipes.values()
            if _is_open(recipe, question, gains) and self._takes_words(recipe, question)
        ]
        ranked = rank(open_ones, question.facts, self._knowledge)
        order = sorted(ranked, key=lambda r: self._standing(r, question, gains))
        return [_proposal(r) for r in order[: question.how_many]]

    def repair(
        self, _question: Question, _proposal: Proposal, _failure: str, _number: int
    ) -> Proposal | None:
        """Nothing: a recipe that fails on this table is not for it."""
        return None

    def _standing(
        self, ranked: Ranked, question: Question, gains: Mapping[str, float]
    ) -> tuple[bool, float, int]:
        recipe = ranked.recipe
        kinship = sum(
            (1.0 if gain > 0 else -1.0) * self._likeness(recipe.name, name)
            for name, gain in gains.items()
        )
        score = ranked.score * (1.0 + _KINSHIP * max(-1.0, min(1.0, kinship)))
        if not _suits_features(recipe, question):
            score *= _OTHER_FEATURES
        return recipe.name in gains, -round(score, 9), derive(question.seed, recipe.name)

    def _takes_words(self, recipe: Recipe, question: Question) -> bool:
        """Whether a model would be given a column of every word that cannot do with that."""
        standing = {role: question.solution.block(role) for role in (Role.FEATURES, Role.MODEL)}
        names = {role: block.recipe for role, block in standing.items() if block is not None}
        names[recipe.role] = recipe.name
        model = self._recipes.get(names.get(Role.MODEL, ""))
        wordy = bool(question.facts.text) and names.get(Role.FEATURES) in WORDS
        return not wordy or model is None or model.features in WORDS

    def _likeness(self, one: str, other: str) -> float:
        """Share of words in two recipes' names and of knowledge that they have in common."""
        mine, theirs = self._marks(one), self._marks(other)
        return len(mine & theirs) / len(mine | theirs)

    def _marks(self, name: str) -> set[str]:
        return set(name.split("_")) | {e.id for e in self._knowledge if name in e.recipes}


def recipe_of(plan: str) -> str:
    """Name of the recipe that a plan of the built-in agent is about."""
    return plan.partition(":")[0]


def _gains(tried: Sequence[Attempt]) -> dict[str, float]:
    """Latest gain of each technique tried; a failure counts as a loss."""
    return {recipe_of(plan): -1.0 if gain is None else gain for plan, gain in tried}


def _is_open(recipe: Recipe, question: Question, gains: Mapping[str, float]) -> bool:
    if recipe.role is not question.role or gains.get(recipe.name, 1.0) <= 0:
        return False
    standing = question.solution.block(question.role)
    if question.facts.only_numbers and recipe.name in ENCODINGS:
        return False  # the ablation has tried the plainest of them, and they are all the same
    model = question.solution.block(Role.MODEL)
    parts = () if model is None else model.parts
    if recipe.name == _BAG and not set(FORESTS).isdisjoint(parts):
        return False  # three times the trees, and three times the size
    return standing is None or all(
        block.source != standing.source for block in recipe.blocks if block.role is question.role
    )


def _suits_features(recipe: Recipe, question: Question) -> bool:
    features = question.solution.block(Role.FEATURES)
    if not recipe.features or features is None:
        return True
    return features.recipe == usual_features(recipe, question.facts)


def _proposal(ranked: Ranked) -> Proposal:
    recipe = ranked.recipe
    return Proposal(
        block=next(block for block in recipe.blocks if block.role is recipe.role),
        plan=f"{recipe.name}: {recipe.summary}",
        reason=ranked.reason(),
        provenance=f"recipe:{recipe.name}",
        companions=tuple(block for block in recipe.blocks if block.role is not recipe.role),
    )
