"""How a data file is written: format, compression, encoding, delimiter, quoting."""

from __future__ import annotations

import codecs
import csv
import gzip
import io
import json
import zlib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from mle_star.errors import DataError

Dialect = dict[str, Any]
"""``format`` (csv, jsonl, json, parquet), ``compression`` (None, gzip), ``encoding``,
``delimiter``, ``quotechar``; plain values, as they go into a schema."""

DELIMITERS = ("\t", ";", "|", ",")
"""Tried in this order: where two fit equally, the comma is the one that also stands in texts."""

_CHUNK = 1 << 20
_SAMPLE = 1 << 18
_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
_FOREIGN = {
    b"PK\x03\x04": "a ZIP archive or a spreadsheet",
    b"BZh": "bzip2-compressed",
    b"\xfd7zXZ": "xz-compressed",
    b"\x28\xb5\x2f\xfd": "zstd-compressed",
    b"\xd0\xcf\x11\xe0": "an old Office file",
    b"SQLite format 3": "an SQLite database",
    b"%PDF": "a PDF",
}


def sniff(path: Path) -> Dialect:
    """Find out how a file is written, from its content alone.

    Parameters
    ----------
    path : Path
        The file; its extension plays no part.

    Returns
    -------
    Dialect

    Raises
    ------
    DataError
        If there is no such file, it is empty, damaged, or not text.
    """
    head = _head(path)
    if head[:4] == b"PAR1":
        return {"format": "parquet", "compression": None, "encoding": None}
    compression = "gzip" if head[:2] == b"\x1f\x8b" else None
    dialect: Dialect = {"format": "csv", "compression": compression}
    dialect["encoding"] = _encoding(path, compression)
    with open_text(path, dialect) as file:
        sample = file.read(_SAMPLE)
    if not sample.strip():
        raise DataError(f"{path} is empty", "give a file with a header and rows")
    found = _json_format(sample)
    if found:
        return dialect | {"format": found}
    return dialect | _csv_dialect(sample)


def open_text(path: Path, dialect: Dialect) -> IO[str]:
    """Open a file as the text it holds, line ends untouched."""
    if dialect["compression"] == "gzip":
        return gzip.open(path, "rt", encoding=dialect["encoding"], newline="")
    return path.open(encoding=dialect["encoding"], newline="")


def _head(path: Path) -> bytes:
    if path.is_dir():
        raise DataError(f"{path} is a folder, expected a file", "name one file inside it")
    if not path.exists():
        raise DataError(f"there is no file {path}", "check the path given with --dataset")
    if not path.is_file():
        raise DataError(f"{path} is no regular file", "copy the data into a file first")
    try:
        with path.open("rb") as file:
            head = file.read(16)
    except OSError as error:
        raise DataError(f"cannot read {path}: {error.strerror}", "check its permissions") from error
    if not head:
        raise DataError(f"{path} is empty", "give a file with a header and rows")
    for magic, what in _FOREIGN.items():
        if head.startswith(magic):
            raise DataError(
                f"{path} is {what}, expected CSV, JSON lines, JSON records or Parquet",
                "unpack it or export it as CSV",
            )
    return head


def _chunks(path: Path, compression: str | None) -> Iterator[bytes]:
    try:
        with gzip.open(path, "rb") if compression else path.open("rb") as file:
            while chunk := file.read(_CHUNK):
                yield chunk
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise DataError(
            f"{path} is a damaged or truncated gzip file ({error})", "fetch or compress it again"
        ) from error


def _encoding(path: Path, compression: str | None) -> str:
    utf8 = codecs.getincrementaldecoder("utf-8")()
    candidates = ["utf-8", "cp1252"]
    first, lines = True, 1
    for chunk in _chunks(path, compression):
        if first:
            wide = _marked(chunk) or _utf16_without_mark(chunk)
            if wide:
                return wide if wide != "utf-8-sig" else _checked_utf8(path, compression)
            first = False
        _refuse_binary(path, chunk, lines)
        lines += chunk.count(b"\n")
        if "utf-8" in candidates and not _decodes(utf8, chunk):
            candidates.remove("utf-8")
        if "cp1252" in candidates and not chunk.isascii() and not _is_cp1252(chunk):
            candidates.remove("cp1252")
    if "utf-8" in candidates and utf8.getstate()[0]:
        candidates.remove("utf-8")
    return [*candidates, "latin-1"][0]


def _marked(chunk: bytes) -> str | None:
    return next((name for mark, name in _BOMS if chunk.startswith(mark)), None)


def _utf16_without_mark(chunk: bytes) -> str | None:
    head = chunk[:2000]
    odd, even = head[1::2].count(0), head[0::2].count(0)
    if odd > len(head) / 5 and not even:
        return "utf-16-le"
    if even > len(head) / 5 and not odd:
        return "utf-16-be"
    return None


def _checked_utf8(path: Path, compression: str | None) -> str:
    utf8, lines = codecs.getincrementaldecoder("utf-8")(), 1
    for chunk in _chunks(path, compression):
        _refuse_binary(path, chunk, lines)
        lines += chunk.count(b"\n")
        if not _decodes(utf8, chunk):
            raise DataError(
                f"{path} says it is UTF-8 (byte order mark) but is not, near line {lines}",
                "save it as UTF-8 again",
            )
    return "utf-8-sig"


def _decodes(decoder: codecs.IncrementalDecoder, chunk: bytes) -> bool:
    try:
        decoder.decode(chunk)
    except UnicodeDecodeError:
        return False
    return True


def _is_cp1252(chunk: bytes) -> bool:
    return not any(byte in chunk for byte in (b"\x81", b"\x8d", b"\x8f", b"\x90", b"\x9d"))


def _refuse_binary(path: Path, chunk: bytes, lines: int) -> None:
    place = chunk.find(b"\0")
    if place >= 0:
        line = lines + chunk.count(b"\n", 0, place)
        raise DataError(
            f"{path} holds a NUL byte at line {line}: it is binary or damaged",
            "export the data again as text (CSV in UTF-8)",
        )


def _json_format(sample: str) -> str | None:
    start = sample.lstrip("\ufeff \t\r\n")
    if start.startswith("["):
        inner = start[1:].lstrip()
        return "json" if inner[:1] in ("{", "]") else None
    if not start.startswith("{"):
        return None
    try:
        json.loads(start.splitlines()[0])
    except json.JSONDecodeError:
        return "jsonl" if start[1:].lstrip()[:1] == '"' else None
    return "jsonl"


def _csv_dialect(sample: str) -> Dialect:
    if len(sample) == _SAMPLE and "\n" in sample:
        sample = sample[: sample.rindex("\n") + 1]
    best, delimiter = (0.0, 1), ","
    for candidate in DELIMITERS:
        widths = _widths(sample, candidate)
        if not widths or widths[0] < 2:
            continue
        share = Counter(widths[1:] or widths).most_common(1)[0][1] / max(1, len(widths) - 1)
        if (share, widths[0]) > best:
            best, delimiter = (share, widths[0]), candidate
    return {"delimiter": delimiter, "quotechar": _quotechar(sample, delimiter)}


def _widths(sample: str, delimiter: str) -> list[int]:
    reader = csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter)
    try:
        return [len(row) for row in reader if row]
    except csv.Error:
        return []


def _quotechar(sample: str, delimiter: str) -> str:
    if '"' in sample or "'" not in sample:
        return '"'
    cells = [cell for line in sample.splitlines()[:200] for cell in line.split(delimiter)]
    quoted = [cell for cell in cells if len(cell) > 1 and cell[0] == cell[-1] == "'"]
    return "'" if len(quoted) >= len(cells) / 2 else '"'
