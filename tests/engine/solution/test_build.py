"""Running a solution's cells."""

from __future__ import annotations

import pickle
import traceback

import pandas as pd
import pytest
from sklearn.linear_model import LinearRegression

from mle_star.solution.build import build, cells_of
from mle_star.solution.solution import parse

TEXT = """
# %% role: hyperparameters
HYPERPARAMETERS = {"positive": True}

# %% role: model
from __future__ import annotations
from dataclasses import dataclass
from sklearn.linear_model import LinearRegression

@dataclass
class Own:
    x: int = 1

def model(columns, hyperparameters):
    return LinearRegression(**hyperparameters)

# %% role: post
def post(estimator):
    raise ValueError("from post")
"""


def test_cells_give_what_their_roles_define() -> None:
    cells = cells_of(parse(TEXT))
    assert set(cells) == {"HYPERPARAMETERS", "model", "post"}
    assert cells["HYPERPARAMETERS"] == {"positive": True}


def test_every_call_starts_afresh() -> None:
    solution = parse(TEXT)
    cells_of(solution)["HYPERPARAMETERS"]["positive"] = False
    assert cells_of(solution)["HYPERPARAMETERS"] == {"positive": True}


def test_the_pipeline_has_the_identity_for_missing_roles() -> None:
    solution = parse(TEXT.split("# %% role: post")[0])
    pipeline = build(solution, {"n_outputs": 1})
    assert list(pipeline.named_steps) == ["clean", "features", "estimator"]
    assert isinstance(pipeline[-1], LinearRegression)
    assert pipeline[-1].positive is True
    table = pd.DataFrame({"a": [1.0, 2.0]})
    assert pipeline[:-1].fit_transform(table) is table


def test_a_traceback_names_the_block_and_shows_its_line() -> None:
    with pytest.raises(ValueError, match="from post") as caught:
        build(parse(TEXT), {"n_outputs": 1})
    text = "".join(traceback.format_exception(caught.value))
    assert 'File "<post ' in text
    assert 'raise ValueError("from post")' in text


def test_what_cells_define_can_be_pickled() -> None:
    cells = cells_of(parse(TEXT))
    own = cells["model"].__globals__["Own"](x=3)
    assert pickle.loads(pickle.dumps(own)).x == 3
