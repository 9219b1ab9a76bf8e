"""A file becomes a typed table that any later file can be read into."""

from __future__ import annotations

import io
import json
import resource
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mle_star.data.load import load
from mle_star.data.prepare import DataRequest, prepare, read_features, read_labels
from mle_star.data.schema import Schema
from mle_star.errors import DataError
from mle_star.recipes.recipe import Facts

ROWS = 60
HOSTILE = [
    *[
        "",
        "class",
        "__class__",
        "😀",
        "two\nlines",
        'quo"te',
        "<script>alert(1)</script>",
        "Y",
        "y y",
    ],
    *["'; DROP TABLE x; --", "../../etc", '{"a": [1]}', "x" * 10_000, "x" * 10_001, "a", "A", "%s"],
]


@pytest.fixture
def frame() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    return pd.DataFrame(
        {
            "customerID": [f"{i:04d}-ABCDE" for i in range(ROWS)],
            "n": rng.normal(size=ROWS).round(3),
            "Review Text": [f"some words about thing number {i}" for i in range(ROWS)],
            "c": np.resize(["red", "green", None], ROWS),
            "when": pd.date_range("2020-01-01", periods=3).strftime("%Y-%m-%d").repeat(ROWS // 3),
            "y": np.resize(["No", "Yes"], ROWS),
        }
    )


@pytest.fixture
def path(frame: pd.DataFrame, tmp_path: Path) -> Path:
    frame.to_csv(tmp_path / "t.csv", index=False)
    return tmp_path / "t.csv"


def test_the_table_holds_the_features_typed_under_safe_names(path: Path) -> None:
    found = prepare(DataRequest(path, ("y",)))
    assert {str(dtype) for dtype in found.table.dtypes} <= {
        "float64",
        "str",
        "datetime64[us]",
        "object",
    }
    assert list(found.table.columns) == ["n", "Review_Text", "c", "when"]
    assert found.columns["text"] == ["Review_Text"]
    assert found.columns["date"] == ["when"]
    assert found.columns["rows"] == ROWS
    assert found.labels[:4, 0].tolist() == [0, 1, 0, 1]
    assert isinstance(found.table.index, pd.RangeIndex)


def test_facts_are_what_recipes_ask_for(path: Path) -> None:
    facts = Facts(**prepare(DataRequest(path, ("y",))).facts)
    assert (facts.numeric, facts.categorical, facts.text, facts.date) == (1, 1, 1, 1)
    assert (facts.rows, facts.classes, facts.minority) == (ROWS, 2, 0.5)
    assert facts.missing == pytest.approx(1 / 12)


def test_a_schema_comes_back_from_json_as_it_was(path: Path) -> None:
    schema = prepare(DataRequest(path, ("y",), drop=("n",))).schema
    assert Schema.from_json(json.loads(json.dumps(schema.to_json()))) == schema


def test_ids_and_dropped_columns_are_no_features(path: Path) -> None:
    found = prepare(DataRequest(path, ("y",), ids=("c",), drop=("n",)))
    assert list(found.table.columns) == ["Review_Text", "when"]
    roles = {column.original: column.role for column in found.schema.specs}
    assert (roles["c"], roles["n"], roles["customerID"]) == ("id", "dropped", "id")


@pytest.mark.parametrize("style", ["reordered", "semicolons", "jsonl", "gzip", "parquet", "utf-16"])
def test_another_file_with_the_same_cells_gives_the_same_table(
    path: Path, frame: pd.DataFrame, tmp_path: Path, style: str
) -> None:
    found = prepare(DataRequest(path, ("y",)))
    other = tmp_path / "other"
    moved = frame[[*reversed(frame.columns)]].assign(extra="unasked")
    if style == "jsonl":
        moved.to_json(other, orient="records", lines=True)
    elif style == "parquet":
        pytest.importorskip("pyarrow")
        moved.to_parquet(other)
    elif style == "gzip":
        moved.to_csv(other, index=False, compression="gzip")
    else:
        encoding = "utf-16" if style == "utf-16" else "utf-8"
        sep = ";" if style == "semicolons" else ","
        moved.to_csv(other, index=False, sep=sep, encoding=encoding)
    table, strings = read_features(other, found.schema)
    pd.testing.assert_frame_equal(table, found.table)
    assert len(strings) == ROWS
    labels = read_labels(other, found.schema)
    assert labels is not None
    assert labels.tolist() == found.labels.tolist()


def test_a_file_without_the_target_has_no_labels_but_features(
    path: Path, frame: pd.DataFrame, tmp_path: Path
) -> None:
    schema = prepare(DataRequest(path, ("y",))).schema
    frame.drop(columns=["y", "customerID"]).to_csv(tmp_path / "p.csv", index=False)
    assert read_labels(tmp_path / "p.csv", schema) is None
    assert len(read_features(tmp_path / "p.csv", schema)[0]) == ROWS


def test_a_file_that_lacks_columns_is_refused_with_the_difference(
    path: Path, frame: pd.DataFrame, tmp_path: Path
) -> None:
    schema = prepare(DataRequest(path, ("y",))).schema
    frame.rename(columns={"n": "N"}).drop(columns="when").to_csv(tmp_path / "p.csv", index=False)
    with pytest.raises(DataError, match=r"missing column\(s\) 'n', 'when'; unknown here: 'N'"):
        read_features(tmp_path / "p.csv", schema)


def test_hostile_names_survive_and_come_back(tmp_path: Path) -> None:
    frame = pd.DataFrame({name: np.arange(ROWS) % (k + 2) for k, name in enumerate(HOSTILE)})
    frame.insert(3, "class ", np.resize(["a", "b"], ROWS))
    frame.to_csv(tmp_path / "h.csv", index=False)
    found = prepare(DataRequest(tmp_path / "h.csv", ("class",), drop=("class.1",)))
    assert all(name.isidentifier() for name in found.table.columns)
    originals = {column.original for column in found.schema.specs}
    assert set(HOSTILE) - {""} <= originals
    assert found.schema.outputs[0].original == "class"
    assert read_features(tmp_path / "h.csv", found.schema)[0].equals(found.table)


def test_a_column_of_text_alone_is_a_valid_data_set(tmp_path: Path) -> None:
    lines = [f'"thing number {i}, {w}",{w}' for i in range(30) for w in ("good", "bad")]
    (tmp_path / "t.csv").write_text("text,y\n" + "\n".join(lines))
    found = prepare(DataRequest(tmp_path / "t.csv", ("y",)))
    assert found.columns["text"] == ["text"]
    assert len(found.table.columns) == 1


def test_a_file_with_nothing_to_learn_from_is_refused(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("k,y\n" + "".join(f"same,{i % 2}\n" for i in range(40)))
    with pytest.raises(DataError, match=r"no column to learn from .*'k': constant"):
        prepare(DataRequest(tmp_path / "t.csv", ("y",)))


def test_the_profile_says_what_deserves_attention(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    y = np.resize([0, 1], 300)
    frame = pd.DataFrame(
        {
            "leak": np.where(y == 1, "won", "lost"),
            "gaps": np.where(rng.random(300) < 0.8, np.nan, 1.5) + rng.random(300),
            "inf": np.where(rng.random(300) < 0.1, np.inf, rng.random(300)),
            "many": [f"L{k}" for k in rng.integers(0, 90, 300)],
            "fixed": 1,
            "y": y,
        }
    )
    frame = pd.concat([frame, frame.iloc[:50]])
    frame.to_csv(tmp_path / "t.csv", index=False)
    profile = prepare(DataRequest(tmp_path / "t.csv", ("y",))).profile
    said = " | ".join(issue.message for issue in profile.issues)
    assert profile.issues[0].severity == "danger"
    assert "'leak' determines the target" in profile.issues[0].message
    assert profile.duplicate_rows == 50
    for words in ("'gaps' is missing", "'inf' is infinite", "'many' has", "'fixed' is left out"):
        assert words in said
    assert json.loads(json.dumps(profile.to_json()))["rows"] == 350


def test_infinities_become_missing(tmp_path: Path) -> None:
    frame = pd.DataFrame(
        {"x": np.resize([1.0, np.inf, -np.inf, 2.0], 40), "y": np.arange(40) * 1.5}
    )
    frame.to_csv(tmp_path / "t.csv", index=False)
    table = prepare(DataRequest(tmp_path / "t.csv", ("y",))).table
    assert table["x"].isna().sum() == 20
    assert np.isfinite(table["x"].dropna()).all()


def test_a_hundred_thousand_categories_and_a_huge_cell_are_prepared_in_seconds(
    tmp_path: Path,
) -> None:
    lines = [f"K{i},{i % 7},{'yn'[i % 2]}" for i in range(100_000)]
    lines[500] = "x" * 20_000_000 + ",1,y"
    (tmp_path / "t.csv").write_text("k,n,y\n" + "\n".join(lines))
    started, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    found = prepare(DataRequest(tmp_path / "t.csv", ("y",)))
    assert len(found.table) == 100_000
    assert time.perf_counter() - started < 120
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 1_500_000


def test_nothing_is_written_beside_the_data(path: Path) -> None:
    prepare(DataRequest(path, ("y",)))
    assert [file.name for file in path.parent.iterdir()] == ["t.csv"]


def damaged(content: bytes, seed: int) -> bytes:
    """A file with a few bytes cut out, doubled or replaced."""
    rng = np.random.default_rng(seed)
    for _ in range(rng.integers(1, 6)):
        place, size = int(rng.integers(0, len(content))), int(rng.integers(1, 40))
        junk = rng.choice(
            [b'"', b",", b"\n", b"\r", b"\xff", b"\0", b";", content[place : place + size], b""]
        )
        content = content[:place] + bytes(junk) + content[place + int(rng.integers(0, size)) :]
    return content


@pytest.mark.parametrize("seed", range(60))
def test_a_damaged_file_is_refused_or_read_without_a_shift(path: Path, seed: int) -> None:
    path.write_bytes(damaged(path.read_bytes(), seed))
    try:
        found = prepare(DataRequest(path, ("y",)))
    except DataError as error:
        remedy = error.remedy
    else:
        remedy = "none needed"
        assert set(found.task.outputs[0].classes) >= {"No", "Yes"}
    assert remedy


CELLS = st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\0"))


@settings(
    deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(st.tuples(CELLS, CELLS), min_size=1, max_size=8))
def test_what_pandas_writes_is_read_back_cell_by_cell(
    tmp_path_factory: pytest.TempPathFactory, cells: list[tuple[str, str]]
) -> None:
    path = tmp_path_factory.mktemp("h") / "t.csv"
    frame = pd.DataFrame(cells, columns=["first", "second"])
    buffer = io.StringIO()
    frame.to_csv(buffer, index=False, quoting=1)
    path.write_text(buffer.getvalue(), encoding="utf-8", newline="")
    strings = load(path).strings
    assert len(strings) == len(frame)
    for name in frame.columns:
        for got, wrote in zip(strings[name], frame[name], strict=True):
            assert got == wrote or pd.isna(got)
