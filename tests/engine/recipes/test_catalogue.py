from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import pytest

from mle_star.errors import EditError
from mle_star.recipes import catalogue
from mle_star.recipes.recipe import Choice, Facts, Real, Whole
from mle_star.solution.block import read_hyperparameters
from mle_star.solution.build import cells_of
from mle_star.solution.solution import parse, render
from mle_star.types import Kind, Role

FACTS = Facts(
    rows=5000, numeric=8, categorical=3, text=1, date=1, max_cardinality=80, missing=0.05,
    kind=Kind.BINARY, metric="roc_auc", classes=2, minority=0.3,
)  # fmt: skip
RECIPES = catalogue.load()
MODELS = [recipe for recipe in RECIPES.values() if recipe.role is Role.MODEL]


def test_every_role_has_recipes_and_they_come_in_a_fixed_order() -> None:
    roles = [recipe.role for recipe in RECIPES.values()]
    assert set(roles) == {Role.CLEAN, Role.FEATURES, Role.MODEL, Role.TRAIN, Role.POST}
    assert roles == sorted(roles, key=list(Role).index)


@pytest.mark.parametrize("name", RECIPES)
def test_a_recipe_is_complete(name: str) -> None:
    recipe = RECIPES[name]
    assert recipe.name == name
    assert recipe.title
    assert recipe.summary
    assert recipe.cost > 0
    assert recipe.references
    for reference in recipe.references:
        assert reference.url.startswith("https://")
        assert 1900 < int(reference.date[:4]) < 2100
    assert recipe.role in {block.role for block in recipe.blocks}
    assert {block.recipe for block in recipe.blocks} == {name}


@pytest.mark.parametrize("name", RECIPES)
@pytest.mark.parametrize("kind", list(Kind))
@pytest.mark.parametrize("rows", [50, 5_000, 1_000_000])
def test_relevance_lies_between_zero_and_one(name: str, kind: Kind, rows: int) -> None:
    for text, categories in [(0, 0), (2, 5)]:
        facts = replace(
            FACTS, kind=kind, rows=rows, text=text, categorical=categories, date=0,
            max_cardinality=categories * 30, positive_target=True, skew=2.0,
        )  # fmt: skip
        assert 0.0 <= RECIPES[name].applies(facts) <= 1.0


@pytest.mark.parametrize("recipe", MODELS, ids=lambda recipe: recipe.name)
def test_a_model_names_its_features_and_its_default_lies_in_its_space(recipe: object) -> None:
    assert recipe in MODELS
    model = RECIPES[recipe.name]
    assert RECIPES[model.features].role is Role.FEATURES
    blocks = {block.role: block for block in model.blocks}
    if Role.HYPERPARAMETERS not in blocks:
        return
    values = read_hyperparameters(blocks[Role.HYPERPARAMETERS].source)
    for name, value in values.items():
        dimension = model.space.get(name)
        if isinstance(dimension, Choice):
            assert value in dimension.options
        elif isinstance(dimension, Real | Whole) and value is not None:
            assert isinstance(value, int | float)
            assert dimension.low <= value <= dimension.high


def test_the_standard_solution_holds_the_models_blocks_and_renders_losslessly() -> None:
    for model in MODELS:
        solution = catalogue.standard(model, FACTS, RECIPES)
        assert solution.name == model.name
        assert set(model.blocks) <= set(solution.blocks)
        assert parse(render(solution)).digest == solution.digest


@pytest.mark.parametrize(
    ("model", "few", "many"),
    [
        ("lightgbm", "native_categories", "target_means"),
        ("linear", "one_hot", "target_one_hot"),
        ("extra_trees", "ordinal_means", "ordinal_means"),
    ],
)
def test_many_values_in_a_column_bring_its_target_means(model: str, few: str, many: str) -> None:
    for values, name in [(catalogue.MANY_VALUES, few), (catalogue.MANY_VALUES + 1, many)]:
        facts = replace(FACTS, max_cardinality=values)
        block = catalogue.standard(RECIPES[model], facts, RECIPES).block(Role.FEATURES)
        assert block is not None
        assert block.recipe == name == catalogue.usual_features(RECIPES[model], facts)


def test_catboost_is_not_for_categories_and_many_classes_together() -> None:
    classes = replace(FACTS, kind=Kind.MULTICLASS, classes=32, categorical=3)

    assert RECIPES["catboost"].applies(classes) == 0
    assert RECIPES["catboost"].applies(replace(classes, categorical=0)) > 0
    assert RECIPES["catboost"].applies(replace(classes, classes=10)) > 0


@pytest.mark.parametrize(
    ("categories", "classes", "joined"), [(15, 2, 2), (15, 0, 2), (16, 2, 1), (2, 3, 1), (0, 0, 2)]
)
def test_catboost_joins_categories_where_there_are_few(
    categories: int, classes: int, joined: int
) -> None:
    kind = "regression" if not classes else "binary" if classes == 2 else "multiclass"
    names = [f"c{number}" for number in range(categories)]
    columns = {"kind": kind, "n_classes": classes, "ordered_in_time": False, "categorical": names}
    makers = cells_of(catalogue.standard(RECIPES["catboost"], FACTS, RECIPES))

    booster = makers["model"](columns, makers["HYPERPARAMETERS"]).estimator

    assert booster.get_params()["max_ctr_complexity"] == joined


def test_two_recipes_of_one_role_cannot_be_composed() -> None:
    with pytest.raises(EditError):
        catalogue.compose([RECIPES["one_hot"], RECIPES["ordinal"]])


def test_the_neutral_form_is_plain_or_absent() -> None:
    assert catalogue.neutral(Role.TRAIN, FACTS) is None
    for role in (Role.CLEAN, Role.FEATURES, Role.MODEL):
        plain = catalogue.neutral(role, FACTS)
        assert plain is not None
        assert plain.neutral
    hyperparameters = catalogue.neutral(Role.HYPERPARAMETERS, FACTS)
    assert hyperparameters is not None
    assert read_hyperparameters(hyperparameters.blocks[0].source) == {}


def test_the_catalogue_loads_without_any_heavy_library() -> None:
    code = (
        "import sys; from mle_star.recipes import catalogue; catalogue.load();"
        "heavy = {'pandas', 'sklearn', 'numpy', 'lightgbm', 'xgboost'} & set(sys.modules);"
        "sys.exit(', '.join(sorted(heavy)) or 0)"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert ended.returncode == 0, ended.stderr
