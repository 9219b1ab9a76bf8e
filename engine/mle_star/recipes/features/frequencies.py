"""Frequencies of categories beside native categories."""

# %% role: features
from typing import Any


def features(columns: dict[str, Any]) -> Any:
    from sklearn.pipeline import make_pipeline

    from mle_star.toolkit.dates import DateParts
    from mle_star.toolkit.encoders import Frequencies
    from mle_star.toolkit.native import NativeCategories
    from mle_star.toolkit.text import TextScores

    return make_pipeline(
        DateParts(),
        TextScores(columns["text"], kind=columns["kind"]),
        Frequencies(columns["text"]),
        NativeCategories(),
    )


# %% recipe
from mle_star.recipes.recipe import Recipe, Reference
from mle_star.types import Role

RECIPE = Recipe(
    name="frequencies",
    role=Role.FEATURES,
    title="Frequencies",
    summary="Adds how often each value of a string column occurs, beside the native categories.",
    applies=lambda facts: 0.5 if facts.max_cardinality > 20 else 0.2 if facts.categorical else 0.0,
    cost=0.15,
    references=(
        Reference(
            "Pargent et al., Regularized target encoding outperforms traditional methods",
            "https://arxiv.org/abs/2104.00629",
            "2022",
        ),
    ),
)
