"""LightGBM with extremely randomised trees."""

# %% role: hyperparameters
HYPERPARAMETERS = {
    "learning_rate": 0.06,
    "num_leaves": 31,
    "min_child_samples": 10,
    "subsample": 0.9,
    "colsample_bytree": 0.8,
    "reg_lambda": 1.0,
}

# %% role: model
from typing import Any


def model(columns: dict[str, Any], hyperparameters: dict[str, Any]) -> Any:
    from lightgbm import LGBMClassifier, LGBMRegressor

    from mle_star.toolkit.early_stopping import EarlyStopped

    fixed = {
        "n_estimators": 2000,
        "subsample_freq": 1,
        "random_state": 0,
        "n_jobs": 1,
        "extra_trees": True,
    }
    quiet = {"verbosity": -1, "deterministic": True, "force_col_wise": True}
    booster = LGBMRegressor if columns["kind"] == "regression" else LGBMClassifier
    settings = {**fixed, **quiet, **hyperparameters}
    # The number of trees is found on an inner part of the training rows.
    return EarlyStopped(booster(**settings), in_order=columns["ordered_in_time"])


# %% recipe
from mle_star.recipes.recipe import Real, Recipe, Reference, Whole
from mle_star.types import Role

RECIPE = Recipe(
    name="lightgbm_extra",
    role=Role.MODEL,
    title="LightGBM, random thresholds",
    summary="Boosted trees with random thresholds: smoother than the usual ones, a good partner "
    "for them.",
    applies=lambda facts: 0.7,
    cost=2.0,
    cost_short=0.4,
    references=(
        Reference(
            "Ke et al., LightGBM: a highly efficient gradient boosting decision tree, NeurIPS",
            "https://papers.nips.cc/paper/6907-lightgbm-a-highly-efficient-gradient-boosting-decision-tree",
            "2017",
        ),
        Reference(
            "Geurts, Ernst and Wehenkel, Extremely randomized trees, Machine Learning",
            "https://doi.org/10.1007/s10994-006-6226-1",
            "2006",
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
    in_time={"n_estimators": 300, "learning_rate": 0.1},
    large={"n_estimators": 200, "learning_rate": 0.15, "num_leaves": 127},
)
