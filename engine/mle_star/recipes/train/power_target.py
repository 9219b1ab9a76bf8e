"""Learning the target on the Yeo-Johnson scale."""

# %% role: train
from typing import Any


def train(estimator: Any) -> Any:
    from mle_star.toolkit.targets import TransformedTarget

    return TransformedTarget(estimator, scale="power")


# %% recipe
from mle_star.recipes.recipe import Facts, Recipe, Reference
from mle_star.types import Kind, Role


def _relevance(facts: Facts) -> float:
    if facts.kind is not Kind.REGRESSION:
        return 0.0
    return 0.5 if abs(facts.skew) > 0.7 else 0.2


RECIPE = Recipe(
    name="power_target",
    role=Role.TRAIN,
    title="Yeo-Johnson target",
    summary="Fits on a power of the target that makes it look normal, whatever its sign.",
    applies=_relevance,
    cost=0.02,
    references=(
        Reference(
            "Yeo and Johnson, A new family of power transformations, Biometrika",
            "https://doi.org/10.1093/biomet/87.4.954",
            "2000",
        ),
    ),
)
