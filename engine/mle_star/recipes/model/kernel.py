"""Logistic or ridge regression on a Gaussian kernel."""

# %% role: hyperparameters
HYPERPARAMETERS = {
    "scale": 0.7,
    "components": 500,
}

# %% role: model
from typing import Any


def model(columns: dict[str, Any], hyperparameters: dict[str, Any]) -> Any:
    from mle_star.toolkit.kernel import KernelModel
    from mle_star.toolkit.numbers import Numbers, NumericModel

    # Where no strength is given, the model tries a range of them on an inner part of its rows.
    kernel = KernelModel(columns["kind"], in_order=columns["ordered_in_time"], **hyperparameters)
    return NumericModel(kernel, Numbers(fill=True, scale=True, dense=True, one_hot=True))


# %% recipe
from math import inf

from mle_star.recipes.recipe import Real, Recipe, Reference, Whole
from mle_star.types import Role

RECIPE = Recipe(
    name="kernel",
    role=Role.MODEL,
    title="Kernel machine",
    summary="A linear model on the Gaussian kernel with some training rows: smooth, strong on "
    "small data with alike columns.",
    applies=lambda facts: 0.6 if facts.rows <= 5_000 else 0.3 if facts.rows <= 20_000 else 0.0,
    cost=2.0,
    wide=inf,
    is_steady=True,
    light=False,
    references=(
        Reference(
            "Williams and Seeger, Using the Nystroem method to speed up kernel machines, NIPS",
            "https://papers.nips.cc/paper/1866-using-the-nystrom-method-to-speed-up-kernel-machines",
            "2000",
        ),
    ),
    space={
        "scale": Real(0.2, 5.0, log=True),
        "strength": Real(1e-4, 1e2, log=True),
        "components": Whole(100, 1000, log=True),
    },
    features="one_hot",
)
