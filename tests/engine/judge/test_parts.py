"""How many rows are held back, by how many there are."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mle_star.judge.parts import MOST_HOLDOUT, MOST_SELECTION, parts_of

ROWS = st.integers(10, 10_000_000)
SHARES = st.floats(0.001, 0.5)


@given(rows=ROWS, alike=st.booleans())
def test_four_fifths_at_least_are_searched_on_and_some_are_held_out(rows: int, alike: bool) -> None:
    parts = parts_of(rows, alike=alike)

    assert parts.holdout > 0
    assert parts.holdout + parts.selection <= 0.2 * rows + 1


@given(rows=ROWS)
def test_parts_of_large_data_stop_growing_unless_its_rows_are_alike(rows: int) -> None:
    parts, alike = parts_of(rows), parts_of(rows, alike=True)

    assert parts.holdout <= MOST_HOLDOUT
    assert parts.selection <= MOST_SELECTION
    assert alike.holdout == round(0.15 * rows)
    assert alike.selection >= parts.selection


@given(rows=ROWS, more=st.integers(1, 1000))
def test_more_rows_hold_back_no_fewer(rows: int, more: int) -> None:
    few, many = parts_of(rows), parts_of(rows + more)

    assert many.selection >= few.selection
    assert many.holdout >= few.holdout or rows < 2_000 <= rows + more


@given(rows=ROWS, share=SHARES, alike=st.booleans())
def test_what_is_asked_for_is_held_out_however_much_it_is(
    rows: int, share: float, alike: bool
) -> None:
    parts = parts_of(rows, share, alike=alike)

    assert parts.holdout == max(1, round(share * rows))
    assert parts.selection == parts_of(rows, alike=alike).selection


@given(rows=ROWS, alike=st.booleans())
def test_asked_for_none_nothing_is_held_back_at_all(rows: int, alike: bool) -> None:
    parts = parts_of(rows, 0.0, alike=alike)

    assert (parts.holdout, parts.selection) == (0, 0)


@pytest.mark.parametrize(
    ("rows", "holdout", "selection"),
    [
        (300, 60, 0),
        (1_000, 200, 0),
        (3_000, 450, 0),
        (10_000, 1_500, 0),
        (20_000, 3_000, 1_000),
        (30_000, 4_500, 1_500),
        (300_000, 10_000, 5_000),
    ],
)
def test_the_parts_of_usual_tables(rows: int, holdout: int, selection: int) -> None:
    parts = parts_of(rows)

    assert (parts.holdout, parts.selection) == (holdout, selection)
