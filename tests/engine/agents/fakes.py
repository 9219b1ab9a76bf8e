"""Small recipes, facts and knowledge for tests of agents and phases."""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from dataclasses import replace

from mle_star.agents.knowledge import Entry
from mle_star.recipes.recipe import Facts, Recipe, Reference
from mle_star.solution.block import Block, checked, hyperparameters_block
from mle_star.types import Kind, Role

FACTS = Facts(
    rows=1000,
    numeric=5,
    categorical=3,
    text=0,
    date=0,
    max_cardinality=10,
    missing=0.0,
    kind=Kind.BINARY,
    metric="roc_auc",
    classes=2,
    minority=0.4,
)

_SOURCES = {
    Role.CLEAN: "def clean(columns):\n    return {name!r}",
    Role.FEATURES: "def features(columns):\n    return {name!r}",
    Role.MODEL: "def model(columns, hyperparameters):\n    return {name!r}",
    Role.TRAIN: "def train(estimator):\n    return estimator, {name!r}",
    Role.POST: "def post(estimator):\n    return estimator, {name!r}",
}


def recipe(
    name: str,
    role: Role = Role.MODEL,
    *,
    relevance: float = 0.8,
    cost: float = 1.0,
    features: str = "",
    hyperparameters: dict[str, object] | None = None,
) -> Recipe:
    blocks = [checked(role, _SOURCES[role].format(name=name), name)]
    if hyperparameters:
        blocks.insert(0, hyperparameters_block(hyperparameters, name))
    return Recipe(
        name=name,
        role=role,
        title=name,
        summary=f"what {name} does",
        applies=lambda facts: relevance,
        cost=cost,
        references=(Reference(f"About {name}", f"https://example.org/{name}", "2020"),),
        features=features,
        blocks=tuple(blocks),
    )


def library(*recipes: Recipe) -> dict[str, Recipe]:
    return {r.name: r for r in recipes}


def entry(name: str, recipes: Iterable[str], *, weight: float = 0.8, **conditions: object) -> Entry:
    return Entry(
        id=name,
        topic="sota_models",
        title=name,
        says=f"{name} says so",
        source=f"Paper on {name}",
        url=f"https://example.org/{name}",
        date=datetime.date(2024, 2, 29),
        recipes=tuple(recipes),
        conditions=dict(conditions),
        weight=weight,
    )


def facts(**changes: object) -> Facts:
    return replace(FACTS, **changes)  # type: ignore[arg-type]


def block(role: Role, name: str) -> Block:
    return checked(role, _SOURCES[role].format(name=name), name)
