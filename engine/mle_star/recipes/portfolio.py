"""The order in which models are tried when nothing is known of a table yet.

Learnt once by `benchmarks/portfolio.py` on the training halves of fourteen data sets: each model
comes after those whose ensemble it helps most a second. So kinds that differ from one another come
before variants of the best kind.
"""

from __future__ import annotations

from mle_star.recipes.recipe import Facts

ORDER = (
    "lightgbm",
    "lightgbm_extra",
    "neural_net",
    "extra_trees",
    "xgboost",
    "kernel",
    "nearest_neighbours",
    "catboost",
    "hist_gradient_boosting",
    "lightgbm_small",
    "random_forest",
    "lightgbm_large",
)
"""Of tables of few rows, where kinds that differ from boosters help them most."""

FEW_ROWS = 10_000

ORDER_MANY = (
    "lightgbm",
    "xgboost",
    "lightgbm_extra",
    "catboost",
    "hist_gradient_boosting",
    "neural_net",
    "extra_trees",
    "nearest_neighbours",
    "lightgbm_small",
    "random_forest",
    "kernel",
    "lightgbm_large",
)
"""Of more rows than `FEW_ROWS`: what is smooth or deep costs more there and adds less."""

ORDER_LARGE = (
    "lightgbm",
    "extra_trees",
    "lightgbm_large",
    "xgboost",
    "lightgbm_extra",
    "hist_gradient_boosting",
    "catboost",
    "lightgbm_small",
    "neural_net",
    "random_forest",
)
"""Of large ones of numbers, see :attr:`mle_star.recipes.recipe.Facts.is_large`."""

ORDER_LARGE_MIXED = (
    ORDER_LARGE[0],
    "catboost",
    *(name for name in ORDER_LARGE[1:] if name != "catboost"),
)
"""Of large ones that hold other columns too: none joins categories with splits as CatBoost does."""

ORDER_LONG_IN_TIME = (
    "lightgbm",
    "lightgbm_small",
    "xgboost",
    "lightgbm_large",
    "hist_gradient_boosting",
    "lightgbm_extra",
    "catboost",
    "neural_net",
    "extra_trees",
    "random_forest",
)
"""Of long ones in order of time, large or not: forests and whatever is smooth lose there."""


def place(name: str, facts: Facts) -> int:
    """Where a model stands in the order, from 0; those not in it come last.

    Parameters
    ----------
    name : str
        Of its recipe.
    facts : Facts
        About the task and table.
    """
    order = _order(facts)
    return order.index(name) if name in order else len(order)


def _order(facts: Facts) -> tuple[str, ...]:
    if facts.is_long_in_time:
        return ORDER_LONG_IN_TIME
    if facts.is_large:
        return ORDER_LARGE if facts.only_numbers else ORDER_LARGE_MIXED
    return ORDER if facts.rows <= FEW_ROWS else ORDER_MANY
