"""Calibration by logistic regression."""

# %% role: post
from typing import Any


def post(estimator: Any) -> Any:
    from mle_star.toolkit.calibration import Calibrated

    return Calibrated(estimator, method="sigmoid")


# %% recipe
from mle_star.recipes.recipe import Facts, Recipe, Reference
from mle_star.types import Kind, Role


def _relevance(facts: Facts) -> float:
    if facts.kind is Kind.REGRESSION:
        return 0.0
    return 0.6 if facts.metric == "log_loss" else 0.1


RECIPE = Recipe(
    name="sigmoid_calibration",
    role=Role.POST,
    title="Sigmoid calibration",
    summary="Corrects probabilities by a logistic regression on out-of-fold ones; costs three "
    "more fits.",
    applies=_relevance,
    cost=4.0,
    references=(
        Reference(
            "Platt, Probabilistic outputs for support vector machines",
            "https://scikit-learn.org/stable/modules/calibration.html#sigmoid",
            "1999",
        ),
    ),
)
