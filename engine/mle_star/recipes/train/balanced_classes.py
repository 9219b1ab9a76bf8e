"""More weight for rare classes."""

# %% role: train
from typing import Any


def train(estimator: Any) -> Any:
    from mle_star.toolkit.weights import BalancedClasses

    # The square root of full balance: rare classes are heard, probabilities stay usable.
    return BalancedClasses(estimator, power=0.5)


# %% recipe
from mle_star.recipes.recipe import Facts, Recipe, Reference
from mle_star.types import Kind, Role


def _relevance(facts: Facts) -> float:
    if facts.kind is Kind.REGRESSION:
        return 0.0
    wanted = facts.metric in ("balanced_accuracy", "f1", "mcc")
    return (0.8 if wanted else 0.3) if facts.minority < 0.2 else 0.1


RECIPE = Recipe(
    name="balanced_classes",
    role=Role.TRAIN,
    title="Balanced classes",
    summary="Gives rows of rare classes more weight; not for models that take no weights "
    "(neighbours, nets).",
    applies=_relevance,
    cost=0.01,
    references=(
        Reference(
            "King and Zeng, Logistic regression in rare events data, Political Analysis",
            "https://doi.org/10.1093/oxfordjournals.pan.a004868",
            "2001",
        ),
    ),
)
