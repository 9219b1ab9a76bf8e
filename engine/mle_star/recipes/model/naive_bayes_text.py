"""Naive Bayes on the words of a text."""

# %% role: hyperparameters
HYPERPARAMETERS = {
    "alpha": 0.3,
}

# %% role: model
from typing import Any


def model(columns: dict[str, Any], hyperparameters: dict[str, Any]) -> Any:
    from sklearn.naive_bayes import MultinomialNB

    from mle_star.toolkit.numbers import NonNegative, NumericModel

    # Word weights are not negative; other numbers are counted as far as they are positive.
    return NumericModel(MultinomialNB(**hyperparameters), NonNegative())


# %% recipe
from mle_star.recipes.recipe import Facts, Real, Recipe, Reference
from mle_star.types import Kind, Role


def _relevance(facts: Facts) -> float:
    return 0.5 if facts.text and facts.kind is not Kind.REGRESSION else 0.0


RECIPE = Recipe(
    name="naive_bayes_text",
    role=Role.MODEL,
    title="Naive Bayes on text",
    summary="Multinomial naive Bayes on word weights: fitted in no time, strong with little text.",
    applies=_relevance,
    cost=0.1,
    references=(
        Reference(
            "Rennie et al., Tackling the poor assumptions of naive Bayes text classifiers, ICML",
            "https://aaai.org/papers/ICML03-081-tackling-the-poor-assumptions-of-naive-bayes-text-classifiers/",
            "2003",
        ),
    ),
    space={"alpha": Real(0.01, 10.0, log=True)},
    features="one_hot",
)
