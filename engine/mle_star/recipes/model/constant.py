"""A constant prediction."""

# %% role: model
from typing import Any


def model(columns: dict[str, Any], hyperparameters: dict[str, Any]) -> Any:
    from sklearn.dummy import DummyClassifier, DummyRegressor

    if columns["kind"] == "regression":
        return DummyRegressor(strategy="mean")
    return DummyClassifier(strategy="prior")


# %% recipe
from mle_star.recipes.recipe import Recipe, Reference
from mle_star.types import Role

RECIPE = Recipe(
    name="constant",
    role=Role.MODEL,
    title="Constant",
    summary="Predicts the mean, or the shares of the classes: what every other model must beat.",
    applies=lambda facts: 0.05,
    cost=0.01,
    references=(
        Reference(
            "scikit-learn user guide: dummy estimators",
            "https://scikit-learn.org/stable/modules/model_evaluation.html#dummy-estimators",
            "2025",
        ),
    ),
    features="ordinal",
)
