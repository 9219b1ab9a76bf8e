"""The mean of three seeds."""

# %% role: train
from typing import Any


def train(estimator: Any) -> Any:
    from mle_star.toolkit.bagging import SeedBag

    return SeedBag(estimator, seeds=3)


# %% recipe
from mle_star.recipes.recipe import Recipe, Reference
from mle_star.types import Role

RECIPE = Recipe(
    name="seed_bag",
    role=Role.TRAIN,
    title="Three seeds averaged",
    summary="Fits the model with three seeds and averages: takes chance out of small data, for "
    "three times the time.",
    applies=lambda facts: 0.6 if facts.rows < 5_000 else 0.3 if facts.rows < 30_000 else 0.1,
    cost=4.0,
    light=False,
    references=(
        Reference(
            "Breiman, Bagging predictors, Machine Learning",
            "https://doi.org/10.1007/BF00058655",
            "1996",
        ),
    ),
)
