"""A model or an idea of a person's own among the candidates: a recipe, words, or a file."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from mle_star.errors import EditError, UsageError
from mle_star.recipes.recipe import Facts, Recipe
from mle_star.session.question import Choice, Question
from mle_star.session.wording.words import EMPTY, key_of, stem, words_in
from mle_star.solution.solution import Solution, parse
from mle_star.types import Role

NOTHING = "none"
_LARGEST = 1_000_000
_NAMED, _SAID = 3.0, 1.0
_AHEAD = 1.5
"""How far the best recipe must be ahead of the next one to be the one that is meant."""
_LISTED = 8


def candidate_question(
    recipes: Mapping[str, Recipe], facts: Facts, number: int = 1
) -> Question[Recipe | Solution | None]:
    """Whether a candidate of the person's own is judged as well.

    Parameters
    ----------
    recipes : mapping of str to Recipe
        The catalogue.
    facts : Facts
        About the task and table; a recipe that cannot be used there is refused.
    number : int, default 1
        Which such question of the run this is.

    Returns
    -------
    Question
        Its answer is a recipe, a solution read from a file, or None.
    """
    models = [one for one in recipes.values() if one.role is Role.MODEL and one.applies(facts) > 0]
    models.sort(key=lambda one: -one.applies(facts))
    return Question(
        f"candidate {number}",
        "Do you want a model or an idea of your own among the candidates?",
        (
            Choice(NOTHING, NOTHING, "go on with what is there"),
            *(Choice(one.name, one.title, one.summary) for one in models),
        ),
        NOTHING,
        lambda answer: read_candidate(answer, recipes, facts),
        free=True,
        hint=(
            "A recipe by its name or in words, such as: target encoding. Or the path of a Python "
            "file of your own in cells, at least one of them marked '# %% role: model'."
        ),
    )


def read_candidate(
    answer: str, recipes: Mapping[str, Recipe], facts: Facts
) -> Recipe | Solution | None:
    """What an answer means.

    Parameters
    ----------
    answer : str
        ``none``, a recipe's name or title, a path, or words.
    recipes : mapping of str to Recipe
        The catalogue.
    facts : Facts
        About the task and table.

    Returns
    -------
    Recipe, Solution or None

    Raises
    ------
    UsageError
        If the file cannot be read or used, or the words mean no recipe or several.
    """
    text = answer.strip()
    if text.lower() in ("", NOTHING):
        return None
    if _is_path(text):
        return read_solution(Path(text).expanduser())
    key = key_of(text)
    named = [one for one in recipes.values() if key in (key_of(one.name), key_of(one.title))]
    begun = [one for one in recipes.values() if key and key_of(one.name).startswith(key)]
    known = named or (begun if len(begun) == 1 else [])
    recipe = known[0] if known else _meant(text, recipes)
    if recipe.applies(facts) <= 0:
        raise UsageError(
            f"{recipe.title} cannot be used on this table and task", "name another recipe"
        )
    return recipe


def read_solution(path: Path) -> Solution:
    """A person's own solution from a Python file in cells.

    Raises
    ------
    UsageError
        If it cannot be read, breaks the contract of a block, or has no model.
    """
    remedy = "give the path of a Python file whose cells are marked '# %% role: model' and the like"
    try:
        with path.open("rb") as file:
            content = file.read(_LARGEST + 1)
        if len(content) > _LARGEST:
            raise UsageError(f"{path} is larger than {_LARGEST:,} bytes", remedy)
        solution = parse(content.decode("utf-8-sig").replace("\r\n", "\n"), name=path.stem)
    except UnicodeDecodeError as error:
        raise UsageError(f"{path} is no text in UTF-8", remedy) from error
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise UsageError(f"{path} cannot be read: {reason}", remedy) from error
    except EditError as error:
        raise UsageError(f"{path}: {error}", "change the file, then answer again") from error
    roles = {block.role for block in solution.blocks}
    if Role.MODEL not in roles or Role.COMBINE in roles:
        found = ", ".join(roles) or "none"
        raise UsageError(f"{path} has no model alone: its cells with a role are {found}", remedy)
    return solution


def ranked(text: str, recipes: Mapping[str, Recipe]) -> list[tuple[float, Recipe]]:
    """Recipes that speak of any of these words, those that speak most of them first.

    A word counts by where it stands, in the name or in what is said of a recipe, and the less the
    more recipes speak of it.
    """
    wanted = {stem(word.text) for word in words_in(text) if word.text not in EMPTY}
    weights = {one.name: _weights(one) for one in recipes.values()}
    common = Counter(word for spoken in weights.values() for word in spoken)
    scored = [
        (
            sum(weights[one.name].get(word, 0.0) / common[word] for word in wanted if common[word]),
            one,
        )
        for one in recipes.values()
    ]
    return sorted(
        (pair for pair in scored if pair[0] > 0), key=lambda pair: (-pair[0], pair[1].name)
    )


def _meant(text: str, recipes: Mapping[str, Recipe]) -> Recipe:
    """The recipe that words mean, where one is well ahead."""
    found = ranked(text, recipes)
    if not found:
        models = ", ".join(one.name for one in recipes.values() if one.role is Role.MODEL)
        raise UsageError(
            f"no recipe speaks of {text[:60]!r}", f"use other words, a file, or a model: {models}"
        )
    if len(found) > 1 and found[0][0] < _AHEAD * found[1][0]:
        several = ", ".join(f"{one.name} ({one.title})" for _, one in found[:_LISTED])
        raise UsageError(f"{text[:60]!r} may mean several recipes", f"name one of {several}")
    return found[0][1]


def _weights(recipe: Recipe) -> dict[str, float]:
    said = {stem(word.text): _SAID for word in words_in(recipe.summary) if word.text not in EMPTY}
    named = words_in(f"{recipe.name} {recipe.title}")
    return said | {stem(word.text): _NAMED for word in named if word.text not in EMPTY}


def _is_path(text: str) -> bool:
    separators = [one for one in (os.sep, os.altsep) if one]
    return text.lower().endswith(".py") or any(one in text for one in separators)
