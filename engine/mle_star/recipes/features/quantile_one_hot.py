"""Numbers mapped to a normal distribution, one-hot categories, TF-IDF text."""

# %% role: features
from typing import Any


def features(columns: dict[str, Any]) -> Any:
    from sklearn.pipeline import make_pipeline

    from mle_star.toolkit.dates import DateParts
    from mle_star.toolkit.design import DesignMatrix
    from mle_star.toolkit.text import BesideText

    return make_pipeline(
        DateParts(cyclic=True),
        BesideText(columns["text"], DesignMatrix(scaler="quantile")),
    )


# %% recipe
from mle_star.recipes.recipe import Recipe, Reference
from mle_star.types import Role

RECIPE = Recipe(
    name="quantile_one_hot",
    role=Role.FEATURES,
    title="Quantile-scaled, one-hot",
    summary="One-hot categories and numbers mapped to a normal distribution by rank: for neural "
    "nets, neighbours and linear models on skewed numbers.",
    applies=lambda facts: 0.5 if facts.numeric else 0.1,
    cost=0.3,
    references=(
        Reference(
            "scikit-learn user guide: non-linear transformation",
            "https://scikit-learn.org/stable/modules/preprocessing.html#non-linear-transformation",
            "2025",
        ),
    ),
)
