"""Calibration by monotonic steps."""

# %% role: post
from typing import Any


def post(estimator: Any) -> Any:
    from mle_star.toolkit.calibration import Calibrated

    return Calibrated(estimator, method="isotonic")


# %% recipe
from mle_star.recipes.recipe import Facts, Recipe, Reference
from mle_star.types import Kind, Role


def _relevance(facts: Facts) -> float:
    if facts.kind is Kind.REGRESSION:
        return 0.0
    return (0.5 if facts.rows >= 3_000 else 0.0) if facts.metric == "log_loss" else 0.1


RECIPE = Recipe(
    name="isotonic_calibration",
    role=Role.POST,
    title="Isotonic calibration",
    summary="Corrects probabilities by a monotonic step function learnt out of fold; needs "
    "thousands of rows, costs three more fits.",
    applies=_relevance,
    cost=4.0,
    references=(
        Reference(
            "Zadrozny and Elkan, Transforming classifier scores into accurate probabilities, KDD",
            "https://doi.org/10.1145/775047.775151",
            "2002",
        ),
    ),
)
