"""Latent components of the text beside native categories."""

# %% role: features
from typing import Any


def features(columns: dict[str, Any]) -> Any:
    from sklearn.pipeline import make_pipeline

    from mle_star.toolkit.dates import DateParts
    from mle_star.toolkit.native import NativeCategories
    from mle_star.toolkit.text import TextScores

    return make_pipeline(
        DateParts(),
        TextScores(columns["text"], kind=columns["kind"], components=60),
        NativeCategories(),
    )


# %% recipe
from mle_star.recipes.recipe import Recipe, Reference
from mle_star.types import Role

RECIPE = Recipe(
    name="text_components",
    role=Role.FEATURES,
    title="Text components",
    summary="Sixty latent components of the TF-IDF matrix and the out-of-fold opinion of a linear "
    "model stand for the text: for tree boosters.",
    applies=lambda facts: 0.6 if facts.text else 0.0,
    cost=5.0,
    references=(
        Reference(
            "Deerwester et al., Indexing by latent semantic analysis",
            "https://doi.org/10.1002/(SICI)1097-4571(199009)41:6<391::AID-ASI1>3.0.CO;2-9",
            "1990",
        ),
    ),
)
