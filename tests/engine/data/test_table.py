"""Cells of text become typed values."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from mle_star.toolkit.table import (
    as_strings,
    encode_labels,
    parse_dates,
    predictions_frame,
    typed_table,
    unique_names,
)


def spec(name: str, kind: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "original": name, "kind": kind, "format": None, **more}


def texts(*cells: str | None) -> pd.Series:
    return pd.Series(list(cells), dtype="str")


def test_each_kind_gets_its_type_whatever_the_order_of_columns() -> None:
    strings = pd.DataFrame(
        {
            "x": texts("z", "z"),
            "d": texts("2024-01-02", "?"),
            "n": texts(" 1.5", ""),
            "c": texts(" a ", "NA"),
        }
    )
    specs = [spec("n", "numeric"), spec("c", "categorical"), spec("d", "date", format="%Y-%m-%d")]
    table = typed_table(strings, specs)
    assert list(table.columns) == ["n", "c", "d"]
    assert table["n"].dtype == np.float64
    assert table["c"].tolist()[0] == "a"
    assert table["d"][0] == pd.Timestamp("2024-01-02")
    assert table.iloc[1].isna().all()


@pytest.mark.parametrize(
    ("cell", "writing", "number"),
    [
        ("1.234,5", {"decimal": ",", "thousands": "."}, 1234.5),
        ("1,234.5", {"decimal": ".", "thousands": ","}, 1234.5),
        ("12,5 %", {"decimal": ",", "affix": "%"}, 12.5),
        ("$1,000", {"thousands": ",", "affix": "$"}, 1000.0),
        ("-3e2", {}, -300.0),
        ("inf", {}, np.nan),
        ("-Infinity", {}, np.nan),
        ("1e999", {}, np.nan),
        ("12 apples", {}, np.nan),
        ("99999999999999999999999", {}, 1e23),
    ],
)
def test_numbers_are_read_as_they_are_written(
    cell: str, writing: dict[str, str], number: float
) -> None:
    table = typed_table(pd.DataFrame({"n": texts(cell, "x")}), [spec("n", "numeric", **writing)])
    assert table["n"][0] == pytest.approx(number, nan_ok=True)


def test_each_date_is_read_with_the_first_format_that_fits() -> None:
    cells = np.array(["2024-02-03", "03/02/2024 14:30", "nonsense"], dtype=object)
    found = parse_dates(cells, "%Y-%m-%d|%d/%m/%Y %H:%M")
    assert found[0] == np.datetime64("2024-02-03")
    assert found[1] == np.datetime64("2024-02-03T14:30")
    assert np.isnat(found[2])


def test_time_zones_are_brought_to_utc_and_dropped() -> None:
    cells = np.array(["2024-01-01T00:00:00+0200"], dtype=object)
    assert parse_dates(cells, "%Y-%m-%dT%H:%M:%S%z")[0] == np.datetime64("2023-12-31T22:00")


def test_a_missing_column_is_named() -> None:
    with pytest.raises(ValueError, match="'b'"):
        typed_table(pd.DataFrame({"a": texts("1")}), [spec("b", "numeric")])


def test_a_typed_frame_reads_like_the_file_it_came_from() -> None:
    frame = pd.DataFrame({"n": [1.5, np.nan], "b": [True, False], "i": [3, 4], "c": ["x", None]})
    strings = as_strings(frame)
    assert strings["n"].tolist()[0] == "1.5"
    assert strings["b"].tolist() == ["True", "False"]
    assert strings["i"].tolist() == ["3", "4"]
    assert strings.isna().sum().tolist() == [1, 0, 0, 1]


def test_labels_are_codes_in_class_order_and_unknown_ones_are_missing() -> None:
    outputs = [
        {"original": "y", "kind": "multiclass", "classes": ["a", "b", "c"]},
        {"original": "z", "kind": "regression", "classes": [], "decimal": ","},
    ]
    strings = pd.DataFrame({"y": texts("c", " a", "new", None), "z": texts("1,5", "2", "x", "?")})
    labels = encode_labels(strings, outputs)
    assert labels[:, 0].tolist()[:2] == [2.0, 0.0]
    assert labels[:, 1].tolist()[:2] == [1.5, 2.0]
    assert np.isnan(labels[2:]).all()


def test_a_label_written_as_another_form_of_the_same_number_is_known() -> None:
    outputs = [{"original": "y", "kind": "binary", "classes": ["0", "1"]}]
    assert encode_labels(pd.DataFrame({"y": texts("1.0", "0.0")}), outputs).tolist() == [[1], [0]]


def test_predictions_carry_the_labels_of_the_file() -> None:
    outputs = [{"original": "y", "classes": ["<=50K", ">50K"]}]
    frame = predictions_frame(np.array([[0.8, 0.2], [0.3, 0.7]]), outputs)
    assert list(frame.columns) == ["prediction", "probability_<=50K", "probability_>50K"]
    assert frame["prediction"].tolist() == ["<=50K", ">50K"]


def test_predictions_of_several_targets_name_their_target() -> None:
    outputs = [{"original": "y", "classes": ["a", "b"]}, {"original": "z", "classes": ["u", "v"]}]
    frame = predictions_frame(np.array([[0.9, 0.1, 0.2, 0.8]]), outputs)
    assert frame["prediction_y"].tolist() == ["a"]
    assert frame["prediction_z"].tolist() == ["v"]
    assert frame["probability_z_v"].tolist() == [0.8]


def test_regression_predicts_numbers() -> None:
    frame = predictions_frame(np.array([[1.5], [2.5]]), [{"original": "y", "classes": []}])
    assert frame.to_dict("list") == {"prediction": [1.5, 2.5]}


def test_made_up_names_never_meet_names_that_are_there() -> None:
    names = unique_names(["a", "a", "a.1", "", "column_4", "a"])
    assert len(set(names)) == 6
    assert names[0] == "a"
    assert names[2] == "a.1"


def test_a_table_without_rows_keeps_its_columns() -> None:
    table = typed_table(
        pd.DataFrame({"n": texts(), "d": texts(), "c": texts()}),
        [spec("n", "numeric"), spec("d", "date", format="%Y"), spec("c", "text")],
    )
    assert table.shape == (0, 3)
