"""Data sets of like shape have a fingerprint in common, others do not."""

from __future__ import annotations

from typing import Any

import pytest

from mle_star_memory.fingerprint import fingerprint

SHAPE: dict[str, Any] = {
    "task": "binary",
    "rows": 5000,
    "columns": 20,
    "kinds": {"numeric": 3, "categorical": 16},
    "missing": 0.02,
}


def test_it_is_the_same_in_every_version_of_the_program() -> None:
    assert fingerprint(**SHAPE) == "4e20a3c2d1c4"


@pytest.mark.parametrize(
    "other",
    [
        {"rows": 5100},
        {"rows": 4600},
        {"missing": 0.04},
        {"kinds": {"categorical": 16, "numeric": 3, "text": 0}},
        {"kinds": {"numeric": 3, "categorical": 17}},
    ],
)
def test_small_differences_do_not_matter(other: dict[str, Any]) -> None:
    assert fingerprint(**(SHAPE | other)) == fingerprint(**SHAPE)


@pytest.mark.parametrize(
    "other",
    [
        {"task": "regression"},
        {"rows": 50_000},
        {"columns": 60},
        {"missing": 0.0},
        {"missing": 0.3},
        {"kinds": {"numeric": 16, "categorical": 3}},
        {"kinds": {"numeric": 3, "categorical": 16, "text": 1}},
    ],
)
def test_large_differences_do(other: dict[str, Any]) -> None:
    assert fingerprint(**(SHAPE | other)) != fingerprint(**SHAPE)
