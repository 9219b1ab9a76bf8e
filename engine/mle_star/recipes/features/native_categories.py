"""Native categories for tree boosters."""

# %% role: features
from typing import Any


def features(columns: dict[str, Any]) -> Any:
    from sklearn.pipeline import make_pipeline

    from mle_star.toolkit.dates import DateParts
    from mle_star.toolkit.native import NativeCategories
    from mle_star.toolkit.text import TextScores

    # Text becomes the out-of-fold opinion of a linear model and a few components.
    return make_pipeline(
        DateParts(),
        TextScores(columns["text"], kind=columns["kind"]),
        NativeCategories(),
    )


# %% recipe
from mle_star.recipes.recipe import Recipe, Reference
from mle_star.types import Role

RECIPE = Recipe(
    name="native_categories",
    role=Role.FEATURES,
    title="Native categories",
    summary="Leaves categories to the booster, splits dates into parts and lets a linear model "
    "read the text out of fold. The usual choice for tree boosters.",
    applies=lambda facts: 0.9,
    cost=0.1,
    references=(
        Reference(
            "Ke et al., LightGBM: a highly efficient gradient boosting decision tree, NeurIPS",
            "https://papers.nips.cc/paper/6907-lightgbm-a-highly-efficient-gradient-boosting-decision-tree",
            "2017",
        ),
        Reference(
            "scikit-learn example: categorical feature support in gradient boosting",
            "https://scikit-learn.org/stable/auto_examples/ensemble/plot_gradient_boosting_categorical.html",
            "2025",
        ),
    ),
)
