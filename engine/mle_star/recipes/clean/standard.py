"""Standard cleaning."""

# %% role: clean
from typing import Any


def clean(columns: dict[str, Any]) -> Any:
    from mle_star.toolkit.cleaning import FiniteNumbers

    return FiniteNumbers()


# %% recipe
from mle_star.recipes.recipe import Recipe, Reference
from mle_star.types import Role

RECIPE = Recipe(
    name="standard",
    role=Role.CLEAN,
    title="Standard cleaning",
    summary="Makes infinite numbers missing and leaves the rest to the features block.",
    applies=lambda facts: 0.5,
    cost=0.01,
    neutral=True,
    references=(
        Reference(
            "scikit-learn user guide: imputation of missing values",
            "https://scikit-learn.org/stable/modules/impute.html",
            "2025",
        ),
    ),
)
