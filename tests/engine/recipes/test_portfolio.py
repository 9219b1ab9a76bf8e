"""The order in which models are tried, and what they are expected to take."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mle_star.recipes.catalogue import load
from mle_star.recipes.portfolio import (
    ORDER,
    ORDER_LARGE,
    ORDER_LARGE_MIXED,
    ORDER_LONG_IN_TIME,
    ORDER_MANY,
    place,
)
from mle_star.recipes.recipe import Facts
from mle_star.types import Kind, Role

FACTS = Facts(2_000, 8, 2, 0, 0, 5, 0.0, Kind.BINARY, "roc_auc", 2, 0.5)
BASELINES = {"constant", "plain_tree", "linear", "naive_bayes_text"}


@pytest.mark.parametrize(
    "order", [ORDER, ORDER_MANY, ORDER_LARGE, ORDER_LARGE_MIXED, ORDER_LONG_IN_TIME]
)
def test_orders_name_models_of_the_library_none_twice(order: tuple[str, ...]) -> None:
    models = {recipe.name for recipe in load().values() if recipe.role is Role.MODEL}

    assert len(set(order)) == len(order)
    assert set(order) <= models - BASELINES


@pytest.mark.parametrize(
    ("changes", "order"),
    [
        ({}, ORDER),
        ({"rows": 20_000}, ORDER_MANY),
        ({"rows": 200_000}, ORDER_LARGE_MIXED),
        ({"rows": 200_000, "categorical": 0}, ORDER_LARGE),
        ({"rows": 200_000, "ordered_in_time": True}, ORDER_LONG_IN_TIME),
    ],
)
def test_the_order_is_that_of_the_size_and_kind_of_table(
    changes: dict[str, int | bool], order: tuple[str, ...]
) -> None:
    facts = replace(FACTS, **changes)  # type: ignore[arg-type]

    assert [place(name, facts) for name in order] == list(range(len(order)))
    assert place("of_an_agent", facts) >= len(order)


def test_a_booster_is_expected_to_take_longer_with_rows_and_classes_and_a_forest_with_rows() -> (
    None
):
    recipes = load()
    booster, forest = recipes["lightgbm"], recipes["extra_trees"]
    more = replace(FACTS, kind=Kind.MULTICLASS, classes=7, numeric=18)

    assert booster.expected_seconds(FACTS, 10_000) == booster.cost
    assert booster.expected_seconds(more, 10_000) == 7 * booster.cost
    assert more.columns == 20
    assert forest.expected_seconds(more, 10_000) == forest.cost
    few = [replace(more, numeric=numeric) for numeric in (13, 1)]
    assert [forest.expected_seconds(one, 10_000) / forest.cost for one in few] == [0.75, 0.5]
    table = replace(FACTS, numeric=18)
    growth = [r.expected_seconds(table, 40_000) / r.cost for r in (booster, forest)]
    assert 1 < growth[0] < 4 < growth[1]


def test_the_short_form_of_a_model_has_a_cost_of_its_own() -> None:
    large = replace(FACTS, rows=200_000)
    booster = load()["lightgbm"]

    assert booster.cost_short is not None
    assert booster.expected_seconds(large, 10_000) == booster.cost_short < booster.cost


def test_columns_cost_boosters_time_and_kernels_none() -> None:
    recipes = load()
    wide = replace(FACTS, numeric=1300 - FACTS.columns + FACTS.numeric)
    grown = {
        name: recipes[name].expected_seconds(wide, 10_000) / recipes[name].cost
        for name in ("lightgbm", "kernel", "neural_net")
    }

    assert wide.columns == 1300
    assert grown == {"lightgbm": pytest.approx(10), "kernel": 1, "neural_net": 1}


def test_catboost_is_expected_to_take_longer_with_each_column_of_categories_up_to_a_dozen() -> None:
    booster = load()["catboost"]
    seconds = [
        booster.expected_seconds(replace(FACTS, numeric=8, categorical=categories), 10_000)
        for categories in (0, 2, 8, 12, 40)
    ]

    assert seconds == [booster.cost * times for times in (1, 1.5, 3, 4, 4)]
