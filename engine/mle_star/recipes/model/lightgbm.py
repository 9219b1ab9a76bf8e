"""LightGBM."""

# %% role: hyperparameters
HYPERPARAMETERS = {
    "learning_rate": 0.05,
    "num_leaves": 31,
    "min_child_samples": 20,
    "subsample": 0.9,
    "colsample_bytree": 0.7,
    "reg_lambda": 1.0,
    "cat_smooth": 10.0,
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
    name="lightgbm",
    role=Role.MODEL,
    title="LightGBM",
    summary="Leaf-wise boosted trees with native categories: fast, and strong on most tables.",
    applies=lambda facts: 1.0 if facts.rows >= 500 else 0.7,
    cost=2.0,
    cost_short=0.3,
    references=(
        Reference(
            "Ke et al., LightGBM: a highly efficient gradient boosting decision tree, NeurIPS",
            "https://papers.nips.cc/paper/6907-lightgbm-a-highly-efficient-gradient-boosting-decision-tree",
            "2017",
        ),
        Reference(
            "LightGBM documentation: parameters tuning",
            "https://lightgbm.readthedocs.io/en/stable/Parameters-Tuning.html",
            "2025",
        ),
    ),
    space={
        "learning_rate": Real(0.01, 0.3, log=True),
        "num_leaves": Whole(7, 255, log=True),
        "min_child_samples": Whole(2, 100, log=True),
        "subsample": Real(0.5, 1.0),
        "colsample_bytree": Real(0.3, 1.0),
        "reg_lambda": Real(1e-3, 30.0, log=True),
        "cat_smooth": Real(1.0, 100.0, log=True),
    },
    features="native_categories",
    in_time={"n_estimators": 200, "learning_rate": 0.1},
    large={"n_estimators": 100, "learning_rate": 0.15, "num_leaves": 127},
)
