"""Predictions clipped to the training range."""

# %% role: post
from typing import Any


def post(estimator: Any) -> Any:
    from mle_star.toolkit.targets import Clipped

    return Clipped(estimator)


# %% recipe
from mle_star.recipes.recipe import Recipe, Reference
from mle_star.types import Kind, Role

RECIPE = Recipe(
    name="clipped",
    role=Role.POST,
    title="Predictions clipped",
    summary="Keeps predicted numbers within the range of the target in training: no negative "
    "counts, no wild extrapolation.",
    applies=lambda facts: 0.3 if facts.kind is Kind.REGRESSION else 0.0,
    cost=0.01,
    references=(
        Reference(
            "scikit-learn: TransformedTargetRegressor",
            "https://scikit-learn.org/stable/modules/generated/sklearn.compose.TransformedTargetRegressor.html",
            "2025",
        ),
    ),
)
