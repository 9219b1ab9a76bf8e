"""Flags for missing cells."""

# %% role: clean
from typing import Any


def clean(columns: dict[str, Any]) -> Any:
    from sklearn.pipeline import make_pipeline

    from mle_star.toolkit.cleaning import FiniteNumbers, MissingFlags

    return make_pipeline(FiniteNumbers(), MissingFlags())


# %% recipe
from mle_star.recipes.recipe import Recipe, Reference
from mle_star.types import Role

RECIPE = Recipe(
    name="missing_flags",
    role=Role.CLEAN,
    title="Missing flags",
    summary="Adds a flag for every column with missing cells and their count a row: that a value "
    "is missing often says something.",
    applies=lambda facts: min(0.7, 5 * facts.missing),
    cost=0.02,
    references=(
        Reference(
            "Van Ness et al., The missing indicator method: from low to high dimensions, KDD",
            "https://arxiv.org/abs/2211.09259",
            "2023",
        ),
    ),
)
