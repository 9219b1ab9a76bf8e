"""Distance of numbers from the mean of their category."""

# %% role: features
from typing import Any


def features(columns: dict[str, Any]) -> Any:
    from sklearn.pipeline import make_pipeline

    from mle_star.toolkit.dates import DateParts
    from mle_star.toolkit.interactions import GroupDeviations
    from mle_star.toolkit.native import NativeCategories
    from mle_star.toolkit.text import TextScores

    return make_pipeline(
        DateParts(),
        TextScores(columns["text"], kind=columns["kind"]),
        GroupDeviations(columns["kind"], text=columns["text"]),
        NativeCategories(),
    )


# %% recipe
from mle_star.recipes.recipe import Recipe, Reference
from mle_star.types import Role

RECIPE = Recipe(
    name="group_deviations",
    role=Role.FEATURES,
    title="Group deviations",
    summary="Adds how far the most important numbers lie from the mean of their row's category.",
    applies=lambda facts: 0.5 if facts.numeric and facts.categorical else 0.0,
    cost=0.8,
    references=(
        Reference(
            "Kanter and Veeramachaneni, Deep feature synthesis: towards automating data science",
            "https://doi.org/10.1109/DSAA.2015.7344858",
            "2015",
        ),
    ),
)
