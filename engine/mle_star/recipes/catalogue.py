"""The recipes in this folder, read from their files, and solutions made of them."""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

from mle_star.recipes.recipe import Facts, Recipe
from mle_star.solution.block import Block, hyperparameters_block, read_hyperparameters
from mle_star.solution.solution import Solution, ordered, parse
from mle_star.types import Role

_FOLDERS = ("clean", "features", "model", "train", "post")
MANY_VALUES = 100
"""Values of a string column from which models get their target means too.

Native categories and one-hot columns keep the most frequent ones only.
"""

_WITH_MEANS = {
    "native_categories": "target_means",
    "one_hot": "target_one_hot",
    "quantile_one_hot": "target_one_hot",
}
WORDS = frozenset({"one_hot", "quantile_one_hot", "target_one_hot", "text_words_chars"})
"""Features that make a column of every word, for models of sparse matrices: trees take minutes."""

FORESTS = ("extra_trees", "random_forest")
"""Models that are averages of many whole trees: tens of MiB each, which are slow to write."""

ENCODINGS = ("native_categories", "ordinal", "ordinal_means")
"""Features that leave numbers as they are: where all columns are numbers they do the same."""

TREES = ("n_estimators", "max_iter", "iterations")
"""What libraries call the hyperparameter that is the number of trees."""

_COUNTS = (*TREES, "nets")


@cache
def load() -> dict[str, Recipe]:
    """All recipes by name, blocks filled.

    Returns
    -------
    dict
        In a fixed order: by role, then by name. Do not change it.
    """
    here = Path(__file__).parent
    found = [
        _read(path, f"{__package__}.{folder}.{path.stem}")
        for folder in _FOLDERS
        for path in sorted((here / folder).glob("*.py"))
        if path.stem != "__init__"
    ]
    return {recipe.name: recipe for recipe in found}


def compose(recipes: Sequence[Recipe], *, name: str = "", origin: str = "") -> Solution:
    """A solution of the blocks of several recipes.

    Parameters
    ----------
    recipes : sequence of Recipe
        At most one a role.
    name : str, default ""
        Name of the solution; by default the recipes' names, the model's first.
    origin : str, default ""
        Why it was made.

    Raises
    ------
    EditError
        If two recipes bring a block of one role.
    """
    blocks = [block for recipe in recipes for block in recipe.blocks]
    by_model = sorted(recipes, key=lambda recipe: recipe.role is not Role.MODEL)
    return Solution(
        ordered(blocks),
        name=name or " + ".join(recipe.name for recipe in by_model),
        origin=origin,
    )


def standard(model: Recipe, facts: Facts, recipes: Mapping[str, Recipe]) -> Solution:
    """The usual solution around a model: cleaning, its features, what the task plainly asks for.

    Parameters
    ----------
    model : Recipe
        With the role model.
    facts : Facts
        About the task and table.
    recipes : mapping of str to Recipe
        The catalogue.

    Returns
    -------
    Solution
        Named after the model.
    """
    names = ["standard", usual_features(model, facts)]
    chosen = [recipes[name] for name in names if name in recipes]
    solution = compose([*chosen, model], name=model.name, origin="standard solution")
    changes = model.changes(facts)
    return _resized(solution, model, changes) if changes else solution


def usual_features(model: Recipe, facts: Facts) -> str:
    """Name of the features that a model usually stands on, for this table.

    Parameters
    ----------
    model : Recipe
        With the role model.
    facts : Facts
        About the task and table.
    """
    name = model.features or "ordinal"
    return _WITH_MEANS.get(name, name) if facts.max_cardinality > MANY_VALUES else name


def _resized(solution: Solution, model: Recipe, changes: Mapping[str, int | float]) -> Solution:
    """The solution with some hyperparameters changed."""
    [block] = [b for b in model.blocks if b.role is Role.HYPERPARAMETERS]
    values = {**read_hyperparameters(block.source), **changes}
    kept = [b for b in solution.blocks if b.role is not Role.HYPERPARAMETERS]
    return replace(solution, blocks=ordered([*kept, hyperparameters_block(values, model.name)]))


def neutral(role: Role, facts: Facts, model: str = "") -> Recipe | None:
    """The plainest usable form of a role, which an ablation puts in a block's place.

    Parameters
    ----------
    role : Role
        Any but combine.
    facts : Facts
        About the task and table.
    model : str, default ""
        Name of the model's recipe. The number of its trees or nets stays where that keeps a fit on
        a large table a matter of seconds.

    Returns
    -------
    Recipe or None
        None where the plainest form is no block at all (train, post).
    """
    if role is Role.HYPERPARAMETERS:
        changes = load()[model].changes(facts) if model in load() else {}
        return _library_defaults({name: n for name, n in changes.items() if name in _COUNTS})
    return next((r for r in load().values() if r.neutral and r.role is role), None)


def is_encoding(block: Block) -> bool:
    """Whether a block is one of :data:`ENCODINGS`, unchanged."""
    return any(block.source == own.source for name in ENCODINGS for own in load()[name].blocks)


def _library_defaults(kept: Mapping[str, int | float]) -> Recipe:
    return Recipe(
        name="library_defaults",
        role=Role.HYPERPARAMETERS,
        title="Library defaults",
        summary="The defaults of the model's library.",
        applies=lambda facts: 1.0,
        cost=0.0,
        references=(),
        neutral=True,
        blocks=(hyperparameters_block(dict(kept), "library_defaults"),),
    )


def _read(path: Path, module: str) -> Recipe:
    recipe: Recipe = importlib.import_module(module).RECIPE
    parsed = parse(path.read_text(encoding="utf-8"))
    blocks: tuple[Block, ...] = tuple(replace(b, recipe=recipe.name) for b in parsed.blocks)
    return replace(recipe, blocks=blocks)
