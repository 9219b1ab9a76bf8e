"""Only the columns that quick trees make use of."""

# %% role: features
from typing import Any


def features(columns: dict[str, Any]) -> Any:
    from sklearn.pipeline import make_pipeline

    from mle_star.toolkit.dates import DateParts
    from mle_star.toolkit.interactions import ImportantColumns
    from mle_star.toolkit.native import NativeCategories
    from mle_star.toolkit.text import TextScores

    return make_pipeline(
        DateParts(),
        TextScores(columns["text"], kind=columns["kind"]),
        NativeCategories(),
        ImportantColumns(columns["kind"], share=0.98),
    )


# %% recipe
from mle_star.recipes.recipe import Recipe, Reference
from mle_star.types import Role

RECIPE = Recipe(
    name="important_only",
    role=Role.FEATURES,
    title="Important columns only",
    summary="Drops the columns that together carry two per cent of the importance in quick trees: "
    "less noise with many columns and few rows.",
    applies=lambda facts: 0.5 if facts.numeric + facts.categorical > 20 else 0.2,
    cost=0.8,
    references=(
        Reference(
            "Guyon and Elisseeff, An introduction to variable and feature selection, JMLR",
            "https://www.jmlr.org/papers/v3/guyon03a.html",
            "2003",
        ),
    ),
)
