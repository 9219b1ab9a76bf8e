"""What the closing phases may spend."""

from __future__ import annotations

import pytest

from mle_star.budget import Budget
from mle_star.session import shares


@pytest.mark.parametrize("refit", [0.1, 3.0, 6.0, 9.0, 11.0])
def test_validation_leaves_the_time_to_fit_all_rows_with_some_to_spare(refit: float) -> None:
    budget = Budget(lambda: 0.0, 32.0)

    part = shares.validation(budget, refit)

    assert 32.0 - part.seconds() >= 1.3 * refit + 4.0
    assert part.seconds() >= 1.1 * refit, "and has the time for a fit of its own"


@pytest.mark.parametrize("refit", [14.0, 15.0])
def test_where_two_fits_are_too_much_fewer_rows_are_validated_and_all_are_shipped(
    refit: float,
) -> None:
    budget = Budget(lambda: 0.0, 32.0)

    part = shares.validation(budget, refit)

    assert 32.0 - part.seconds() >= 1.1 * refit + 4.0
    assert part.seconds() >= 8.0


def test_where_there_is_no_time_for_both_the_model_is_shipped_as_validated() -> None:
    budget = Budget(lambda: 0.0, 32.0)

    assert shares.validation(budget, 20.0).seconds() > 25.0
