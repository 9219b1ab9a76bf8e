"""LightGBM with small trees."""

# %% role: hyperparameters
HYPERPARAMETERS = {
    "learning_rate": 0.03,
    "num_leaves": 12,
    "min_child_samples": 15,
    "subsample": 0.8,
    "colsample_bytree": 0.5,
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
    name="lightgbm_small",
    role=Role.MODEL,
    title="LightGBM, small trees",
    summary="Many small boosted trees, learnt slowly: for few rows and noisy labels.",
    applies=lambda facts: 1.0 if facts.rows < 15_000 else 0.4,
    cost=2.4,
    cost_short=0.35,
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
    in_time={"n_estimators": 300, "learning_rate": 0.08},
    large={"n_estimators": 300, "learning_rate": 0.1, "num_leaves": 31},
)
