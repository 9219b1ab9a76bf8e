"""Learning the logarithm of the target."""

# %% role: train
from typing import Any


def train(estimator: Any) -> Any:
    from mle_star.toolkit.targets import TransformedTarget

    return TransformedTarget(estimator, scale="log")


# %% recipe
from mle_star.recipes.recipe import Facts, Recipe, Reference
from mle_star.types import Kind, Role


def _relevance(facts: Facts) -> float:
    if facts.kind is not Kind.REGRESSION or not facts.positive_target:
        return 0.0
    return 0.9 if facts.metric in ("rmsle", "mape") else 0.7 if facts.skew > 1.0 else 0.2


RECIPE = Recipe(
    name="log_target",
    role=Role.TRAIN,
    title="Logarithm of the target",
    summary="Fits on log(1 + y): for skewed amounts whose errors grow with their size.",
    applies=_relevance,
    cost=0.01,
    references=(
        Reference(
            "Box and Cox, An analysis of transformations",
            "https://doi.org/10.1111/j.2517-6161.1964.tb00553.x",
            "1964",
        ),
    ),
)
