"""A merge is taken apart into what it was made of, whatever was changed since."""

from __future__ import annotations

import pytest

from mle_star.agents.merging import merge, split
from mle_star.recipes.catalogue import compose, load
from mle_star.solution.block import hyperparameters_block, read_hyperparameters
from mle_star.solution.solution import Solution
from mle_star.types import Role

RECIPES = load()


def solution(model: str, features: str = "ordinal") -> Solution:
    return compose([RECIPES[features], RECIPES[model]])


def tuned(merged: Solution, key: str, value: object) -> Solution:
    block = merged.block(Role.HYPERPARAMETERS)
    assert block is not None
    values = read_hyperparameters(block.source) | {key: value}
    name = f"{merged.name} + tuned"
    return merged.with_block(hyperparameters_block(values, block.recipe), name=name)


@pytest.mark.parametrize("names", [("lightgbm", "extra_trees"), ("lightgbm", "linear", "lightgbm")])
def test_the_parts_are_the_solutions_merged(names: tuple[str, ...]) -> None:
    parts = [solution(name) for name in names]
    others = [solution("lightgbm_small"), solution("random_forest")]
    found = split(merge(parts), [*others, *parts])
    assert [part.digest for part in found] == [part.digest for part in parts]


def test_a_changed_value_changes_its_part_alone() -> None:
    parts = [solution("lightgbm"), solution("extra_trees")]
    merged = tuned(merge(parts), "lightgbm__num_leaves", 77)
    changed, same = split(merged, parts)
    assert same.digest == parts[1].digest
    assert changed.digest != parts[0].digest
    assert changed.name == "lightgbm + tuned"
    block = changed.block(Role.HYPERPARAMETERS)
    assert block is not None
    assert read_hyperparameters(block.source)["num_leaves"] == 77


def test_parts_have_the_features_of_the_whole() -> None:
    parts = [solution("lightgbm"), solution("extra_trees")]
    features = solution("lightgbm", "one_hot").block(Role.FEATURES)
    assert features is not None
    found = split(merge(parts).with_block(features), parts)
    expected = [solution("lightgbm", "one_hot"), solution("extra_trees", "one_hot")]
    assert [part.digest for part in found] == [part.digest for part in expected]


def test_there_are_no_parts_of_what_is_no_plain_average_of_known_models() -> None:
    parts = [solution("lightgbm"), solution("extra_trees")]
    assert split(parts[0], parts) == []
    assert split(merge(parts), parts[:1]) == []
    bag = compose([RECIPES["ordinal"], RECIPES["lightgbm"], RECIPES["seed_bag"]])
    block = bag.block(Role.TRAIN)
    assert block is not None
    assert split(merge(parts).with_block(block), parts) == []


def test_parts_are_not_taken_for_others_of_the_same_code() -> None:
    parts = [solution("lightgbm_large"), solution("extra_trees")]
    others = [solution("lightgbm"), solution("lightgbm_small")]
    codes = [one.block(Role.MODEL) for one in [parts[0], *others]]
    assert len({code.source for code in codes if code is not None}) == 1
    found = split(merge(parts), [*others, *parts])
    assert [part.digest for part in found] == [part.digest for part in parts]
    assert [part.name for part in found] == ["lightgbm_large", "extra_trees"]
