"""LightGBM with large trees."""

# %% role: hyperparameters
HYPERPARAMETERS = {
    "learning_rate": 0.04,
    "num_leaves": 127,
    "min_child_samples": 5,
    "subsample": 0.8,
    "colsample_bytree": 0.6,
    "reg_lambda": 3.0,
}

# %% role: model
from typing import Any


def model(columns: dict[str, Any], hyperparameters: dict[str, Any]) -> Any:
    from lightgbm import LGBMClassifier, LGBMRegressor

    from mle_star.toolkit.early_stopping import EarlyStopped

    fixed = {"n_estimators": 2000, "subsample_freq": 1, "random_state": 0, "n_jobs": 1}
    quiet = {"verbosity": -1, "deterministic": True, "force_col_wise": True}
    booster = LGBMRegressor if columns["kind"] == "regression" else LGBMClassifier
    settings = {**fixed, **quiet, **hyperparameters}
    # The number of trees is found on an inner part of the training rows.
    return EarlyStopped(booster(**settings), in_order=columns["ordered_in_time"])


# %% recipe
from mle_star.recipes.recipe import Real, Recipe, Reference, Whole
from mle_star.types import Role

RECIPE = Recipe(
    name="lightgbm_large",
    role=Role.MODEL,
    title="LightGBM, large trees",
    summary="Boosted trees of many leaves on few columns each: for many rows and deep "
    "interactions.",
    applies=lambda facts: 0.8 if facts.rows >= 5_000 else 0.4,
    cost=6.0,
    cost_short=0.6,
    references=(
        Reference(
            "Ke et al., LightGBM: a highly efficient gradient boosting decision tree, NeurIPS",
            "https://papers.nips.cc/paper/6907-lightgbm-a-highly-efficient-gradient-boosting-decision-tree",
            "2017",
        ),
    ),
    space={
        "learning_rate": Real(0.01, 0.3, log=True),
        "num_leaves": Whole(7, 255, log=True),
        "min_child_samples": Whole(2, 100, log=True),
        "colsample_bytree": Real(0.3, 1.0),
        "reg_lambda": Real(1e-3, 30.0, log=True),
    },
    features="native_categories",
    in_time={"n_estimators": 150, "learning_rate": 0.08, "num_leaves": 63},
    large={"n_estimators": 200, "learning_rate": 0.15, "num_leaves": 127},
)
