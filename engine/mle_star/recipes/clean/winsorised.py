"""Outliers clipped to quantiles."""

# %% role: clean
from typing import Any


def clean(columns: dict[str, Any]) -> Any:
    from sklearn.pipeline import make_pipeline

    from mle_star.toolkit.cleaning import FiniteNumbers, Winsorised

    return make_pipeline(FiniteNumbers(), Winsorised(share=0.005))


# %% recipe
from mle_star.recipes.recipe import Recipe, Reference
from mle_star.types import Role

RECIPE = Recipe(
    name="winsorised",
    role=Role.CLEAN,
    title="Outliers clipped",
    summary="Clips numbers to their outer half per cents in training: helps linear models, "
    "neighbours and neural nets, hardly matters to trees.",
    applies=lambda facts: 0.3 if facts.numeric else 0.0,
    cost=0.03,
    references=(
        Reference(
            "Dixon and Yuen, Trimming and winsorization: a review",
            "https://doi.org/10.1007/BF02922665",
            "1974",
        ),
    ),
)
