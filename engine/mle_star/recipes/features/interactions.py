"""Sums, differences, products and ratios of important columns."""

# %% role: features
from typing import Any


def features(columns: dict[str, Any]) -> Any:
    from sklearn.pipeline import make_pipeline

    from mle_star.toolkit.dates import DateParts
    from mle_star.toolkit.interactions import PairInteractions
    from mle_star.toolkit.native import NativeCategories
    from mle_star.toolkit.text import TextScores

    return make_pipeline(
        DateParts(),
        TextScores(columns["text"], kind=columns["kind"]),
        PairInteractions(columns["kind"], columns=6, keep=15),
        NativeCategories(),
    )


# %% recipe
from mle_star.recipes.recipe import Recipe, Reference
from mle_star.types import Role

RECIPE = Recipe(
    name="interactions",
    role=Role.FEATURES,
    title="Interactions",
    summary="Pairs the most important numeric columns by sum, difference, product and ratio and "
    "keeps the fifteen that quick trees use most.",
    applies=lambda facts: 0.6 if facts.numeric >= 2 else 0.0,
    cost=1.0,
    references=(
        Reference(
            "Heaton, An empirical analysis of feature engineering for predictive modeling",
            "https://arxiv.org/abs/1701.07852",
            "2016",
        ),
    ),
)
