"""What a column holds is seen from its texts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
import pytest

from mle_star.data.cells import cells_of
from mle_star.data.columns import safe_names
from mle_star.data.kinds import infer_columns
from mle_star.data.schema import Column


def infer(targets: Sequence[str] = (), **columns: Any) -> dict[str, Column]:
    cells = {n: cells_of(pd.Series(list(c), dtype="str")) for n, c in columns.items()}
    return {c.original: c for c in infer_columns(cells, safe_names(list(cells)), targets)}


def kind(cells: Sequence[str | None], name: str = "x") -> str:
    return str(infer((), **{name: cells})[name].kind)


NUMBERS: dict[str, list[str | None]] = {
    "whole": ["1", "2", "3"] * 10,
    "few_values": ["0", "1"] * 10,
    "floats": ["1.5", "-2.25", "3e4"] * 10,
    "blanks": ["1", " ", "3", None] * 10,
    "hours": ["00", "01", "23"] * 10,
    "infinities": ["1", "2", "inf", "-Infinity"] * 10,
    "long": ["123456789012345678901234567890", "2"] * 10,
}
LABELS: dict[str, list[str | None]] = {
    "leading_zeros": ["007", "012", "123"] * 10,
    "booleans": ["True", "False"] * 10,
    "words": ["red", "green"] * 10,
    "mixed": ["1", "2", "red", "blue"] * 10,
    "tickets": ["A/5 21171", "113803", "PC 17599"] * 10,
    "versions": ["1.2.3", "1.2.4"] * 10,
}


@pytest.mark.parametrize("name", NUMBERS)
def test_numbers_are_numeric(name: str) -> None:
    assert kind(NUMBERS[name]) == "numeric"


@pytest.mark.parametrize("name", LABELS)
def test_labels_are_categorical(name: str) -> None:
    assert kind(LABELS[name]) == "categorical"


@pytest.mark.parametrize(
    ("cells", "decimal", "thousands", "affix"),
    [
        (["1,5", "2,25", "3"], ",", "", ""),
        (["1.234,5", "12,0", "1.000.000"], ",", ".", ""),
        (["1,234", "12,345", "999"], ".", ",", ""),
        (["1,234.5", "12,345.75", "999"], ".", ",", ""),
        (["15%", "20 %", "3.5%"], ".", "", "%"),
        (["$1,200", "$950", "$10,000"], ".", ",", "$"),
    ],
)
def test_the_writing_of_numbers_is_found(
    cells: list[str], decimal: str, thousands: str, affix: str
) -> None:
    column = infer(x=cells * 10)["x"]
    assert str(column.kind) == "numeric"
    assert (column.decimal, column.thousands, column.affix) == (decimal, thousands, affix)


def test_a_thousands_point_is_seen_where_the_file_writes_decimal_commas() -> None:
    columns = infer(price=["1,5", "2,75"] * 10, people=["1.234", "12.500"] * 10)
    assert (columns["people"].decimal, columns["people"].thousands) == (",", ".")


def test_stray_words_among_numbers_count_as_missing_and_are_said() -> None:
    column = infer(x=[*map(str, range(98)), "n.a.", "unknown"])["x"]
    assert str(column.kind) == "numeric"
    assert "2.0%" in column.why


@pytest.mark.parametrize(
    ("cells", "formats"),
    [
        (["2024-01-31", "2023-12-01"], "%Y-%m-%d"),
        (["2024-01-31 13:05:00", "2023-12-01 00:00:00"], "%Y-%m-%d %H:%M:%S"),
        (["2024-01-31T13:05:00Z", "2023-12-01T00:00:00Z"], "%Y-%m-%dT%H:%M:%S%z"),
        (["31/01/2024", "01/12/2023"], "%d/%m/%Y"),
        (["01/31/2024", "12/01/2023"], "%m/%d/%Y"),
        (["31.01.2024 14:30", "01.12.2023 09:00"], "%d.%m.%Y %H:%M"),
        (["31-Jan-2024", "01-Dec-2023"], "%d-%b-%Y"),
        (["January 31, 2024", "December 01, 2023"], "%B %d, %Y"),
        (["01/31/2024 02:05:00 PM", "12/01/2023 11:00:00 AM"], "%m/%d/%Y %I:%M:%S %p"),
    ],
)
def test_dates_are_found_with_their_format(cells: list[str], formats: str) -> None:
    column = infer(when=cells * 10)["when"]
    assert (str(column.kind), column.format) == ("date", formats)


def test_three_formats_in_one_column_are_all_read_and_said() -> None:
    cells = ["2024-01-31", "31/12/2023", "15 Jan 2024"] * 10
    column = infer(when=cells)["when"]
    assert str(column.kind) == "date"
    assert len((column.format or "").split("|")) == 3
    assert "mixes 3 formats" in column.why


def test_a_day_that_could_be_a_month_is_doubted() -> None:
    assert "other way round" in infer(when=["01/02/2024", "03/04/2024"] * 10)["when"].why


def test_eight_digits_are_dates_only_where_the_name_says_so() -> None:
    cells = ["20240131", "20231201"] * 10
    assert kind(cells, "order_date") == "date"
    assert kind(cells, "amount") == "numeric"


def test_free_text_and_names_of_people_are_text() -> None:
    assert kind([f"Smith, Mr. John {i}" for i in range(40)]) == "text"
    assert (
        kind([f"{w} of a long sentence about number {i}" for i in range(30) for w in "ab"])
        == "text"
    )


def test_keys_that_name_the_row_are_ids() -> None:
    columns = infer(
        customerID=[f"{i:04d}-ABCDE" for i in range(40)],
        PassengerId=[str(i) for i in range(40)],
        uuid=[f"{i:032x}" for i in range(40)],
        column_4=[str(i) for i in range(40)],
        amount=[str(i) for i in range(40)],
        Clothing_ID=[str(i % 20) for i in range(40)],
    )
    roles = {name: column.role for name, column in columns.items()}
    assert roles == {
        **dict.fromkeys(["customerID", "PassengerId", "uuid", "column_4"], "id"),
        **dict.fromkeys(["amount", "Clothing_ID"], "feature"),
    }


def test_empty_constant_and_duplicate_columns_are_no_features_and_say_why() -> None:
    columns = infer(
        empty=[None] * 20, same=["x"] * 20, a=["1", "2"] * 10, b=["1", "2"] * 10, c=["2", "1"] * 10
    )
    assert {n: c.role for n, c in columns.items()} == {
        "empty": "empty",
        "same": "constant",
        "a": "feature",
        "b": "duplicate",
        "c": "feature",
    }
    assert "'a'" in columns["b"].why


def test_a_single_label_with_gaps_still_tells_something() -> None:
    assert infer(x=["yes", None] * 10)["x"].role == "feature"


def test_a_copy_of_the_target_is_not_dropped_silently() -> None:
    columns = infer(targets=["y"], x=["1", "2"] * 10, y=["1", "2"] * 10)
    assert columns["x"].role == "feature"
    assert columns["y"].role == "target"
