"""Rare categories merged."""

# %% role: clean
from typing import Any


def clean(columns: dict[str, Any]) -> Any:
    from sklearn.pipeline import make_pipeline

    from mle_star.toolkit.cleaning import FiniteNumbers, RareMerged

    return make_pipeline(FiniteNumbers(), RareMerged(columns["text"], least=5))


# %% recipe
from mle_star.recipes.recipe import Recipe, Reference
from mle_star.types import Role

RECIPE = Recipe(
    name="rare_merged",
    role=Role.CLEAN,
    title="Rare categories merged",
    summary="Merges values of string columns seen fewer than five times, which unknown values "
    "join: less noise to split on.",
    applies=lambda facts: 0.5 if facts.max_cardinality > 10 else 0.1 if facts.categorical else 0.0,
    cost=0.03,
    references=(
        Reference(
            "scikit-learn user guide: infrequent categories",
            "https://scikit-learn.org/stable/modules/preprocessing.html#infrequent-categories",
            "2025",
        ),
    ),
)
