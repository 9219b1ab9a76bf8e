"""How much speaks for a recipe on this task: its own word, and the knowledge base's."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from mle_star.agents.knowledge import Entry, matches
from mle_star.recipes.recipe import Facts, Recipe

UNCITED = 0.5
"""Share of a recipe's own relevance that is left where no entry of the knowledge base fits."""


@dataclass(frozen=True, slots=True)
class Ranked:
    """A recipe with what speaks for it.

    Parameters
    ----------
    recipe : Recipe
        The technique.
    score : float
        In (0, 1]: its relevance to the facts, times the weight of the knowledge that fits.
    entries : tuple of Entry
        Knowledge whose conditions hold and which points at it, weightiest first.
    matched : tuple of str
        The facts that met those conditions, in words, none twice.
    """

    recipe: Recipe
    score: float
    entries: tuple[Entry, ...]
    matched: tuple[str, ...]

    def reason(self) -> str:
        """Why it is proposed, in one line."""
        because = ", ".join(self.matched) or "its own conditions"
        said = f"; {self.entries[0].says}" if self.entries else ""
        return f"fits {because}{said}"

    def sources(self) -> tuple[str, ...]:
        """Where it is written, with dates: the knowledge base first, then the recipe's own."""
        own = [f"{r.title}, {r.url} ({r.date})" for r in self.recipe.references]
        return tuple(dict.fromkeys([*(entry.cite() for entry in self.entries), *own]))


def rank(recipes: Iterable[Recipe], facts: Facts, knowledge: Sequence[Entry]) -> list[Ranked]:
    """Recipes usable here, the most promising first; ties go by name."""
    ranked = [_ranked(recipe, facts, knowledge) for recipe in recipes]
    return sorted((r for r in ranked if r.score > 0), key=lambda r: (-r.score, r.recipe.name))


def _ranked(recipe: Recipe, facts: Facts, knowledge: Sequence[Entry]) -> Ranked:
    met = [
        (entry, words)
        for entry in knowledge
        if recipe.name in entry.recipes and (words := matches(entry.conditions, facts)) is not None
    ]
    met.sort(key=lambda pair: -pair[0].weight)
    doubt = 1.0
    for entry, _ in met:
        doubt *= 1.0 - entry.weight / 2
    score = recipe.applies(facts) * (UNCITED + (1 - UNCITED) * (1 - doubt))
    matched = dict.fromkeys(word for _, words in met for word in words)
    return Ranked(recipe, score, tuple(entry for entry, _ in met), tuple(matched))
