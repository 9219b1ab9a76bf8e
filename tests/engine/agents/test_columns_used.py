"""Which kinds of column a solution leaves out, as far as its source tells."""

from __future__ import annotations

import pytest

from mle_star.agents.columns_used import unused_kinds
from mle_star.recipes.catalogue import compose, load
from mle_star.solution.block import checked
from mle_star.solution.solution import Solution, ordered
from mle_star.types import Role

RECIPES = load()
COLUMNS = {
    "numeric": ["a"],
    "categorical": ["b"],
    "text": ["c"],
    "date": ["d"],
    "high_cardinality": [],
}


def _unused(features: str, clean: str = "return None") -> list[str]:
    blocks = [
        checked(Role.CLEAN, f"def clean(columns):\n    {clean}"),
        checked(Role.FEATURES, f"def features(columns):\n    {features}"),
    ]
    return unused_kinds(Solution(ordered(blocks)), COLUMNS)


@pytest.mark.parametrize("name", [n for n, r in RECIPES.items() if r.role is Role.FEATURES])
def test_every_recipe_uses_all_columns(name: str) -> None:
    solution = compose([RECIPES["standard"], RECIPES[name], RECIPES["lightgbm"]])

    assert unused_kinds(solution, COLUMNS) == []


@pytest.mark.parametrize(
    ("features", "unused"),
    [
        ("return Encoder(columns['text'])", []),
        ("return ColumnTransformer([('n', S(), columns['numeric'])])",
         ["categorical", "text", "date"]),
        ("return ColumnTransformer([('n', S(), columns['numeric'])], remainder='passthrough')", []),
        ("return ColumnTransformer([('n', S(), columns.get('numeric', []))], remainder='drop')",
         ["categorical", "text", "date"]),
        ("return make_column_transformer((S(), columns['numeric'] + columns['date']),"
         " (E(), columns['high_cardinality']))", ["text"]),
        ("return ColumnTransformer([(k, S(), columns[k]) for k in KINDS])", []),
        ("return ColumnTransformer([('n', S(), make_column_selector(dtype_include='number'))])",
         ["categorical", "text", "date"]),
        ("return ColumnTransformer([('n', S(), make_column_selector(dtype_include=np.number)),"
         " ('o', E(), make_column_selector(dtype_exclude=np.number))])", []),
        ("return FunctionTransformer(lambda X: X[columns['numeric']].fillna(0))",
         ["categorical", "text", "date"]),
        ("return FunctionTransformer(lambda X: X.drop(columns=columns['text']))", ["text"]),
        ("return ColumnTransformer([('n', S(), columns['numeric'] + columns['date'])])"
         ".drop(columns['date'])", ["categorical", "text", "date"]),
        ("return FunctionTransformer(lambda X: X.select_dtypes('number'))",
         ["categorical", "text", "date"]),
    ],
)  # fmt: skip
def test_a_cell_that_selects_leaves_out_what_it_does_not_name(
    features: str, unused: list[str]
) -> None:
    assert _unused(features) == unused


def test_what_one_cell_drops_no_later_cell_brings_back() -> None:
    dropping = "return FunctionTransformer(lambda X: X.drop(columns=columns['date']))"

    assert _unused("return Encoder(columns['date'])", dropping) == ["date"]


def test_a_kind_that_the_table_has_not_is_not_missed() -> None:
    block = checked(
        Role.FEATURES,
        "def features(columns):\n    return ColumnTransformer([('n', S(), columns['numeric'])])",
    )
    columns = COLUMNS | {"text": [], "date": []}

    assert unused_kinds(Solution((block,)), columns) == ["categorical"]
