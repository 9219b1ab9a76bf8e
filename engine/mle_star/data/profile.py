"""What a data set looks like, and what in it deserves a person's attention."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd

from mle_star.data.cells import Cells
from mle_star.data.hints import Hint
from mle_star.data.numbers import infinite_rows
from mle_star.data.schema import Column
from mle_star.types import ColumnKind, Output

HIGH_CARDINALITY = 50
"""A categorical column with more distinct values than this is called high in cardinality."""


@dataclass(frozen=True, slots=True)
class ColumnProfile:
    """One column, measured.

    Parameters
    ----------
    name, original : str
        Safe name, and the name in the file.
    kind, role, why : str
        See :class:`mle_star.data.schema.Column`.
    missing : float
        Share of the rows, in [0, 1].
    distinct : int
        Distinct values.
    example : str
        One value, cut to 40 characters.
    """

    name: str
    original: str
    kind: str
    role: str
    why: str
    missing: float
    distinct: int
    example: str


@dataclass(frozen=True, slots=True)
class Issue:
    """Something in the data that may spoil a model.

    Parameters
    ----------
    severity : str
        ``info`` (dealt with), ``warning`` (look at it) or ``danger`` (results may be worthless).
    message : str
        What was found.
    remedy : str
        What a person can do.
    """

    severity: str
    message: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Profile:
    """What a data set looks like.

    Parameters
    ----------
    rows : int
        Usable rows.
    columns : tuple of ColumnProfile
        Every column, in order.
    duplicate_rows : int
        Rows equal to an earlier one in every column.
    missing : float
        Share of missing cells among the features.
    targets : tuple of dict
        A summary of each target: class shares, or quantiles.
    issues : tuple of Issue
        Gravest first.
    hints : tuple of Hint
        Of time and of groups, whether used or not.
    """

    rows: int
    columns: tuple[ColumnProfile, ...]
    duplicate_rows: int
    missing: float
    targets: tuple[dict[str, Any], ...]
    issues: tuple[Issue, ...]
    hints: tuple[Hint, ...]

    def count(self, kind: ColumnKind) -> int:
        """Features of a kind."""
        return sum(c.kind == kind and c.role == "feature" for c in self.columns)

    def to_json(self) -> dict[str, Any]:
        """Plain values, for events and reports."""
        return asdict(self)


def make_profile(
    columns: Sequence[Column],
    cells: Mapping[str, Cells],
    outputs: Sequence[Output],
    labels: np.ndarray,
    hints: Sequence[Hint],
) -> Profile:
    """Measure a data set.

    Parameters
    ----------
    columns : sequence of Column
        Every column, with its role.
    cells : mapping of str to Cells
        By original name; usable rows only.
    outputs : sequence of Output
        The targets.
    labels : ndarray of shape (n_rows, n_outputs)
        Encoded.
    hints : sequence of Hint
        Found beforehand.
    """
    measured = tuple(_measure(column, cells[column.original]) for column in columns)
    features = [column for column in measured if column.role == "feature"]
    duplicates = _duplicate_rows(cells)
    issues = [
        *_target_issues(columns, cells, outputs, labels),
        *_row_issues(len(labels), duplicates, len(features)),
        *(issue for column in columns for issue in _column_issues(column, cells[column.original])),
    ]
    gravity = ["danger", "warning", "info"]
    return Profile(
        rows=len(labels),
        columns=measured,
        duplicate_rows=duplicates,
        missing=float(np.mean([column.missing for column in features])) if features else 0.0,
        targets=tuple(_summary(o, label) for o, label in zip(outputs, labels.T, strict=True)),
        issues=tuple(sorted(issues, key=lambda issue: gravity.index(issue.severity))),
        hints=tuple(hints),
    )


def _measure(column: Column, cells: Cells) -> ColumnProfile:
    return ColumnProfile(
        column.name,
        column.original,
        str(column.kind),
        column.role,
        column.why,
        1 - cells.present / cells.rows,
        len(cells.texts),
        str(cells.texts[0])[:40] if len(cells.texts) else "",
    )


def _duplicate_rows(cells: Mapping[str, Cells]) -> int:
    codes = pd.DataFrame({place: column.codes for place, column in enumerate(cells.values())})
    return int(pd.util.hash_pandas_object(codes, index=False).duplicated().sum())


def _summary(output: Output, label: np.ndarray) -> dict[str, Any]:
    if output.classes:
        counts = np.bincount(label.astype(int), minlength=len(output.classes))
        shares = dict(zip(output.classes, (counts / len(label)).tolist(), strict=True))
        return {"name": output.original, "kind": str(output.kind), "classes": shares}
    names = ("min", "q25", "median", "q75", "max")
    quantiles = np.quantile(label, [0, 0.25, 0.5, 0.75, 1]).tolist()
    summary = {"name": output.original, "kind": str(output.kind), "mean": float(label.mean())}
    return summary | {"std": float(label.std())} | dict(zip(names, quantiles, strict=True))


def _target_issues(
    columns: Sequence[Column],
    cells: Mapping[str, Cells],
    outputs: Sequence[Output],
    labels: np.ndarray,
) -> list[Issue]:
    issues = []
    for output, label in zip(outputs, labels.T, strict=True):
        target = cells[output.original]
        for column in columns:
            if column.used and np.array_equal(cells[column.original].codes, target.codes):
                issues.append(_leak(column.original, output.original))
        rarest = np.bincount(label.astype(int)).min() if output.classes else len(label)
        if rarest < min(10, len(label) / 20):
            issues.append(
                Issue(
                    "warning",
                    f"the rarest class of {output.original!r} has {rarest} rows",
                    "gather more rows of it, or join it with another class",
                )
            )
    return issues


def _leak(column: str, target: str) -> Issue:
    return Issue(
        "danger",
        f"the column {column!r} determines the target {target!r} in every row",
        f"if it is not known before the outcome, leave it out: --drop {column!r}",
    )


def _row_issues(rows: int, duplicates: int, features: int) -> list[Issue]:
    issues = []
    if duplicates:
        remedy = "remove them if they are errors; copies on both sides of a split flatter a model"
        severity = "warning" if duplicates > rows / 20 else "info"
        issues.append(Issue(severity, f"{duplicates} rows are copies of earlier ones", remedy))
    if rows < 200:
        issues.append(Issue("warning", f"there are only {rows} rows", "scores will be uncertain"))
    if features > rows:
        message = f"there are more features ({features}) than rows ({rows})"
        issues.append(Issue("warning", message, "expect strong regularisation to win"))
    return issues


def _column_issues(column: Column, cells: Cells) -> list[Issue]:
    name, issues = column.original, []
    if column.role in ("id", "constant", "empty", "duplicate"):
        issues.append(Issue("info", f"{name!r} is left out ({column.role}): {column.why}", ""))
    if not column.used:
        return issues
    missing = 1 - cells.present / cells.rows
    if missing > 0.5:
        issues.append(Issue("warning", f"{name!r} is missing in {missing:.0%} of the rows", ""))
    if column.kind is ColumnKind.CATEGORICAL and len(cells.texts) > HIGH_CARDINALITY:
        message = f"{name!r} has {len(cells.texts)} distinct labels"
        issues.append(Issue("info", message, "if it identifies rows, name it with --id"))
    if column.kind is ColumnKind.DATE and ";" in column.why:
        issues.append(Issue("warning", f"{name!r}: {column.why}", "write dates as 2024-12-31"))
    if column.kind is ColumnKind.NUMERIC:
        issues += _numeric_issues(column, cells)
    return issues


def _numeric_issues(column: Column, cells: Cells) -> list[Issue]:
    issues = []
    infinite = infinite_rows(cells)
    if infinite:
        message = f"{column.original!r} is infinite in {infinite} rows; they count as missing"
        issues.append(Issue("warning", message, "see how the column is computed"))
    if ";" in column.why:
        issues.append(Issue("warning", f"{column.original!r}: {column.why}", "clean the column"))
    return issues
