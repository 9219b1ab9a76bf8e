from __future__ import annotations

import csv
from pathlib import Path

import pandas as pd
import pytest
from tests.engine.bundle.conftest import Case

from mle_star.bundle.about import About
from mle_star.bundle.predict import predict_file
from mle_star.bundle.writing import write
from mle_star.errors import DataError
from mle_star.solution.solution import Ensemble


@pytest.fixture(scope="module")
def model(
    case: Case, single: Ensemble, about: About, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    folder = tmp_path_factory.mktemp("predict") / "model"
    write(folder, lambda: case.fitted(single), single, case.schema, about, case.table.iloc[:50])
    return folder


def test_one_row_an_input_row_in_its_order(model: Path, case: Case, tmp_path: Path) -> None:
    assert predict_file(model, case.new, tmp_path / "a.csv").rows == 100
    rows = pd.read_csv(case.new).iloc[::-1]
    rows.to_csv(tmp_path / "reversed.csv", index=False)
    predict_file(model, tmp_path / "reversed.csv", tmp_path / "b.csv")

    forward, backward = pd.read_csv(tmp_path / "a.csv"), pd.read_csv(tmp_path / "b.csv")
    pd.testing.assert_frame_equal(forward, backward.iloc[::-1].reset_index(drop=True))


def test_labels_are_written_as_data(
    case: Case, single: Ensemble, about: About, model: Path, tmp_path: Path
) -> None:
    hostile = ("=1+1", 'a,"b"')
    (output,) = case.schema.outputs
    outputs = (type(output)(output.name, output.original, output.kind, hostile),)
    schema = type(case.schema)(case.schema.dialect, case.schema.specs, outputs, case.schema.columns)
    write(tmp_path / "m", lambda: case.fitted(single), single, schema, about, case.table.iloc[:50])

    predict_file(tmp_path / "m", case.new, tmp_path / "out.csv")

    with (tmp_path / "out.csv").open(newline="") as file:
        header, *rows = csv.reader(file)
    assert header == ["prediction", "probability_=1+1", 'probability_a,"b"']
    assert {row[0] for row in rows} == set(hostile)


def test_a_file_without_a_needed_column_writes_nothing(
    model: Path, case: Case, tmp_path: Path
) -> None:
    pd.read_csv(case.new).drop(columns="City").to_csv(tmp_path / "less.csv", index=False)

    with pytest.raises(DataError, match="City"):
        predict_file(model, tmp_path / "less.csv", tmp_path / "out.csv")

    assert not (tmp_path / "out.csv").exists()
