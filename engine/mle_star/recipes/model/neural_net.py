"""Small neural nets, averaged."""

# %% role: hyperparameters
HYPERPARAMETERS = {
    "nets": 2,
    "width": 128,
    "alpha": 0.001,
    "learning_rate": 0.002,
}

# %% role: model
from typing import Any


def model(columns: dict[str, Any], hyperparameters: dict[str, Any]) -> Any:
    from mle_star.toolkit.neural import NeuralNets
    from mle_star.toolkit.numbers import Numbers, NumericModel

    # Each net stops on inner rows of its own.
    nets = NeuralNets(columns["kind"], in_order=columns["ordered_in_time"], **hyperparameters)
    return NumericModel(nets, Numbers(fill=True, dense=True, one_hot=True))


# %% recipe
from mle_star.recipes.recipe import Real, Recipe, Reference, Whole
from mle_star.types import Role

RECIPE = Recipe(
    name="neural_net",
    role=Role.MODEL,
    title="Neural nets",
    summary="Two-layer perceptrons with different seeds, averaged: smooth where trees are "
    "stepped, so a good partner for them.",
    applies=lambda facts: 0.6 if facts.rows >= 500 else 0.3,
    cost=10.0,
    references=(
        Reference(
            "Gorishniy et al., Revisiting deep learning models for tabular data, NeurIPS",
            "https://arxiv.org/abs/2106.11959",
            "2021",
        ),
        Reference(
            "scikit-learn user guide: neural network models",
            "https://scikit-learn.org/stable/modules/neural_networks_supervised.html",
            "2025",
        ),
    ),
    space={
        "width": Whole(32, 256, log=True),
        "alpha": Real(1e-6, 1.0, log=True),
        "learning_rate": Real(3e-4, 1e-2, log=True),
    },
    features="quantile_one_hot",
)
