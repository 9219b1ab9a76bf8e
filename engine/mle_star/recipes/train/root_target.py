"""Learning the square root of the target."""

# %% role: train
from typing import Any


def train(estimator: Any) -> Any:
    from mle_star.toolkit.targets import TransformedTarget

    return TransformedTarget(estimator, scale="root")


# %% recipe
from mle_star.recipes.recipe import Facts, Recipe, Reference
from mle_star.types import Kind, Role


def _relevance(facts: Facts) -> float:
    if facts.kind is not Kind.REGRESSION or not facts.positive_target:
        return 0.0
    return 0.6 if facts.skew > 0.7 else 0.2


RECIPE = Recipe(
    name="root_target",
    role=Role.TRAIN,
    title="Square root of the target",
    summary="Fits on the square root: for counts, whose variance grows with their mean.",
    applies=_relevance,
    cost=0.01,
    references=(
        Reference(
            "Bartlett, The square root transformation in analysis of variance",
            "https://doi.org/10.2307/2983678",
            "1936",
        ),
    ),
)
