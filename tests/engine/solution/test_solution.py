"""Solutions: lossless text, exact edits, identity."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mle_star.errors import EditError
from mle_star.solution.block import DEFINES, Block, checked
from mle_star.solution.solution import Solution, ordered, parse, render
from mle_star.types import Role

LINES = st.lists(
    st.text(
        st.characters(codec="utf-8", exclude_characters="\r\n\f\v\x1c\x1d\x1e\x85\u2028\u2029")
    ),
    max_size=4,
)


@st.composite
def blocks(draw: st.DrawFn, role: Role) -> Block:
    name = DEFINES[role]
    if role is Role.HYPERPARAMETERS:
        return checked(role, f"HYPERPARAMETERS = {draw(st.dictionaries(st.text(), st.integers()))}")
    words = [
        f"    x = {line!r}  # {draw(st.sampled_from(['a %% b', '%%', '']))}" for line in draw(LINES)
    ]
    body = "\n".join(
        [f"def {name}(*args):", *words, *[""] * draw(st.integers(0, 2)), "    return 1"]
    )
    recipe = draw(st.from_regex(r"\A[a-z_0-9-]{0,8}\Z"))
    return checked(role, body, recipe)


@st.composite
def solutions(draw: st.DrawFn) -> Solution:
    roles = draw(st.sets(st.sampled_from(list(Role))))
    return Solution(ordered([draw(blocks(role)) for role in roles]))


@given(solutions())
def test_parsing_what_was_rendered_is_the_identity(solution: Solution) -> None:
    assert parse(render(solution)) == solution
    assert render(parse(render(solution))) == render(solution)
    assert parse(render(solution)).digest == solution.digest


TEXT = """# %% [markdown]
# Notes.

# %% role: clean (recipe: median)
def clean(columns):
    return 1


# %% some tool
def tool():
    return "# %% role: model"


# %% role: model
def model(columns, hyperparameters):
    return 1
"""


def test_cells_without_a_role_are_passed_over() -> None:
    found = parse(TEXT, name="mine")
    assert [block.role for block in found.blocks] == [Role.CLEAN, Role.MODEL]
    assert found.blocks[0].recipe == "median"
    assert found.name == "mine"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("# %% role: magic\nx = 1\n", "unknown role 'magic'"),
        (TEXT + "\n# %% role: model\ndef model(c, h):\n    return 2\n", "one block a role"),
        ("# %% role: model\n\n", "must define 'model'"),
    ],
)
def test_text_that_is_no_solution_is_refused_with_the_reason(text: str, reason: str) -> None:
    with pytest.raises(EditError, match=reason):
        parse(text)


def test_an_edit_replaces_exactly_one_block_and_knows_its_parent() -> None:
    old = parse(TEXT)
    twice = checked(Role.MODEL, "def model(columns, hyperparameters):\n    return 2")
    new = old.with_block(twice, name="new", origin="a test")
    assert new.block(Role.MODEL) is twice
    assert new.block(Role.CLEAN) is old.block(Role.CLEAN)
    assert (new.parent, new.changed, new.name, new.origin) == (
        old.digest,
        Role.MODEL,
        "new",
        "a test",
    )
    assert old.block(Role.MODEL) is not twice


def test_a_block_may_be_added_or_left_out() -> None:
    old = parse(TEXT)
    train = checked(Role.TRAIN, "def train(estimator):\n    return estimator")
    assert [b.role for b in old.with_block(train).blocks] == [Role.CLEAN, Role.MODEL, Role.TRAIN]
    bare = old.without(Role.CLEAN)
    assert [b.role for b in bare.blocks] == [Role.MODEL]
    assert bare.changed is Role.CLEAN
    assert old.with_block(train).without(Role.TRAIN).digest == old.digest


def test_the_prefix_is_clean_and_features_alone() -> None:
    old = parse(TEXT)
    model = checked(Role.MODEL, "def model(columns, hyperparameters):\n    return 3")
    features = checked(Role.FEATURES, "def features(columns):\n    return 3")
    assert old.with_block(model).prefix_digest == old.prefix_digest
    assert old.with_block(features).prefix_digest != old.prefix_digest
    assert old.with_block(model).digest != old.digest
