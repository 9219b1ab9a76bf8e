"""Random forest."""

# %% role: hyperparameters
HYPERPARAMETERS = {
    "n_estimators": 150,
    "min_samples_leaf": 2,
    "max_features": 1.0,
}

# %% role: model
from typing import Any


def model(columns: dict[str, Any], hyperparameters: dict[str, Any]) -> Any:
    from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor

    from mle_star.toolkit.numbers import Numbers, NumericModel

    forest = RandomForestRegressor if columns["kind"] == "regression" else RandomForestClassifier
    settings = {"n_estimators": 200, "random_state": 0, "n_jobs": 1, **hyperparameters}
    return NumericModel(forest(**settings), Numbers(fill=True, dense=True))


# %% recipe
from mle_star.recipes.recipe import Real, Recipe, Reference, Whole
from mle_star.types import Role

RECIPE = Recipe(
    name="random_forest",
    role=Role.MODEL,
    title="Random forest",
    summary="Averaged trees on resampled rows: hard to get wrong, and different from boosters.",
    applies=lambda facts: (
        0.5 if facts.rows * max(1, facts.numeric + facts.categorical) <= 2_000_000 else 0.3
    ),
    cost=10.0,
    cost_short=5.0,
    growth=1.2,
    is_steady=True,
    per_class=False,
    light=False,
    references=(
        Reference(
            "Breiman, Random forests, Machine Learning",
            "https://doi.org/10.1023/A:1010933404324",
            "2001",
        ),
    ),
    space={"min_samples_leaf": Whole(1, 20, log=True), "max_features": Real(0.1, 1.0)},
    features="ordinal_means",
    large={"n_estimators": 40},
    long={"min_samples_leaf": 5},
)
