"""Large tables get few, large trees."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mle_star.recipes.catalogue import load, neutral, standard
from mle_star.recipes.recipe import Facts, Recipe
from mle_star.solution.block import read_hyperparameters
from mle_star.toolkit.early_stopping import EarlyStopped
from mle_star.types import Kind, Role

SMALL = Facts(5000, 10, 3, 0, 0, 8, 0.0, Kind.MULTICLASS, "log_loss", classes=7)
RESIZED = [recipe for recipe in load().values() if recipe.large]


@pytest.mark.parametrize("model", [pytest.param(r, id=r.name) for r in RESIZED])
def test_a_large_table_changes_just_the_named_hyperparameters(model: Recipe) -> None:
    small = _values(model.name, SMALL)
    large = _values(model.name, replace(SMALL, rows=100_000))

    assert large == {**small, **model.large}
    assert large != small


def test_forests_of_many_rows_have_larger_leaves_for_their_memory() -> None:
    rows = replace(SMALL, rows=200_000, kind=Kind.BINARY, classes=2)

    assert _values("extra_trees", replace(SMALL, rows=100_000))["min_samples_leaf"] == 2
    assert _values("extra_trees", rows)["min_samples_leaf"] == 5


def test_plain_hyperparameters_of_a_large_table_are_no_slower() -> None:
    for model in RESIZED:
        plain = neutral(Role.HYPERPARAMETERS, replace(SMALL, rows=100_000), model.name)
        assert plain is not None
        [(name, count)] = read_hyperparameters(plain.blocks[0].source).items()
        assert (name, count) == (next(iter(model.large)), next(iter(model.large.values())))
    plain = neutral(Role.HYPERPARAMETERS, SMALL, "lightgbm")
    assert plain is not None
    assert read_hyperparameters(plain.blocks[0].source) == {}


def test_classes_count_as_much_as_rows() -> None:
    assert replace(SMALL, rows=30_000).is_large
    assert not replace(SMALL, rows=30_000, kind=Kind.BINARY, classes=2).is_large


def test_many_rows_get_one_net_which_costs_a_third() -> None:
    few = replace(SMALL, rows=20_000, kind=Kind.REGRESSION, classes=0)
    many = replace(few, rows=20_001)
    net = load()["neural_net"]

    assert not many.is_large
    assert (_values("neural_net", few)["nets"], _values("neural_net", many)["nets"]) == (3, 1)
    longer = net.expected_seconds(few, 20_000) / net.expected_seconds(many, 20_000)
    assert longer == pytest.approx(3, rel=0.05)
    assert _values("lightgbm", few) == _values("lightgbm", many)


def _values(name: str, facts: Facts) -> dict[str, object]:
    block = standard(load()[name], facts, load()).block(Role.HYPERPARAMETERS)
    assert block is not None
    return read_hyperparameters(block.source)


def test_long_tables_in_time_get_boosters_that_grow_all_their_trees() -> None:
    long = replace(SMALL, rows=50_000, kind=Kind.BINARY, classes=2, ordered_in_time=True)
    short = EarlyStopped(None).short

    assert not long.is_large
    for model in (recipe for recipe in load().values() if recipe.in_time):
        values = _values(model.name, long)
        rounds = next(values[n] for n in ("n_estimators", "max_iter", "iterations") if n in values)
        assert isinstance(rounds, int)
        assert rounds <= short
