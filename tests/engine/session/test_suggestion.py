"""A model or an idea of a person's own: a recipe, words, or a file."""

from __future__ import annotations

from pathlib import Path

import pytest

from mle_star.errors import UsageError
from mle_star.recipes.catalogue import compose, load
from mle_star.recipes.recipe import Facts, Recipe
from mle_star.session.suggestion import candidate_question, ranked, read_candidate
from mle_star.solution.solution import Solution, render
from mle_star.types import Kind, Role

FACTS = Facts(1000, 5, 3, 0, 0, 10, 0.0, Kind.BINARY, "roc_auc", classes=2, minority=0.3)
QUESTION = candidate_question(load(), FACTS)
MODEL = "# %% role: model\ndef model(columns, hyperparameters):\n    return None\n"


def named(answer: str) -> str:
    found = read_candidate(answer, load(), FACTS)
    assert isinstance(found, Recipe)
    return found.name


def test_every_choice_can_be_taken_and_the_default_adds_nothing() -> None:
    assert QUESTION.read(QUESTION.default) is None
    assert QUESTION.read("") is None
    for choice in QUESTION.choices[1:]:
        recipe = QUESTION.read(choice.value)
        assert isinstance(recipe, Recipe)
        assert (recipe.role, recipe.title) == (Role.MODEL, choice.label)


def test_models_that_cannot_be_used_on_the_table_are_not_offered() -> None:
    offered = [choice.value for choice in QUESTION.choices]

    assert "lightgbm" in offered
    assert "naive_bayes_text" not in offered
    assert "Naive Bayes on text cannot be used" in QUESTION.refusal("naive_bayes_text")


@pytest.mark.parametrize(
    ("answer", "recipe"),
    [
        ("lightgbm", "lightgbm"),
        ("LightGBM, small trees", "lightgbm_small"),
        ("Random-Forest", "random_forest"),
        ("xgb", "xgboost"),
        ("random forests", "random_forest"),
        ("a neural network, please", "neural_net"),
        ("k nearest neighbours", "nearest_neighbours"),
        ("clip the outliers", "winsorised"),
        ("ridge", "linear"),
        ("interactions between columns", "interactions"),
    ],
)
def test_a_recipe_is_found_by_name_title_or_words(answer: str, recipe: str) -> None:
    assert named(answer) == recipe


def test_words_that_mean_several_recipes_are_refused_with_their_names() -> None:
    refusal = QUESTION.refusal("calibrate")

    assert "may mean several recipes" in refusal
    assert "isotonic_calibration (Isotonic calibration)" in refusal
    assert "sigmoid_calibration" in refusal


@pytest.mark.parametrize("answer", ["a quantum annealer", "the", "?!", "..."])
def test_words_that_mean_nothing_are_refused_with_what_there_is(answer: str) -> None:
    refusal = QUESTION.refusal(answer)

    assert "no recipe speaks of" in refusal
    assert "lightgbm, " in refusal


def test_a_rare_word_counts_more_than_one_that_many_recipes_share() -> None:
    first = [one.name for _, one in ranked("nearest trees", load())]

    assert first[0] == "nearest_neighbours"
    assert "random_forest" in first


def test_a_file_in_cells_becomes_a_solution(tmp_path: Path) -> None:
    recipes = load()
    written = compose([recipes["one_hot"], recipes["linear"]])
    file = tmp_path / "my idea.py"
    file.write_bytes(render(written).replace("\n", "\r\n").encode("utf-8-sig"))

    found = QUESTION.read(f" {file} ")

    assert isinstance(found, Solution)
    assert (found.digest, found.name) == (written.digest, "my idea")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"print('hello')\n", "its cells with a role are none"),
        (b"# %% role: clean\ndef clean(columns):\n    return None\n", "with a role are clean"),
        (b"# %% role: model\ndef model(:\n", "the model block does not parse"),
        (b"# %% role: model\nmodels = 3\n", "must define 'model'"),
        (b"# %% role: magic\nx = 1\n", "unknown role 'magic'"),
        (MODEL.encode() * 2, "one block a role"),
        (b"# %% role: model\n\xff\xfe\x00", "no text in UTF-8"),
        (MODEL.encode() + b"#" * 1_000_001, "larger than 1,000,000 bytes"),
        (MODEL.encode() + b"# %% role: combine\ndef combine(): ...\n", "no model alone"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_with_the_reason(
    tmp_path: Path, content: bytes, reason: str
) -> None:
    file = tmp_path / "own.py"
    file.write_bytes(content)

    assert reason in QUESTION.refusal(str(file))


def test_a_path_that_cannot_be_read_is_refused_with_the_reason(tmp_path: Path) -> None:
    assert "No such file" in QUESTION.refusal(str(tmp_path / "none.py"))
    assert "cannot be read" in QUESTION.refusal(f"{tmp_path}/")
    with pytest.raises(UsageError, match="cannot be read"):
        QUESTION.read("nul\0.py")
