"""scikit-learn's histogram gradient boosting."""

# %% role: hyperparameters
HYPERPARAMETERS = {
    "learning_rate": 0.06,
    "max_leaf_nodes": 31,
    "min_samples_leaf": 20,
    "l2_regularization": 1.0,
    "max_features": 0.7,
}

# %% role: model
from typing import Any


def model(columns: dict[str, Any], hyperparameters: dict[str, Any]) -> Any:
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

    from mle_star.toolkit.early_stopping import EarlyStopped

    regression = columns["kind"] == "regression"
    booster = HistGradientBoostingRegressor if regression else HistGradientBoostingClassifier
    settings = {"max_iter": 1000, "random_state": 0, **hyperparameters}
    # The number of trees is found on an inner part of the training rows.
    return EarlyStopped(booster(**settings), in_order=columns["ordered_in_time"], few_rounds=100)


# %% recipe
from mle_star.recipes.recipe import Real, Recipe, Reference, Whole
from mle_star.types import Role

RECIPE = Recipe(
    name="hist_gradient_boosting",
    role=Role.MODEL,
    title="Histogram gradient boosting (scikit-learn)",
    summary="Boosted trees over binned values, with native categories and missing values.",
    applies=lambda facts: 0.7,
    cost=3.8,
    cost_short=1.2,
    light=False,
    references=(
        Reference(
            "scikit-learn user guide: histogram-based gradient boosting",
            "https://scikit-learn.org/stable/modules/ensemble.html#histogram-based-gradient-boosting",
            "2025",
        ),
    ),
    space={
        "learning_rate": Real(0.01, 0.3, log=True),
        "max_leaf_nodes": Whole(7, 127, log=True),
        "min_samples_leaf": Whole(3, 100, log=True),
        "l2_regularization": Real(1e-3, 30.0, log=True),
        "max_features": Real(0.3, 1.0),
    },
    features="native_categories",
    in_time={"max_iter": 200, "learning_rate": 0.1},
    large={"max_iter": 100, "learning_rate": 0.15, "max_leaf_nodes": 127},
)
