"""Ordinal codes."""

# %% role: features
from typing import Any


def features(columns: dict[str, Any]) -> Any:
    from sklearn.pipeline import make_pipeline

    from mle_star.toolkit.dates import DateParts
    from mle_star.toolkit.native import OrdinalCodes

    return make_pipeline(DateParts(), OrdinalCodes())


# %% recipe
from mle_star.recipes.recipe import Recipe, Reference
from mle_star.types import Role

RECIPE = Recipe(
    name="ordinal",
    role=Role.FEATURES,
    title="Ordinal codes",
    summary="Numbers the values of every string column and splits dates into parts: the plainest "
    "form, good enough for trees when categories have few values.",
    applies=lambda facts: 0.3,
    cost=0.05,
    references=(
        Reference(
            "scikit-learn user guide: encoding categorical features",
            "https://scikit-learn.org/stable/modules/preprocessing.html#encoding-categorical-features",
            "2025",
        ),
    ),
    neutral=True,
)
