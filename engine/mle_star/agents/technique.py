"""A technique found for a task: a recipe, what speaks for it, and where that is written."""

from __future__ import annotations

from dataclasses import dataclass

from mle_star.recipes.recipe import Recipe


@dataclass(frozen=True, slots=True)
class Technique:
    """One technique found.

    Parameters
    ----------
    recipe : Recipe
        What to do.
    score : float
        In (0, 1]: how much speaks for it here.
    reason : str
        Which facts it fits, and what is known of it.
    sources : tuple of str
        Where it is written, with dates.
    round : int
        In which round of the search it was found, from 1.
    """

    recipe: Recipe
    score: float
    reason: str
    sources: tuple[str, ...]
    round: int
