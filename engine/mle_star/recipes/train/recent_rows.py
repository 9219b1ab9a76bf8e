"""More weight for recent rows."""

# %% role: train
from typing import Any


def train(estimator: Any) -> Any:
    from mle_star.toolkit.weights import RecentRows

    # The weight halves over half of the rows.
    return RecentRows(estimator, half_life=0.5)


# %% recipe
from mle_star.recipes.recipe import Recipe, Reference
from mle_star.types import Role

RECIPE = Recipe(
    name="recent_rows",
    role=Role.TRAIN,
    title="Recent rows first",
    summary="Gives later rows more weight when the task is ordered in time: the near past is most "
    "like the future.",
    applies=lambda facts: 0.6 if facts.ordered_in_time else 0.0,
    cost=0.01,
    references=(
        Reference(
            "Gama et al., A survey on concept drift adaptation, ACM Computing Surveys",
            "https://doi.org/10.1145/2523813",
            "2014",
        ),
    ),
)
