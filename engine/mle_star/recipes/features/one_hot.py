"""One-hot categories, scaled numbers, TF-IDF text."""

# %% role: features
from typing import Any


def features(columns: dict[str, Any]) -> Any:
    from sklearn.pipeline import make_pipeline

    from mle_star.toolkit.dates import DateParts
    from mle_star.toolkit.design import DesignMatrix
    from mle_star.toolkit.text import BesideText

    # Text columns become sparse TF-IDF weights of words and characters beside the rest.
    return make_pipeline(
        DateParts(cyclic=True),
        BesideText(columns["text"], DesignMatrix(scaler="standard")),
    )


# %% recipe
from mle_star.recipes.recipe import Recipe, Reference
from mle_star.types import Role

RECIPE = Recipe(
    name="one_hot",
    role=Role.FEATURES,
    title="One-hot, scaled, TF-IDF",
    summary="One-hot categories, scaled numbers with flags for missing ones, cyclic dates and "
    "TF-IDF of words and characters: what linear models want.",
    applies=lambda facts: 0.7,
    cost=0.2,
    references=(
        Reference(
            "scikit-learn user guide: preprocessing data",
            "https://scikit-learn.org/stable/modules/preprocessing.html",
            "2025",
        ),
        Reference(
            "Salton and Buckley, Term-weighting approaches in automatic text retrieval",
            "https://doi.org/10.1016/0306-4573(88)90021-0",
            "1988",
        ),
    ),
)
