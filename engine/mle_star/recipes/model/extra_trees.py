"""Extremely randomised trees."""

# %% role: hyperparameters
HYPERPARAMETERS = {
    "n_estimators": 150,
    "min_samples_leaf": 2,
    "max_features": 0.5,
}

# %% role: model
from typing import Any


def model(columns: dict[str, Any], hyperparameters: dict[str, Any]) -> Any:
    from sklearn.ensemble import ExtraTreesClassifier, ExtraTreesRegressor

    from mle_star.toolkit.numbers import Numbers, NumericModel

    forest = ExtraTreesRegressor if columns["kind"] == "regression" else ExtraTreesClassifier
    settings = {"n_estimators": 200, "random_state": 0, "n_jobs": 1, **hyperparameters}
    return NumericModel(forest(**settings), Numbers(fill=True, dense=True))


# %% recipe
from mle_star.recipes.recipe import Real, Recipe, Reference, Whole
from mle_star.types import Role

RECIPE = Recipe(
    name="extra_trees",
    role=Role.MODEL,
    title="Extra trees",
    summary="Averaged trees with random thresholds: fast, smooth, a good partner for boosters.",
    applies=lambda facts: 0.7 if facts.rows <= 100_000 else 0.4,
    cost=3.0,
    cost_short=1.8,
    growth=1.2,
    is_steady=True,
    per_class=False,
    light=False,
    references=(
        Reference(
            "Geurts, Ernst and Wehenkel, Extremely randomized trees, Machine Learning",
            "https://doi.org/10.1007/s10994-006-6226-1",
            "2006",
        ),
    ),
    space={"min_samples_leaf": Whole(1, 20, log=True), "max_features": Real(0.1, 1.0)},
    features="ordinal_means",
    large={"n_estimators": 60},
    long={"min_samples_leaf": 5},
)
