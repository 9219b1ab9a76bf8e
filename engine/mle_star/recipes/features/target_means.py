"""Cross-fitted target means beside native categories."""

# %% role: features
from typing import Any


def features(columns: dict[str, Any]) -> Any:
    from sklearn.pipeline import make_pipeline

    from mle_star.toolkit.dates import DateParts
    from mle_star.toolkit.encoders import TargetMeans
    from mle_star.toolkit.native import NativeCategories
    from mle_star.toolkit.text import TextScores

    # A training row's own label never enters its encoding.
    return make_pipeline(
        DateParts(),
        TextScores(columns["text"], kind=columns["kind"]),
        TargetMeans(columns["kind"], text=columns["text"]),
        NativeCategories(),
    )


# %% recipe
from mle_star.recipes.recipe import Recipe, Reference
from mle_star.types import Role

RECIPE = Recipe(
    name="target_means",
    role=Role.FEATURES,
    title="Target means",
    summary="Adds the cross-fitted mean target of every value of a string column with ten or more "
    "values, beside the native categories.",
    applies=lambda facts: (
        0.8 if facts.max_cardinality > 50 else 0.5 if facts.max_cardinality >= 10 else 0.0
    ),
    cost=0.2,
    references=(
        Reference(
            "Micci-Barreca, A preprocessing scheme for high-cardinality categorical attributes",
            "https://doi.org/10.1145/507533.507538",
            "2001",
        ),
        Reference(
            "Pargent et al., Regularized target encoding outperforms traditional methods",
            "https://arxiv.org/abs/2104.00629",
            "2022",
        ),
    ),
)
