"""What may be put in the place of a block, and what is refused with which reason."""

from __future__ import annotations

import pytest
from tests.engine.bench.logged import solution

from mle_star.bench.block import edited
from mle_star.errors import EditError
from mle_star.types import Role

GOOD = "def model(columns, hyperparameters):\n    return 2"


def test_an_edit_replaces_exactly_one_block_and_its_code_is_foreign() -> None:
    before = solution("a")
    features = edited(before, Role.FEATURES, "def features(columns):\n    return None\n", "try it")

    assert [block.role for block in features.blocks] == [Role.FEATURES, Role.MODEL]
    assert features.block(Role.MODEL) == before.block(Role.MODEL)
    assert features.is_foreign
    assert (features.parent, features.changed) == (before.digest, Role.FEATURES)
    assert features.origin == "try it"


@pytest.mark.parametrize(
    ("role", "source", "reason"),
    [
        (Role.MODEL, "def model(columns", "does not parse"),
        (Role.MODEL, "x = 1", "must define 'model'"),
        (Role.MODEL, GOOD + "\n# %% role: post\n", "may not hold a '# %%' marker"),
        (Role.MODEL, "import os\n" + GOOD, "may not run"),
        (Role.MODEL, "  \n", "there is no code"),
        (Role.MODEL, "def model(columns, hyperparameters):\n    return a", "stands there already"),
        (Role.HYPERPARAMETERS, "HYPERPARAMETERS = {'a': f()}", "literals only"),
    ],
)
def test_what_breaks_a_rule_is_refused_with_its_reason(
    role: Role, source: str, reason: str
) -> None:
    with pytest.raises(EditError, match=reason):
        edited(solution("a"), role, source, "")
