"""Neural nets for tables, averaged."""

# %% role: hyperparameters
HYPERPARAMETERS = {
    "nets": 3,
    "width": 128,
    "epochs": 28,
    "waves": 16,
}

# %% role: model
from typing import Any


def model(columns: dict[str, Any], hyperparameters: dict[str, Any]) -> Any:
    from mle_star.toolkit.neural import NeuralNets
    from mle_star.toolkit.numbers import Numbers, NumericModel

    # Each net keeps its best moment on inner rows of its own.
    nets = NeuralNets(columns["kind"], in_order=columns["ordered_in_time"], **hyperparameters)
    return NumericModel(nets, Numbers(fill=True, dense=True, one_hot=True))


# %% recipe
from math import inf

from mle_star.recipes.recipe import Real, Recipe, Reference, Whole
from mle_star.types import Role

RECIPE = Recipe(
    name="neural_net",
    role=Role.MODEL,
    title="Neural nets",
    summary="Three-layer perceptrons on embedded numbers, with learnt scales and a start made "
    "from the data, averaged: smooth where trees are stepped, so a good partner for them.",
    applies=lambda facts: 0.0 if facts.text else 0.6 if facts.rows >= 500 else 0.3,
    cost=8.0,
    cost_short=2.7,
    growth=0.9,
    per_class=False,
    wide=inf,
    is_steady=True,
    references=(
        Reference(
            "Holzmueller et al., Better by default: strong pre-tuned MLPs and boosted trees on "
            "tabular data, NeurIPS",
            "https://arxiv.org/abs/2407.04491",
            "2024",
        ),
        Reference(
            "Gorishniy et al., On embeddings for numerical features in tabular deep learning, "
            "NeurIPS",
            "https://arxiv.org/abs/2203.05556",
            "2022",
        ),
    ),
    space={
        "width": Whole(64, 256, log=True),
        "dropout": Real(0.0, 0.5),
        "learning_rate": Real(0.01, 0.5, log=True),
        "decay": Real(1e-3, 0.2, log=True),
        "epochs": Whole(12, 80, log=True),
        "waves": Whole(0, 32),
    },
    features="quantile_one_hot",
    large={"nets": 1},
    many={"nets": 1},
)
