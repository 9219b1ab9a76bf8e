"""CatBoost."""

# %% role: hyperparameters
HYPERPARAMETERS = {
    "learning_rate": 0.08,
    "depth": 6,
    "l2_leaf_reg": 3.0,
    "random_strength": 1.0,
}

# %% role: model
from typing import Any


def model(columns: dict[str, Any], hyperparameters: dict[str, Any]) -> Any:
    from catboost import CatBoostClassifier, CatBoostRegressor

    from mle_star.toolkit.early_stopping import EarlyStopped

    # Categories joined with splits and with one another: of many columns or classes too slow.
    joined = len(columns["categorical"]) <= 15 and columns["n_classes"] <= 2
    fixed = {"iterations": 1000, "random_seed": 0, "thread_count": 1}
    fixed["max_ctr_complexity"] = 2 if joined else 1
    quiet = {"logging_level": "Silent", "allow_writing_files": False}
    booster = CatBoostRegressor if columns["kind"] == "regression" else CatBoostClassifier
    # The number of trees is found on an inner part of the training rows.
    return EarlyStopped(
        booster(**{**fixed, **quiet, **hyperparameters}), in_order=columns["ordered_in_time"]
    )


# %% recipe
from mle_star.recipes.recipe import Facts, Real, Recipe, Reference, Whole
from mle_star.types import Role

MOST_CLASSES = 12


def _relevance(facts: Facts) -> float:
    # Statistics of each category for each class: 25 times LightGBM's seconds with 32 classes.
    if facts.categorical and facts.classes > MOST_CLASSES:
        return 0.0
    return 0.8 if facts.rows <= 50_000 else 0.5


RECIPE = Recipe(
    name="catboost",
    role=Role.MODEL,
    title="CatBoost",
    summary="Boosted symmetric trees with ordered target statistics for categories: strong with "
    "little tuning, slow to train.",
    applies=_relevance,
    cost=8.0,
    cost_short=1.0,
    per_category=0.25,
    references=(
        Reference(
            "Prokhorenkova et al., CatBoost: unbiased boosting with categorical features, NeurIPS",
            "https://arxiv.org/abs/1706.09516",
            "2018",
        ),
    ),
    space={
        "learning_rate": Real(0.01, 0.3, log=True),
        "depth": Whole(4, 10),
        "l2_leaf_reg": Real(0.5, 30.0, log=True),
    },
    features="native_categories",
    in_time={"iterations": 200, "learning_rate": 0.1},
    large={"iterations": 200, "learning_rate": 0.2},
)
