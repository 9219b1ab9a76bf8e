"""Nearest neighbours."""

# %% role: hyperparameters
HYPERPARAMETERS = {
    "neighbours": 15,
}

# %% role: model
from typing import Any


def model(columns: dict[str, Any], hyperparameters: dict[str, Any]) -> Any:
    from mle_star.toolkit.neighbours import Neighbours
    from mle_star.toolkit.numbers import Numbers, NumericModel

    # Components stand for a matrix too wide to measure distances in.
    nearest = Neighbours(columns["kind"], **hyperparameters)
    return NumericModel(nearest, Numbers(fill=True, scale=True, dense=True, one_hot=True))


# %% recipe
from math import inf

from mle_star.recipes.recipe import Recipe, Reference, Whole
from mle_star.types import Role

RECIPE = Recipe(
    name="nearest_neighbours",
    role=Role.MODEL,
    title="Nearest neighbours",
    summary="The nearest training rows vote, the nearer the more: no assumption but that close "
    "rows are alike.",
    applies=lambda facts: 0.4 if facts.rows <= 20_000 else 0.15 if facts.rows <= 100_000 else 0.0,
    cost=0.3,
    per_class=False,
    wide=inf,
    is_steady=True,
    light=False,
    references=(
        Reference(
            "Cover and Hart, Nearest neighbor pattern classification",
            "https://doi.org/10.1109/TIT.1967.1053964",
            "1967",
        ),
    ),
    space={"neighbours": Whole(3, 100, log=True)},
    features="one_hot",
)
