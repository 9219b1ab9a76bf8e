"""XGBoost."""

# %% role: hyperparameters
HYPERPARAMETERS = {
    "learning_rate": 0.05,
    "max_depth": 6,
    "min_child_weight": 2.0,
    "subsample": 0.8,
    "colsample_bytree": 1.0,
    "reg_lambda": 2.0,
}

# %% role: model
from typing import Any


def model(columns: dict[str, Any], hyperparameters: dict[str, Any]) -> Any:
    from xgboost import XGBClassifier, XGBRegressor

    from mle_star.toolkit.early_stopping import EarlyStopped

    fixed = {"n_estimators": 2000, "tree_method": "hist", "random_state": 0, "n_jobs": 1}
    booster = XGBRegressor if columns["kind"] == "regression" else XGBClassifier
    settings = {**fixed, "verbosity": 0, **hyperparameters}
    # The number of trees is found on an inner part of the training rows.
    return EarlyStopped(booster(**settings), in_order=columns["ordered_in_time"])


# %% recipe
from mle_star.recipes.recipe import Real, Recipe, Reference, Whole
from mle_star.types import Role

RECIPE = Recipe(
    name="xgboost",
    role=Role.MODEL,
    title="XGBoost",
    summary="Depth-wise boosted trees with native categories: strong on most tables, and different "
    "enough from LightGBM to average with it.",
    applies=lambda facts: 0.9 if facts.rows >= 500 else 0.7,
    cost=3.0,
    cost_short=0.3,
    references=(
        Reference(
            "Chen and Guestrin, XGBoost: a scalable tree boosting system, KDD",
            "https://arxiv.org/abs/1603.02754",
            "2016",
        ),
        Reference(
            "XGBoost documentation: categorical data",
            "https://xgboost.readthedocs.io/en/stable/tutorials/categorical.html",
            "2025",
        ),
    ),
    space={
        "learning_rate": Real(0.01, 0.3, log=True),
        "max_depth": Whole(3, 12),
        "min_child_weight": Real(0.1, 30.0, log=True),
        "subsample": Real(0.5, 1.0),
        "colsample_bytree": Real(0.3, 1.0),
        "reg_lambda": Real(1e-2, 30.0, log=True),
    },
    features="native_categories",
    in_time={"n_estimators": 150, "learning_rate": 0.1},
    large={"n_estimators": 100, "learning_rate": 0.15, "max_depth": 9},
)
