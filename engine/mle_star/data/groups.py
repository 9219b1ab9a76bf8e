"""Columns whose rows belong together: entities seen many times, alike in the target."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from mle_star.data.cells import Cells, words_of
from mle_star.data.hints import Hint
from mle_star.data.schema import Column
from mle_star.data.times import date_part
from mle_star.toolkit.table import parse_numbers
from mle_star.types import ColumnKind

_ENTITY = frozenset(
    [
        *["id", "subject", "patient", "user", "customer", "client", "person", "participant"],
        *["household", "family", "session", "account", "member", "player", "student", "donor"],
        *["employee", "respondent", "animal", "individual", "uuid", "uid", "pid"],
    ]
)
_COUNTED = frozenset(["no", "nr", "num", "number", "code", "key", "name"])
_MANY_GROUPS = 5
_ROWS_A_GROUP = 3
_ALIKE = 0.3


def group_hints(
    columns: Sequence[Column], cells: Mapping[str, Cells], labels: np.ndarray, *, classes: bool
) -> list[Hint]:
    """Find columns whose rows belong together: entities seen many times, alike in the target.

    Parameters
    ----------
    columns : sequence of Column
        Features.
    cells : mapping of str to Cells
        By original name.
    labels : ndarray of shape (n_rows, n_outputs)
        Encoded, none missing.
    classes : bool
        Whether the labels are class codes.

    Returns
    -------
    list of Hint
        Strong ones first.
    """
    hints = []
    for column in columns:
        found = cells[column.original]
        if not _may_be_entity(column, found):
            continue
        named = _is_named_entity(words_of(column.original))
        if not named and len(found.texts) < _MANY_GROUPS:
            continue
        alike = target_likeness(found.codes, labels, classes=classes)
        if not named and (alike <= _ALIKE or _constant_within(column, columns, cells) < 2):
            continue
        hints.append(_group_hint(column, found, alike, named=named))
    return sorted(hints, key=lambda hint: not hint.strong)


def target_likeness(groups: np.ndarray, labels: np.ndarray, *, classes: bool) -> float:
    """Intraclass correlation of the target within groups, one-way; the most over the outputs.

    Parameters
    ----------
    groups : ndarray of int, shape (n_rows,)
        Codes; -1 is left out.
    labels : ndarray of shape (n_rows, n_outputs)
        Encoded labels.
    classes : bool
        Whether labels are class codes; then each class is taken as a number 0 or 1, and classes
        weigh by their variance.

    References
    ----------
    Shrout and Fleiss, Intraclass correlations, Psychological Bulletin 86(2), 1979: ICC(1,1).
    """
    rows = groups >= 0
    codes, _ = pd.factorize(groups[rows])
    counts = np.bincount(codes)
    found = [0.0]
    for label in labels[rows].T:
        values = np.eye(int(label.max()) + 1)[label.astype(int)].T if classes else label[None]
        weights = np.array([value.var() for value in values])
        likeness = [_icc(codes, counts, value) for value in values]
        found.append(float(np.average(likeness, weights=weights)) if weights.sum() else 0.0)
    return max(found)


def _icc(codes: np.ndarray, counts: np.ndarray, values: np.ndarray) -> float:
    rows, groups = len(codes), len(counts)
    if groups < 2 or rows <= groups:
        return 0.0
    means = np.bincount(codes, values) / counts
    between = float((counts * (means - values.mean()) ** 2).sum()) / (groups - 1)
    within = float(((values - means[codes]) ** 2).sum()) / (rows - groups)
    typical = (rows - (counts**2).sum() / rows) / (groups - 1)
    total = between + (typical - 1) * within
    return float((between - within) / total) if total > 0 else 0.0


def _may_be_entity(column: Column, cells: Cells) -> bool:
    if column.kind not in (ColumnKind.NUMERIC, ColumnKind.CATEGORICAL) or len(cells.texts) < 2:
        return False
    if date_part(column.original)[0] or cells.present < _ROWS_A_GROUP * len(cells.texts):
        return False
    if column.kind is ColumnKind.CATEGORICAL:
        return True
    numbers = parse_numbers(cells.texts, {"decimal": column.decimal})
    return bool((numbers[~np.isnan(numbers)] % 1 == 0).all())


def _is_named_entity(words: tuple[str, ...]) -> bool:
    """Whether a name ends as an entity's does: ``patient``, ``user_id``, ``customer number``."""
    if not words:
        return False
    counted = words[-1] in _COUNTED and bool(_ENTITY & set(words[:-1]))
    return words[-1] in _ENTITY or words[0] == "id" or counted


def _constant_within(column: Column, columns: Sequence[Column], cells: Mapping[str, Cells]) -> int:
    """How many other columns say the same in all rows of each value (not a copy of it)."""
    groups = cells[column.original]
    found = 0
    for other in columns:
        their = cells[other.original]
        if other is column or not 2 <= len(their.texts) < len(groups.texts):
            continue
        pairs = groups.codes.astype(np.int64) * (len(their.texts) + 1) + their.codes + 1
        found += len(np.unique(pairs)) == len(np.unique(groups.codes))
    return found


def _group_hint(column: Column, cells: Cells, alike: float, *, named: bool) -> Hint:
    strong = alike > _ALIKE and len(cells.texts) >= _MANY_GROUPS
    sign = "is named like one" if named else "fixes other columns as one does"
    return Hint(
        "group",
        (column.original,),
        strong,
        f"{column.original!r} may be an entity: it {sign}, "
        f"{cells.present / len(cells.texts):.0f} rows a value, and the target's intraclass "
        f"correlation is {alike:.2f} ({'above' if alike > _ALIKE else 'not above'} {_ALIKE})",
    )
