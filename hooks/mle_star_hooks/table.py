"""A data file of a session, looked at for leakage: rows of the test file, a twin of the target."""

from __future__ import annotations

import csv
from collections.abc import Collection, Iterator
from pathlib import Path

from mle_star_hooks.project import clean

_BYTES = 2_000_000
"""Read of each file."""
_ROWS = 1_000
_FEWEST = 20
"""Rows below which a twin may be chance."""
_PLAIN = (".csv", ".tsv", ".txt")


def data_findings(dataset: str, test: str, targets: Collection[str]) -> Iterator[str]:
    """What leaks in the beginning of a data file; nothing is found in packed or binary ones.

    Parameters
    ----------
    dataset, test : str
        Absolute paths; the test file may be empty.
    targets : collection of str
        Columns that are predicted.
    """
    if not dataset.lower().endswith(_PLAIN):
        return
    lines = _lines(dataset)
    yield from _twins(lines, targets)
    if test and test.lower().endswith(_PLAIN):
        tested = _lines(test)[1:]
        rows = set(lines[1:])
        shared = sum(line in rows for line in tested)
        if shared:
            yield (
                f"{shared} of {len(tested)} rows looked at of {clean(Path(test).name)} also "
                f"stand in {clean(Path(dataset).name)}: the test would be trained on"
            )


def _lines(path: str) -> list[str]:
    """Whole lines of the beginning of a file."""
    try:
        with Path(path).open("rb") as file:
            content = file.read(_BYTES)
            whole = not file.read(1)
    except OSError:
        return []
    lines = content.decode("utf-8", "replace").splitlines()
    return [line for line in (lines if whole else lines[:-1]) if line.strip()]


def _twins(lines: list[str], targets: Collection[str]) -> Iterator[str]:
    """Columns that say what the target says, value for value."""
    if len(lines) <= _FEWEST:
        return
    separator = max(",\t;|", key=lines[0].count)
    header, *rows = csv.reader(lines[: _ROWS + 1], delimiter=separator)
    rows = [row for row in rows if len(row) == len(header)]
    for target in set(targets) & set(header):
        values = [row[header.index(target)] for row in rows]
        for place, name in enumerate(header):
            if name != target and _is_twin([row[place] for row in rows], values):
                yield (
                    f"the column {clean(name)!r} tells {clean(target)!r} value for value in the "
                    f"first {len(rows)} rows: leave it out with --drop, if it is not known in time"
                )


def _is_twin(column: list[str], target: list[str]) -> bool:
    """Whether each value of one goes with one value of the other; identifiers do not count."""
    pairs = set(zip(column, target))  # noqa: B905 - new in Python 3.10
    distinct, wanted = len(set(column)), len(set(target))
    return 1 < wanted == distinct == len(pairs) and (column == target or distinct < len(column) / 2)
