"""A changed merge is judged by its parts: what did not change is not fitted again."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from tests.engine.phases.session_of import Scene, scene

from mle_star.agents.merging import merge
from mle_star.phases import ensemble
from mle_star.phases.merge import in_parts
from mle_star.phases.tries import Tries
from mle_star.recipes.catalogue import compose
from mle_star.solution.block import hyperparameters_block, read_hyperparameters
from mle_star.solution.solution import Solution
from mle_star.types import Role

PARTS = ("plain_tree", "extra_trees", "lightgbm_small")


def merged(found: Scene) -> Solution:
    """An average of three, its parts judged before."""
    context, recipes = found.context, found.context.recipes
    parts = [compose([recipes["ordinal"], recipes[name]], name=name) for name in PARTS]
    whole = merge(parts)
    slice = context.budget.share(1.0)
    context.record(context.judge.evaluate(parts, slice=slice))
    context.judge.presume(whole, parts, context.fidelity)
    context.record(context.judge.evaluate([whole], slice=slice))
    return whole


def with_value(solution: Solution, key: str, value: object) -> Solution:
    block = solution.block(Role.HYPERPARAMETERS)
    assert block is not None
    values = read_hyperparameters(block.source) | {key: value}
    return solution.with_block(hyperparameters_block(values, block.recipe), name="changed")


def tries_of(found: Scene, start: Solution) -> Tries:
    known = found.context.scored(start.digest)
    assert known is not None
    slice = found.context.budget.share(1.0)
    return Tries(found.context, known, Role.HYPERPARAMETERS, slice, 1, [])


def test_one_part_is_fitted_and_counted_once(tmp_path: Path) -> None:
    with scene(tmp_path) as found:
        whole = merged(found)
        used, judged = found.context.budget.used, len(found.context.ledger)
        changed = with_value(whole, "extra_trees__min_samples_leaf", 7)
        [evaluation] = tries_of(found, whole).judge([("larger leaves", changed)])
        assert evaluation.score is not None
        assert found.context.budget.used == used + 1
        new = [e.solution.name for e in found.context.ledger[judged:]]
        assert new == ["extra_trees", "changed"]


def test_its_predictions_are_those_of_fitting_it_whole(tmp_path: Path) -> None:
    (tmp_path / "parts").mkdir()
    with scene(tmp_path / "parts") as found:
        whole = merged(found)
        changed = with_value(whole, "lightgbm_small__num_leaves", 4)
        [by_parts] = tries_of(found, whole).judge([("fewer leaves", changed)])
    (tmp_path / "whole").mkdir()
    with scene(tmp_path / "whole") as found:
        judge, slice = found.context.judge, found.context.budget.share(1.0)
        [fitted] = judge.evaluate([changed], slice=slice)
        assert fitted.oof is not None
        expected = fitted.oof()
    assert by_parts.oof is not None
    assert np.allclose(by_parts.oof(), expected, atol=1e-12)


def test_an_ensemble_takes_the_parts_and_not_the_merges(tmp_path: Path) -> None:
    with scene(tmp_path) as found:
        context, whole = found.context, merged(found)
        changed = with_value(whole, "extra_trees__min_samples_leaf", 7)
        tries_of(found, whole).judge([("larger leaves", changed)])
        assert in_parts(context, changed)
        assert not in_parts(context, found.best.solution)
        best = context.comparable()[0]
        choice = ensemble.run(context, best, context.budget.share(1.0))
        names = {name for one in choice.strategies for name in one.members}
        assert names <= {best.solution.name, *PARTS, "linear", "plain tree"}


def test_what_is_wrapped_is_fitted_whole(tmp_path: Path) -> None:
    with scene(tmp_path) as found:
        whole, recipes = merged(found), found.context.recipes
        block = compose([recipes["plain_tree"], recipes["seed_bag"]]).block(Role.TRAIN)
        assert block is not None
        judged = len(found.context.ledger)
        tries_of(found, whole).judge([("a bag", whole.with_block(block, name="bagged"))])
        assert [e.solution.name for e in found.context.ledger[judged:]] == ["bagged"]
