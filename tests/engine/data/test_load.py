"""A file is read without doubt about where its cells belong, or refused with line and remedy."""

from __future__ import annotations

import builtins
import gzip
import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from mle_star.data.load import load
from mle_star.errors import DataError

Write = Callable[..., Path]
HEADER = "a,b,y\n"
GOOD = HEADER + "".join(f"{i},w{i % 3},{'yn'[i % 2]}\n" for i in range(40))


def as_lists(path: Path) -> list[list[Any]]:
    return load(path).strings.astype(object).to_numpy().tolist()


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_every_common_delimiter_is_found(write: Write, delimiter: str) -> None:
    loaded = load(write(GOOD.replace(",", delimiter)))
    assert list(loaded.strings.columns) == ["a", "b", "y"]
    assert len(loaded.strings) == 40
    assert loaded.dialect["delimiter"] == delimiter


def test_a_delimiter_inside_quoted_texts_does_not_mislead(write: Write) -> None:
    text = 'name;note\n"a;b";"1,2,3"\n"c";"4,5,6"\n'
    assert as_lists(write(text)) == [["a;b", "1,2,3"], ["c", "4,5,6"]]


def test_decimal_commas_between_semicolons_stay_in_their_cells(write: Write) -> None:
    assert as_lists(write("a;b\n1,5;2,5\n3,5;4,5\n")) == [["1,5", "2,5"], ["3,5", "4,5"]]


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"]
)
def test_every_common_encoding_is_found(write: Write, encoding: str) -> None:
    loaded = load(write("città,y\n" + "caffè,1\nüber,2\n" * 20, encoding=encoding))
    assert list(loaded.strings.columns) == ["città", "y"]
    assert loaded.strings["città"][1] == "über"


def test_bytes_of_no_known_encoding_are_read_as_latin_1_and_said_aloud(write: Write) -> None:
    loaded = load(write(b"a,y\n\x81\xe9,1\n"))
    assert loaded.dialect["encoding"] == "latin-1"
    assert any("latin-1" in note for note in loaded.notes)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_every_line_end_is_understood(write: Write, end: str) -> None:
    assert as_lists(write(end.join(["a,b", "1,2", "3,4", ""]))) == [["1", "2"], ["3", "4"]]


def test_a_gzip_file_under_any_name_is_unpacked(write: Write) -> None:
    assert len(load(write(gzip.compress(GOOD.encode()), "data.csv")).strings) == 40


def test_quoted_line_ends_and_doubled_quotes_stay_in_their_cell(write: Write) -> None:
    assert as_lists(write('a,b\n"one\ntwo","say ""hi"""\n')) == [["one\ntwo", 'say "hi"']]


def test_a_quote_in_the_middle_of_a_cell_is_a_character(write: Write) -> None:
    assert as_lists(write('a,b\n5" pipe,x\n6" pipe,y\n')) == [['5" pipe', "x"], ['6" pipe', "y"]]


def test_single_quotes_around_every_cell_are_quotes(write: Write) -> None:
    assert as_lists(write("'a','b'\n'1,5','x'\n")) == [["1,5", "x"]]


def test_blank_lines_are_passed_over(write: Write) -> None:
    assert as_lists(write("a,b\n\n1,2\n   \n3,4\n\n\n")) == [["1", "2"], ["3", "4"]]


def test_blank_and_duplicate_names_are_made_unique(write: Write) -> None:
    loaded = load(write("a,a,,a.1, b \n1,2,3,4,5\n"))
    assert list(loaded.strings.columns) == ["a", "a.2", "column_3", "a.1", "b"]
    assert any("column_3" in note for note in loaded.notes)


def test_a_single_column_is_a_table(write: Write) -> None:
    assert as_lists(write("text\nhello world\nbye\n")) == [["hello world"], ["bye"]]


def test_codes_and_long_numbers_keep_every_digit(write: Write) -> None:
    cells = as_lists(write("a,b\n007,123456789012345678901234567890\n"))
    assert cells == [["007", "123456789012345678901234567890"]]


@pytest.mark.parametrize("cell", ["", "NA", "N/A", "NaN", "null", "None", "?", "#N/A", "<NA>"])
def test_what_says_there_is_no_value_is_missing(write: Write, cell: str) -> None:
    assert load(write(f"a,b\n{cell},1\nx,2\n")).strings["a"].isna().tolist() == [True, False]


def test_json_lines_are_read_with_numbers_as_written(write: Write) -> None:
    lines = [{"a": 1.50, "b": "x"}, {"b": None, "c": True}, {"a": 3, "c": [1, 2]}]
    loaded = load(write("\n".join(map(json.dumps, lines)).replace("1.5", "1.50"), "d.txt"))
    assert loaded.dialect["format"] == "jsonl"
    assert loaded.strings["a"].tolist()[0] == "1.50"
    assert loaded.strings["c"].tolist()[1:] == ["True", '["1", "2"]']
    assert loaded.strings["b"].isna().tolist() == [False, True, True]


def test_json_records_are_read(write: Write) -> None:
    loaded = load(write(json.dumps([{"a": 1, "b": "x"}, {"a": 2, "b": "y"}], indent=1)))
    assert loaded.dialect["format"] == "json"
    assert loaded.strings["a"].tolist() == ["1", "2"]


def test_parquet_is_read_as_text(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    moments = pd.to_datetime(["2024-01-02", "2024-03-04"])
    frame = pd.DataFrame({"n": [1.5, np.nan], "s": ["x", "NA"], "d": moments, "i": [1, 2]})
    frame.to_parquet(tmp_path / "t.csv")
    strings = load(tmp_path / "t.csv").strings
    assert strings["n"].tolist()[0] == "1.5"
    assert strings["d"].tolist() == ["2024-01-02T00:00:00", "2024-03-04T00:00:00"]
    assert strings["i"].tolist() == ["1", "2"]
    assert strings[["n", "s"]].isna().sum().sum() == 2


def test_parquet_without_its_package_names_the_extra(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "t.parquet").write_bytes(b"PAR1" + b"\0" * 50)
    real = builtins.__import__

    def no_arrow(name: str, *args: Any, **kwargs: Any) -> Any:
        if name.split(".")[0] == "pyarrow":
            raise ImportError(name)
        return real(name, *args, **kwargs)

    monkeypatch.setattr(
        "pandas.read_parquet", lambda path: no_arrow("pyarrow") if path else pd.DataFrame()
    )
    with pytest.raises(DataError, match=r"mle-star\[parquet\]"):
        load(tmp_path / "t.parquet")


REFUSED = {
    "empty": (b"", "is empty"),
    "only_a_newline": (b"\n", "is empty"),
    "only_blanks": (b"  \n \n", "is empty"),
    "header_only": (b"a,b,y\n", "no rows"),
    "shifted_columns": (b"a,b\n1,2,3\n4,5,6\n7,8,9\n", "every row has 3 fields"),
    "trailing_delimiter": (b"a,b\n1,2,\n4,5,\n", "every row has 3 fields"),
    "longer_row": (b"a,b\n1,2\n3,4,5\n6,7\n", "line 3"),
    "shorter_row": (b"a,b\n1,2\n3\n6,7\n", "line 3"),
    "unclosed_quote": (b'a,b\n1,2\n3,"x\n5,6\n', "line 3 is never closed"),
    "nul_byte": (b"a,b\n1,2\n3,\x004\n", "NUL byte at line 3"),
    "binary": (bytes(range(256)) * 10, "NUL byte at line 1"),
    "truncated_gzip": (gzip.compress(GOOD.encode() * 50)[:-30], "damaged or truncated gzip"),
    "corrupt_gzip": (b"\x1f\x8b" + b"\x08junk" * 20, "damaged or truncated gzip"),
    "zip": (b"PK\x03\x04" + b"x" * 50, "ZIP archive or a spreadsheet"),
    "false_mark": (b"\xef\xbb\xbfa,b\n\xff\xfe,1\n", "is not, near line"),
    "broken_json_line": (b'{"a": 1}\n{"a": \n', "line 2"),
    "json_line_of_a_list": (b'{"a": 1}\n[1]\n', "line 2: expected an object"),
    "broken_json_records": (b'[{"a": 1}, {"a": \n', "cannot be read as json"),
    "json_records_of_numbers": (b'[{"a": 1}, 3]', "list of JSON objects"),
    "empty_json": (b"[]", "no rows"),
    "false_parquet": (b"PAR1 but not really", "Parquet|parquet"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_read_is_refused_with_a_remedy(
    write: Write, name: str, tmp_path: Path
) -> None:
    content, message = REFUSED[name]
    path = write(content, f"{name}.csv")
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(DataError, match=message) as caught:
        load(path)
    assert str(path) in caught.value.problem
    assert caught.value.remedy
    assert caught.value.exit_code == 3
    assert sorted(tmp_path.rglob("*")) == before


def test_no_such_file_and_a_folder_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no file"):
        load(tmp_path / "absent.csv")
    with pytest.raises(DataError, match="folder"):
        load(tmp_path)


def test_a_pipe_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(DataError, match="no regular file"):
        load(tmp_path / "pipe")


def test_an_unclosed_quote_late_in_a_large_file_is_refused_without_hanging(
    write: Write,
) -> None:
    path = write(HEADER + "1,2,3\n" * 300_000 + '4,"5,6\n')
    started = time.perf_counter()
    with pytest.raises(DataError, match="line 300002 is never closed"):
        load(path)
    assert time.perf_counter() - started < 90  # quadratic reading takes minutes


def test_a_ragged_row_after_quoted_line_ends_is_named_by_its_line_in_the_file(write: Write) -> None:
    with pytest.raises(DataError, match="line 5: a row has another number of fields"):
        load(write('a,b\n"x\ny\nz",1\n1,2,3\n4,5\n'))


def test_a_cell_of_twenty_megabytes_is_read(write: Write) -> None:
    strings = load(write("a,y\n" + "x" * 20_000_000 + ",1\nshort,0\n")).strings
    assert strings["a"].str.len().tolist() == [20_000_000, 5]


def test_a_header_of_numbers_is_doubted_aloud(write: Write) -> None:
    assert any("is it a header" in note for note in load(write("1,2,3\n4,5,6\n")).notes)
