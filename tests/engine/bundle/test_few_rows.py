"""A few rows are read as many are: one by one or a thousand together, a cell means the same."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mle_star.bundle.few_rows import typed_rows
from mle_star.toolkit.known import positions
from mle_star.toolkit.table import as_strings, typed_table

SPECS: list[dict[str, Any]] = [
    {"name": "a", "original": "A 1", "kind": "numeric", "decimal": ".", "thousands": ","},
    {"name": "b", "original": "B", "kind": "numeric", "decimal": ",", "affix": "€%"},
    {"name": "c", "original": "C", "kind": "categorical"},
    {"name": "d", "original": "D", "kind": "date", "format": "%Y-%m-%d|%Y-%m-%dT%H:%M:%S"},
    {"name": "e", "original": "E", "kind": "text"},
    {"name": "f", "original": "F", "kind": "numeric", "decimal": ".", "thousands": ","},
]
CELLS = st.one_of(
    st.none(),
    st.sampled_from(
        ["", " ", "NA", " nan ", "?", "1,234.5", " 7 ", "1_000", "0x10", "inf", "-inf", "1e400"]
    ),
    st.sampled_from(["3,5 %", "€ 2", "12.5€", "2024-02-30", "2024-02-29", "2024-02-29T13:45:00"]),
    st.sampled_from([True, np.float32(1.5), np.int8(3), pd.NA, pd.NaT, float("nan"), 10**20]),
    st.integers(),
    st.floats(),
    st.text(max_size=6),
    st.datetimes(datetime(1700, 1, 1), datetime(2200, 1, 1)),
)


@given(st.lists(st.lists(CELLS, min_size=6, max_size=6), min_size=1, max_size=5))
def test_any_cell_is_read_as_in_a_large_table(rows: list[list[Any]]) -> None:
    names = [spec["original"] for spec in SPECS]
    columns = [pd.Series(list(cells), dtype=object) for cells in zip(*rows, strict=True)]
    table = pd.DataFrame(dict(zip(names, columns, strict=True)))

    pd.testing.assert_frame_equal(typed_rows(table, SPECS), typed_table(as_strings(table), SPECS))


@pytest.mark.parametrize(
    "column",
    [
        pd.Series([datetime(2024, 2, 29), None, datetime(2023, 1, 1, 10, 0, 1)]),
        pd.Series(["x", None, " y "], dtype="category"),
        pd.Series(["x", None, "NA"], dtype="str"),
        pd.Series([1.5, np.nan, 1e30], dtype="float32"),
        pd.Series([1, None, 3], dtype="Int64"),
        pd.Series([True, False, None], dtype="boolean"),
        pd.Series([1, 2, 3], dtype="uint8"),
    ],
)
def test_any_type_of_column_is_read_as_in_a_large_table(column: pd.Series[Any]) -> None:
    table = pd.DataFrame({spec["original"]: column for spec in SPECS})

    pd.testing.assert_frame_equal(typed_rows(table, SPECS), typed_table(as_strings(table), SPECS))


@given(
    st.lists(st.one_of(st.none(), st.text(max_size=2)), max_size=20), st.sets(st.text(max_size=2))
)
def test_values_have_the_same_places_in_few_rows_and_in_many(
    values: list[str | None], known: set[str]
) -> None:
    few = pd.Series(values, dtype="str")
    many = pd.Series(values * 100, dtype="str")

    found = positions(few, sorted(known))

    assert np.array_equal(np.tile(found, 100), positions(many, sorted(known)))
    assert [sorted(known)[place] if place >= 0 else None for place in found] == [
        value if value in known else None for value in values
    ]
