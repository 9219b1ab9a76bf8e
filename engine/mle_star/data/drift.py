"""How data differs from what it was: which rows are new, which columns drifted, beyond noise.

Rows of before are known again by their prints, so that what is compared are two groups of rows
that have none in common: those that were added and those of before; or, where only some were taken
away, those that stayed and those that went. Each column is tested (chi-square over bins or
categories, and over missing or not), and all p-values together are corrected for their number
(Benjamini and Hochberg). What is significant is ranked by its size (population stability index).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from scipy.stats import chi2_contingency, false_discovery_control

from mle_star.data.noticed import columns_changed, label, noticed
from mle_star.data.prepare import Prepared
from mle_star.data.prints import known_among
from mle_star.data.reference import (
    FEATURE,
    TARGET,
    Reference,
    Spread,
    binned,
    is_missing,
    is_number,
    values_of,
)

LEVEL = 0.05
"""Share of wrong finds among those that are told of."""

FEWEST = 20
"""Rows in the smaller group below which nothing is tested."""

_EXPECTED = 5.0
_SMALL, _LARGE = 0.1, 0.25
_SHOWN = 10


@dataclass(frozen=True, slots=True)
class ColumnDrift:
    """One test of one column.

    Parameters
    ----------
    column : str
        The name in the file.
    role : str
        ``feature`` or ``target``.
    what : str
        ``values`` or ``missing``.
    psi : float
        Population stability index: below 0.1 small, from 0.25 on large.
    p_value, q_value : float
        Of the chi-square test; and corrected for the number of tests.
    before, now : int
        Rows in the two groups.
    words : str
        What changed, with numbers.
    """

    column: str
    role: str
    what: str
    psi: float
    p_value: float
    q_value: float
    before: int
    now: int
    words: str


@dataclass(frozen=True, slots=True)
class Drift:
    """What changed.

    Parameters
    ----------
    before, now : int
        Usable rows.
    added, removed : int or None
        Rows that were not there before, and that are no more; None: rows cannot be matched.
    compared : str
        Which rows the tests are about.
    tests : tuple of ColumnDrift
        All of them; those beyond noise first, the largest first.
    noticed : tuple of str
        What is no matter of chance: columns that came, went or changed their kind, categories.
    """

    before: int
    now: int
    added: int | None
    removed: int | None
    compared: str
    tests: tuple[ColumnDrift, ...]
    noticed: tuple[str, ...]

    @property
    def drifted(self) -> list[ColumnDrift]:
        """The tests beyond noise, the largest first."""
        return [test for test in self.tests if test.q_value < LEVEL]

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "before": self.before,
            "now": self.now,
            "added": self.added,
            "removed": self.removed,
            "compared": self.compared,
            "tests": len(self.tests),
            "drifted": [asdict(test) for test in self.drifted],
            "noticed": list(self.noticed),
        }


def drift_of(reference: Reference, prepared: Prepared) -> Drift:
    """Compare data with what an earlier session left of its own.

    Parameters
    ----------
    reference : Reference
        Of before.
    prepared : Prepared
        The data now.
    """
    then = {column.name: column for column in reference.columns}
    kinds = {c.original: (str(c.kind), c.role) for c in prepared.schema.specs}
    known = _known(reference, prepared)
    groups, compared = _groups(reference, prepared, known)
    tests: list[ColumnDrift] = []
    values = values_of(prepared)
    common = [name for name in values if name in then and _alike(then[name], kinds[name])]
    if groups is not None:
        for name in common:
            tests += _tests(then[name], values[name], groups)
    return Drift(
        before=reference.rows,
        now=len(prepared.table),
        added=None if known is None else int((~known).sum()),
        removed=None if known is None else reference.rows - int(known.sum()),
        compared=compared,
        tests=_corrected(tests),
        noticed=(*columns_changed(then, kinds), *noticed(then, values, common, known)),
    )


@dataclass(frozen=True, slots=True)
class _Groups:
    """Rows of now that form one group, and whether the other is what is left of before."""

    rows: np.ndarray
    rest: bool


def _known(reference: Reference, prepared: Prepared) -> np.ndarray | None:
    """Which rows of now were there before; None where that cannot be told."""
    if {c.name for c in reference.columns} != {c.original for c in prepared.schema.specs}:
        return None
    sizes = len(reference.prints.rows), len(prepared.prints.rows)
    if sizes != (reference.rows, len(prepared.table)):
        return None
    return known_among(prepared.prints.rows, reference.prints.rows)


def _groups(
    reference: Reference, prepared: Prepared, known: np.ndarray | None
) -> tuple[_Groups | None, str]:
    before, now = reference.rows, len(prepared.table)
    if known is None:
        every = np.ones(now, dtype=bool)
        return _Groups(every, False), f"all {now:,} rows now and {before:,} before"
    added, removed = int((~known).sum()), before - int(known.sum())
    if added >= FEWEST:
        return _Groups(~known, False), f"the {added:,} rows added and {before:,} before"
    if removed >= FEWEST:
        kept = before - removed
        return _Groups(known, True), f"the {kept:,} rows kept and {removed:,} removed"
    return None, ""


def _alike(then: Spread, now: tuple[str, str]) -> bool:
    return (then.kind, then.role) == now and then.role in (FEATURE, TARGET)


def _tests(then: Spread, values: np.ndarray, groups: _Groups) -> list[ColumnDrift]:
    chosen = values[groups.rows]
    number = is_number(values)
    if number != (then.levels is None):
        return []
    present = chosen[np.isfinite(chosen)] if number else chosen[~is_missing(chosen)]
    missing = len(chosen) - len(present)
    labels, old, new = _counted(then, present)
    old_missing, size = then.missing, then.rows
    if groups.rest:  # what is left of before, once these are taken away
        old, old_missing, size = old - new, old_missing - missing, size - len(chosen)
    found = []
    if tested := _tested(old, new):
        words = _moved(then, present) if number else _shares(labels, old, new)
        if groups.rest:
            words = f"{words} in the rows kept" if number else f"{words}, removed to kept"
        found.append(_drift(then, "values", tested, (size, len(chosen)), words))
    pairs = [np.array([n - m, m]) for n, m in ((size, old_missing), (len(chosen), missing))]
    if tested := _tested(*pairs):
        words = f"missing {_share(old_missing, size)} to {_share(missing, len(chosen))}"
        found.append(_drift(then, "missing", tested, (size, len(chosen)), words))
    return found


def _drift(
    then: Spread, what: str, tested: tuple[float, float], sizes: tuple[int, int], words: str
) -> ColumnDrift:
    psi, p_value = tested
    return ColumnDrift(then.name, then.role, what, psi, p_value, p_value, *sizes, words)


def _counted(then: Spread, present: np.ndarray) -> tuple[list[str], np.ndarray, np.ndarray]:
    """Labels of the bins or categories, and rows in each, before and now."""
    if then.levels is None:
        edges = np.array(then.edges)
        old = np.array(then.counts or [0] * (len(edges) + 1))
        return [], old, binned(present, edges)
    labels = [*then.levels, ""]
    place = {label: number for number, label in enumerate(then.levels)}
    places = [place.get(str(value), len(then.levels)) for value in present]
    old = np.array([*then.levels.values(), then.present - sum(then.levels.values())])
    return labels, old, np.bincount(places, minlength=len(labels)).astype(int)


def _tested(old: np.ndarray, new: np.ndarray) -> tuple[float, float] | None:
    """Stability index and p-value of two rows of counts; None where there is nothing to test."""
    table = np.array([old, new], dtype=float)
    table = table[:, table.sum(axis=0) > 0]
    if min(table.sum(axis=1, initial=0.0)) < FEWEST or table.shape[1] < 2:
        return None
    share = table.sum(axis=1).min() / table.sum()
    rare = table.sum(axis=0) * share < _EXPECTED
    if rare.any():
        table = np.column_stack([table[:, ~rare], table[:, rare].sum(axis=1)])
    if table.shape[1] < 2:
        return None
    shares = (table + 0.5) / (table + 0.5).sum(axis=1, keepdims=True)
    psi = float(((shares[1] - shares[0]) * np.log(shares[1] / shares[0])).sum())
    return psi, float(chi2_contingency(table, correction=False).pvalue)


def _corrected(tests: Sequence[ColumnDrift]) -> tuple[ColumnDrift, ...]:
    if not tests:
        return ()
    corrected = false_discovery_control([test.p_value for test in tests])
    found = [replace(test, q_value=float(q)) for test, q in zip(tests, corrected, strict=True)]
    return tuple(sorted(found, key=lambda test: (test.q_value >= LEVEL, -test.psi, test.column)))


def _moved(then: Spread, present: np.ndarray) -> str:
    unit = {"text": " characters", "date": ""}.get(then.kind, "")
    middle = float(np.median(present))
    return f"median {_value(then, then.middle)} to {_value(then, middle)}{unit}"


def _shares(labels: Sequence[str], old: np.ndarray, new: np.ndarray) -> str:
    """The categories whose shares moved most."""
    before, now = old / max(1, old.sum()), new / max(1, new.sum())
    order = np.argsort(-np.abs(now - before), kind="stable")
    named = [place for place in order if old[place] or new[place]][:2]
    return ", ".join(
        f"{label(labels[place])} {before[place]:.1%} to {now[place]:.1%}" for place in named
    )


def _share(part: int, whole: int) -> str:
    return f"{part / max(1, whole):.1%}"


def _value(then: Spread, number: float | None) -> str:
    if number is None:
        return "none"
    if then.kind == "date":
        return str(np.datetime64(int(number), "D"))
    return f"{number:.6g}"


def told(drift: Drift) -> list[str]:
    """The drift in sentences: rows, then columns beyond noise, then what was noticed."""
    lines = [_told_rows(drift)]
    for test in drift.drifted[:_SHOWN]:
        size = "small" if test.psi < _SMALL else "moderate" if test.psi < _LARGE else "large"
        what = "target " if test.role == TARGET else ""
        lines.append(
            f"{what}{label(test.column)}: {test.words} ({size}: stability index {test.psi:.2f}, "
            f"corrected p {test.q_value:.2g})"
        )
    if len(drift.drifted) > _SHOWN:
        lines.append(f"and {len(drift.drifted) - _SHOWN} more that drifted less")
    if drift.tests and not drift.drifted:
        least = min(drift.tests, key=lambda test: test.q_value)
        lines.append(
            f"no drift beyond noise in {len(drift.tests)} tests; the least likely by chance is "
            f"{label(least.column)}, corrected p {least.q_value:.2g}"
        )
    elif not drift.tests:
        lines.append("no drift was tested: too few rows changed")
    return [*lines, *drift.noticed]


def _told_rows(drift: Drift) -> str:
    rows = f"{drift.now:,} rows, {drift.before:,} before"
    if drift.added is None:
        return f"{rows}; they cannot be matched one by one; compared: {drift.compared}"
    changed = f"{drift.added:,} added, {drift.removed:,} removed"
    compared = f"; compared: {drift.compared}" if drift.compared else ""
    return f"{rows}: {changed}{compared}"
