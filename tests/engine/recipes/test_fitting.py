from __future__ import annotations

import io
import pickle
from typing import Any

import numpy as np
import pandas as pd
import pytest
import skops.io
from tests.engine.toolkit.tables import make_table

from mle_star.recipes import catalogue
from mle_star.recipes.recipe import Facts, Recipe
from mle_star.solution.solution import Solution
from mle_star.toolkit.pipeline import assemble, predict_matrix
from mle_star.types import Kind, Role

RECIPES = catalogue.load()
MODELS = [recipe for recipe in RECIPES.values() if recipe.role is Role.MODEL]
QUICK = [recipe for recipe in MODELS if recipe.name != "catboost"]
OTHERS = [recipe for recipe in RECIPES.values() if recipe.role is not Role.MODEL]
KINDS = ["binary", "multiclass", "regression"]
HOME = ("mle_star.toolkit.", "sklearn.", "lightgbm.", "xgboost.", "numpy.", "scipy.")
OWN = (*HOME, "builtins.", "collections.", "functools.", "catboost.")


def cells(solution: Solution) -> dict[str, Any]:
    space: dict[str, Any] = {}
    for block in solution.blocks:
        exec(block.source, space)
    return space


def facts(columns: dict[str, Any]) -> Facts:
    return Facts(
        rows=columns["rows"],
        numeric=len(columns["numeric"]),
        categorical=len(columns["categorical"]),
        text=len(columns["text"]),
        date=len(columns["date"]),
        max_cardinality=60,
        missing=0.1,
        kind=Kind(columns["kind"]),
        metric="log_loss",
        positive_target=True,
        minority=0.1,
        ordered_in_time=True,
    )


def solution_with(recipe: Recipe, columns: dict[str, Any]) -> Solution:
    """The recipe in its standard surroundings (a linear model for recipes of other roles)."""
    if recipe.role is Role.MODEL:
        return catalogue.standard(recipe, facts(columns), RECIPES)
    base = catalogue.standard(RECIPES["linear"], facts(columns), RECIPES)
    return base.with_block(recipe.blocks[0])


def check(
    solution: Solution, X: pd.DataFrame, y: np.ndarray, columns: dict[str, Any], new: pd.DataFrame
) -> tuple[Any, np.ndarray]:
    """Fit, predict new rows, and look at the predictions."""
    fitted = assemble(cells(solution), columns).fit(X, y)
    found = predict_matrix(fitted, new, columns["widths"])
    assert found.shape == (len(new), sum(columns["widths"]))
    assert np.isfinite(found).all()
    if columns["kind"] != "regression":
        assert (found >= 0).all()
        start = 0
        for width in columns["widths"]:
            assert found[:, start : start + width].sum(axis=1) == pytest.approx(1.0, abs=1e-5)
            start += width
    return fitted, found


def usable(kind: str, recipes: list[Recipe], **shape: int) -> list[Recipe]:
    columns = make_table(kind, **shape)[2]
    return [recipe for recipe in recipes if recipe.applies(facts(columns)) > 0]


def each(recipes: list[Recipe], kinds: list[str], **shape: int) -> list[Any]:
    return [
        pytest.param(kind, recipe, id=f"{kind}-{recipe.name}")
        for kind in kinds
        for recipe in usable(kind, recipes, **shape)
    ]


def once(recipes: list[Recipe], **shape: int) -> list[Any]:
    """Each recipe with the first kind of task it is for."""
    first: dict[str, Any] = {}
    for parameters in each(recipes, KINDS, **shape):
        first.setdefault(parameters.values[1].name, parameters)
    return list(first.values())


MIXED = {"text": 1, "date": 1}


@pytest.mark.parametrize(
    ("kind", "recipe"), each(MODELS, KINDS[1:], **MIXED) + once(OTHERS, **MIXED)
)
def test_a_fitted_solution_survives_pickle_and_skops_bit_for_bit(kind: str, recipe: Recipe) -> None:
    X, y, columns = make_table(kind, 160, text=1, date=1)
    fitted, found = check(solution_with(recipe, columns), X, y, columns, X)
    again = pickle.loads(pickle.dumps(fitted))
    assert (predict_matrix(again, X, columns["widths"]) == found).all()
    data = skops.io.dumps(fitted)
    untrusted = skops.io.get_untrusted_types(data=data)
    assert [name for name in untrusted if not name.startswith(OWN)] == []
    loaded = skops.io.load(io.BytesIO(data), trusted=untrusted)
    assert (predict_matrix(loaded, X, columns["widths"]) == found).all()


@pytest.mark.parametrize("features", ["native_categories", "one_hot", "ordinal_means"])
@pytest.mark.parametrize("model", [recipe.name for recipe in QUICK])
def test_every_model_takes_whatever_features_return(model: str, features: str) -> None:
    X, y, columns = make_table("multiclass", 120, text=1, date=1)
    solution = solution_with(RECIPES[model], columns).with_block(RECIPES[features].blocks[0])
    check(solution, X, y, columns, X.iloc[:7].reset_index(drop=True))


@pytest.mark.parametrize("name", catalogue.ENCODINGS)
def test_features_that_only_encode_leave_numbers_as_they_are(name: str) -> None:
    X, y, columns = make_table("regression", 200, numeric=3, categorical=0)
    X["few"] = np.arange(200) % 3
    columns["numeric"].append("few")
    assert catalogue.is_encoding(RECIPES[name].blocks[0])
    fitted = cells(solution_with(RECIPES[name], columns))["features"](columns).fit(X, y)
    assert np.array_equal(np.asarray(fitted.transform(X)), X.to_numpy(), equal_nan=True)


@pytest.mark.parametrize("model", [recipe.name for recipe in MODELS])
def test_every_model_works_on_its_librarys_defaults(model: str) -> None:
    X, y, columns = make_table("binary", 120)
    neutral = catalogue.neutral(Role.HYPERPARAMETERS, facts(columns))
    assert neutral is not None
    solution = solution_with(RECIPES[model], columns).with_block(neutral.blocks[0])
    check(solution, X, y, columns, X)


@pytest.mark.parametrize("model", [recipe.name for recipe in MODELS])
def test_a_class_absent_from_training_gets_probability_zero(model: str) -> None:
    X, y, columns = make_table("multiclass", 200, classes=4)
    kept = y != 1
    train = X[kept].reset_index(drop=True)
    _, found = check(solution_with(RECIPES[model], columns), train, y[kept], columns, X)
    assert (found[:, 1] == 0).all()
    assert (found[:, [0, 2, 3]].max(axis=0) > 0).all()


@pytest.mark.parametrize("model", [recipe.name for recipe in MODELS])
def test_awkward_rows_to_predict_are_survived(model: str) -> None:
    X, y, columns = make_table("binary", 150, text=1, date=1)
    X["n1"] = np.nan
    new = X.iloc[:5].reset_index(drop=True)
    new["n0"] = [np.inf, -np.inf, 1e300, np.nan, 0.0]
    new["n1"] = 1.0
    new["c0"] = pd.Series(["never seen"] * 5, dtype="str")
    new["t0"] = pd.Series(["", "words never read", "!!", "good", "x" * 500], dtype="str")
    new["d0"] = pd.NaT
    check(solution_with(RECIPES[model], columns), X, y, columns, new)


@pytest.mark.parametrize(
    "shape",
    [
        {"numeric": 0, "categorical": 0, "text": 1},
        {"numeric": 1, "categorical": 0},
        {"numeric": 0, "categorical": 1},
        {"numeric": 0, "categorical": 0, "date": 1},
        {"numeric": 120, "categorical": 0},
    ],
    ids=str,
)
def test_every_applicable_recipe_works_on_tables_of_one_kind_of_column(
    shape: dict[str, int],
) -> None:
    X, y, columns = make_table("binary", 90, **shape)
    for recipe in usable("binary", QUICK + OTHERS, **shape):
        check(solution_with(recipe, columns), X, y, columns, X.iloc[:9].reset_index(drop=True))


@pytest.mark.parametrize("kind", KINDS[1:])
def test_every_applicable_recipe_works_with_several_targets(kind: str) -> None:
    X, y, columns = make_table(kind, 70, outputs=2, text=1)
    for recipe in usable(kind, QUICK + OTHERS, text=1):
        check(solution_with(recipe, columns), X, y, columns, X)


@pytest.mark.parametrize("kind", KINDS[1:])
def test_fitting_twice_gives_the_same_predictions(kind: str) -> None:
    X, y, columns = make_table(kind, 60, text=1)
    for recipe in usable(kind, QUICK, text=1):
        solution = solution_with(recipe, columns)
        first = check(solution, X, y, columns, X)[1]
        assert (check(solution, X, y, columns, X)[1] == first).all(), recipe.name


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("model", ["lightgbm", "xgboost", "linear", "extra_trees", "neural_net"])
def test_a_strong_model_beats_the_constant(model: str, kind: str) -> None:
    X, y, columns = make_table(kind, 400)
    new, truth, _ = make_table(kind, 200, seed=1)
    found = check(solution_with(RECIPES[model], columns), X, y, columns, new)[1]
    if kind == "regression":
        error = np.mean((found[:, 0] - truth) ** 2)
        assert error < 0.9 * np.mean((truth - y.mean()) ** 2)
    else:
        shares = np.bincount(y.astype(int)) / len(y)
        assert (found.argmax(axis=1) == truth).mean() > shares.max() + 0.1
