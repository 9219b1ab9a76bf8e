"""A small decision tree."""

# %% role: model
from typing import Any


def model(columns: dict[str, Any], hyperparameters: dict[str, Any]) -> Any:
    from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

    from mle_star.toolkit.numbers import Numbers, NumericModel

    settings = {"max_depth": 6, "min_samples_leaf": 10, "random_state": 0, **hyperparameters}
    tree = DecisionTreeRegressor if columns["kind"] == "regression" else DecisionTreeClassifier
    return NumericModel(tree(**settings), Numbers(fill=True))


# %% recipe
from mle_star.recipes.recipe import Recipe, Reference, Whole
from mle_star.types import Role

RECIPE = Recipe(
    name="plain_tree",
    role=Role.MODEL,
    title="Decision tree",
    summary="One small tree: a baseline that finds steps and interactions, and that can be read.",
    applies=lambda facts: 0.2,
    cost=0.1,
    references=(
        Reference(
            "Breiman, Friedman, Olshen and Stone, Classification and Regression Trees",
            "https://doi.org/10.1201/9781315139470",
            "1984",
        ),
    ),
    space={"max_depth": Whole(2, 16), "min_samples_leaf": Whole(1, 100, log=True)},
    neutral=True,
    features="ordinal",
)
