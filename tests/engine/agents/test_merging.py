"""A merge is readable code that averages what its parts predict."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.tree import DecisionTreeClassifier

from mle_star.agents.merging import merge
from mle_star.errors import EditError
from mle_star.solution.block import checked, hyperparameters_block, read_hyperparameters
from mle_star.solution.solution import Solution, parse, render
from mle_star.toolkit.averaging import MeanClassifier
from mle_star.toolkit.pipeline import assemble, predict_matrix
from mle_star.types import Role

LINEAR = """
from typing import Any

from sklearn.linear_model import LinearRegression, LogisticRegression

KINDS = {"regression": LinearRegression}


def model(columns: dict[str, Any], hyperparameters: dict[str, Any]) -> Any:
    return KINDS.get(columns["kind"], LogisticRegression)(**hyperparameters)
"""
TREE = """
from typing import Any

KINDS = ("binary", "multiclass")


def model(columns: dict[str, Any], hyperparameters: dict[str, Any]) -> Any:
    from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

    tree = DecisionTreeClassifier if columns["kind"] in KINDS else DecisionTreeRegressor
    return tree(random_state=0, **hyperparameters)
"""


def solution(source: str, name: str, values: dict[str, object], *others: object) -> Solution:
    blocks = [hyperparameters_block(values, name), checked(Role.MODEL, source, name), *others]
    return Solution(tuple(blocks), name=name)  # type: ignore[arg-type]


def linear(*others: object) -> Solution:
    return solution(LINEAR, "linear", {"fit_intercept": True}, *others)


def tree(depth: int = 2, *others: object) -> Solution:
    return solution(TREE, "tree", {"max_depth": depth}, *others)


def predictions(made: Solution, kind: str, y: np.ndarray, width: int) -> np.ndarray:
    cells: dict[str, object] = {}
    for block in made.blocks:
        exec(block.source, cells)
    columns = {"kind": kind, "n_outputs": 1, "widths": [width]}
    fitted = assemble(cells, columns).fit(table(), y)
    return predict_matrix(fitted, table(), [width])


def table() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    return pd.DataFrame(rng.normal(size=(60, 3)), columns=["a", "b", "c"])


@pytest.mark.parametrize(("kind", "width"), [("binary", 2), ("multiclass", 3), ("regression", 1)])
def test_a_merge_predicts_the_plain_average_of_its_parts(kind: str, width: int) -> None:
    rng = np.random.default_rng(1)
    y = rng.normal(size=60) if width == 1 else rng.integers(0, width, 60)
    parts = [linear(), tree(2), tree(4)]

    merged = predictions(merge(parts), kind, y, width)

    mean = np.mean([predictions(part, kind, y, width) for part in parts], axis=0)
    assert merged == pytest.approx(mean)


def test_a_merge_renders_and_parses_back() -> None:
    merged = merge([linear(), tree()])

    assert parse(render(merged)).digest == merged.digest


def test_a_merge_keeps_all_but_model_and_hyperparameters_of_its_base() -> None:
    train = checked(Role.TRAIN, "def train(estimator):\n    return estimator", "plain")
    base = linear(train)

    merged = merge([base, tree()])

    assert merged.block(Role.TRAIN) == train
    assert (merged.parent, merged.changed) == (base.digest, Role.MODEL)


def test_hyperparameters_stay_literals_under_the_name_of_their_part() -> None:
    block = merge([linear(), tree(2), tree(4)]).block(Role.HYPERPARAMETERS)

    assert block is not None
    assert read_hyperparameters(block.source) == {
        "linear__fit_intercept": True,
        "tree__max_depth": 2,
        "tree_3__max_depth": 4,
    }


def test_a_reference_wrapped_in_another_way_is_refused_with_the_reason() -> None:
    train = checked(Role.TRAIN, "def train(estimator):\n    return estimator", "plain")

    with pytest.raises(EditError, match="another train block"):
        merge([linear(), tree(2, train)])


def test_a_solution_without_a_model_is_refused() -> None:
    with pytest.raises(EditError, match="no model to merge"):
        merge([linear(), Solution((), name="empty")])


def test_names_are_changed_where_they_are_names_only() -> None:
    source = 'def model(columns, hyperparameters):\n    return model, "model", dict(model=columns)'
    merged = merge([linear(), solution(source, "odd", {})]).block(Role.MODEL)

    assert merged is not None
    assert 'return make_odd, "model", dict(model=columns)' in merged.source


def test_parameters_of_the_parts_can_be_read_set_and_cloned() -> None:
    mean = MeanClassifier([DecisionTreeClassifier(random_state=0), DecisionTreeClassifier()])

    changed = clone(mean).set_params(part1__random_state=7)

    assert mean.get_params()["part0__random_state"] == 0
    assert mean.get_params()["part1__random_state"] is None
    assert changed.get_params()["part1__random_state"] == 7
