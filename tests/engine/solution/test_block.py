"""Blocks: what may be one, and the reason why something may not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mle_star.errors import EditError
from mle_star.solution.block import (
    DEFINES,
    Block,
    checked,
    hyperparameters_block,
    read_hyperparameters,
)
from mle_star.types import Role

MODEL = "def model(columns, hyperparameters):\n    return 1"


@pytest.mark.parametrize(
    ("role", "source", "reason"),
    [
        (Role.MODEL, "", "must define 'model'"),
        (Role.MODEL, "   \n\n", "must define 'model'"),
        (Role.MODEL, "def model(:", "does not parse"),
        (Role.MODEL, "x = '\0'", "does not parse"),
        (Role.MODEL, "def modell(columns): pass", "must define 'model'"),
        (Role.MODEL, "if True:\n    def model(): pass", "must define 'model'"),
        (Role.MODEL, f"{MODEL}\n# %% role: train\n", "one cell"),
        (Role.MODEL, f"{MODEL}\n    # %% note\n", "one cell"),
        (Role.MODEL, "Here is the code:\n```python\n" + MODEL + "\n```", "does not parse"),
        (Role.HYPERPARAMETERS, "HYPERPARAMETERS = {'a': f()}", "literals only"),
        (Role.HYPERPARAMETERS, "HYPERPARAMETERS = [1]", "must be a dictionary"),
        (Role.HYPERPARAMETERS, "import os\nHYPERPARAMETERS = {}", "one assignment"),
        (Role.HYPERPARAMETERS, "OTHER = {}", "must define 'HYPERPARAMETERS'"),
    ],
)
def test_what_is_no_block_is_refused_with_the_reason(role: Role, source: str, reason: str) -> None:
    with pytest.raises(EditError, match=reason):
        checked(role, source)


def test_blank_lines_around_a_block_are_not_part_of_it() -> None:
    assert checked(Role.MODEL, f"\n\n{MODEL}\n\n").source == MODEL


def test_the_indent_of_the_first_line_counts() -> None:
    with pytest.raises(EditError, match="does not parse"):
        checked(Role.MODEL, "  " + MODEL)


def test_identity_is_source_and_role_never_provenance() -> None:
    assert Block(Role.MODEL, MODEL).digest == Block(Role.MODEL, MODEL, "lightgbm").digest
    assert Block(Role.MODEL, MODEL).digest != Block(Role.MODEL, MODEL + " ").digest
    assert Block(Role.MODEL, MODEL).digest != Block(Role.TRAIN, MODEL).digest


def test_every_role_defines_something() -> None:
    assert set(DEFINES) == set(Role)


LITERALS = st.one_of(
    st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.text(), st.booleans(),
    st.none(),
)  # fmt: skip


@given(st.dictionaries(st.text(min_size=1), LITERALS))
def test_hyperparameters_survive_being_written_and_read(values: dict[str, object]) -> None:
    block = hyperparameters_block(values, "recipe")
    assert read_hyperparameters(block.source) == values
    assert block.recipe == "recipe"
