"""Large tables get few, large trees."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mle_star.recipes.catalogue import load, standard
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


def test_classes_count_as_much_as_rows() -> None:
    assert replace(SMALL, rows=30_000).is_large
    assert not replace(SMALL, rows=30_000, kind=Kind.BINARY, classes=2).is_large


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
