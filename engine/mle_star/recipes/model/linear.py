"""A regularised linear model."""

# %% role: hyperparameters
HYPERPARAMETERS = {
    "strength": None,
}

# %% role: model
from typing import Any


def model(columns: dict[str, Any], hyperparameters: dict[str, Any]) -> Any:
    from mle_star.toolkit.linear import LinearModel
    from mle_star.toolkit.numbers import Numbers, NumericModel

    # Where no strength is given, the model tries a range of them on an inner part of its rows.
    linear = LinearModel(columns["kind"], in_order=columns["ordered_in_time"], **hyperparameters)
    return NumericModel(linear, Numbers(fill=True, one_hot=True))


# %% recipe
from mle_star.recipes.recipe import Real, Recipe, Reference
from mle_star.types import Role

RECIPE = Recipe(
    name="linear",
    role=Role.MODEL,
    title="Linear",
    summary="Logistic or ridge regression whose strength is found on an inner part of the training "
    "rows: the model to beat, and the best one on plain text.",
    applies=lambda facts: 1.0 if facts.text else 0.6,
    cost=0.5,
    references=(
        Reference(
            "Hoerl and Kennard, Ridge regression: biased estimation for nonorthogonal problems",
            "https://doi.org/10.1080/00401706.1970.10488634",
            "1970",
        ),
        Reference(
            "scikit-learn user guide: logistic regression",
            "https://scikit-learn.org/stable/modules/linear_model.html#logistic-regression",
            "2025",
        ),
    ),
    space={"strength": Real(1e-3, 1e3, log=True)},
    features="one_hot",
)
