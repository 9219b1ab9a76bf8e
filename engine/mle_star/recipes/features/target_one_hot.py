"""Cross-fitted target means, scaled, beside one-hot categories."""

# %% role: features
from typing import Any


def features(columns: dict[str, Any]) -> Any:
    from sklearn.pipeline import make_pipeline

    from mle_star.toolkit.dates import DateParts
    from mle_star.toolkit.design import DesignMatrix
    from mle_star.toolkit.encoders import TargetMeans
    from mle_star.toolkit.text import BesideText

    # A training row's own label never enters its encoding.
    return make_pipeline(
        DateParts(cyclic=True),
        TargetMeans(columns["kind"], text=columns["text"]),
        BesideText(columns["text"], DesignMatrix(scaler="quantile")),
    )


# %% recipe
from mle_star.recipes.recipe import Recipe, Reference
from mle_star.types import Role

RECIPE = Recipe(
    name="target_one_hot",
    role=Role.FEATURES,
    title="Target means and one-hot",
    summary="Adds cross-fitted target means to one-hot categories and rank-scaled numbers: for "
    "linear models and nets with categories of many values.",
    applies=lambda facts: (
        0.6 if facts.max_cardinality > 50 else 0.2 if facts.max_cardinality >= 10 else 0.0
    ),
    cost=0.3,
    references=(
        Reference(
            "Micci-Barreca, A preprocessing scheme for high-cardinality categorical attributes",
            "https://doi.org/10.1145/507533.507538",
            "2001",
        ),
    ),
)
