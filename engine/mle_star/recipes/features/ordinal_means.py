"""Ordinal codes, cross-fitted target means, text scores."""

# %% role: features
from typing import Any


def features(columns: dict[str, Any]) -> Any:
    from sklearn.pipeline import make_pipeline

    from mle_star.toolkit.dates import DateParts
    from mle_star.toolkit.encoders import TargetMeans
    from mle_star.toolkit.native import OrdinalCodes
    from mle_star.toolkit.text import TextScores

    # A training row's own label never enters its encoding.
    return make_pipeline(
        DateParts(),
        TextScores(columns["text"], kind=columns["kind"]),
        TargetMeans(columns["kind"], text=columns["text"], from_values=4),
        OrdinalCodes(),
    )


# %% recipe
from mle_star.recipes.recipe import Recipe, Reference
from mle_star.types import Role

RECIPE = Recipe(
    name="ordinal_means",
    role=Role.FEATURES,
    title="Ordinal codes and target means",
    summary="Numbers the values of every string column and adds their cross-fitted target means: "
    "what forests want, which know no categories.",
    applies=lambda facts: 0.6 if facts.categorical or facts.text else 0.3,
    cost=0.2,
    references=(
        Reference(
            "Pargent et al., Regularized target encoding outperforms traditional methods",
            "https://arxiv.org/abs/2104.00629",
            "2022",
        ),
    ),
)
