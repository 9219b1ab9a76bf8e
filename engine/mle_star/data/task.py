"""What is predicted: kind, classes and metric of each target, from its cells unless told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from mle_star.data.cells import Cells
from mle_star.data.numbers import NumberFormat, find_number_format
from mle_star.errors import DataError, UsageError
from mle_star.toolkit.table import parse_numbers
from mle_star.types import Kind, Output

DEFAULT_METRICS = {
    Kind.BINARY: "roc_auc",
    Kind.MULTICLASS: "log_loss",
    Kind.REGRESSION: "rmse",
}
REGRESSION_METRICS = frozenset(["rmse", "mae", "rmsle", "r2", "mape", "pearson", "spearman", "mse"])
CLASS_METRICS = frozenset(
    [
        *["roc_auc", "log_loss", "accuracy", "balanced_accuracy", "f1", "mcc"],
        *["average_precision", "quadratic_kappa"],
    ]
)
_MOST_NUMERIC_CLASSES = 20
_LARGEST_NUMERIC_CLASS = 1000
_ROWS_A_CLASS = 5
_FEWEST_ROWS = 20


@dataclass(frozen=True, slots=True)
class Target:
    """One target column, decided.

    Parameters
    ----------
    output : Output
        What is predicted.
    numbers : NumberFormat or None
        How its numbers are written; None for classes that are no numbers.
    usable : ndarray of bool, shape (n_rows,)
        Rows whose target can be learnt from.
    reason : str
        Why this kind.
    notes : list of str
        Which rows are left out, and why.
    """

    output: Output
    numbers: NumberFormat | None
    usable: np.ndarray
    reason: str
    notes: list[str]


def decide_targets(
    cells: Mapping[str, Cells], names: Mapping[str, str], kind: str | None, metric: str | None
) -> list[Target]:
    """Decide what each target column is.

    Parameters
    ----------
    cells : mapping of str to Cells
        The target columns, by original name, in the order asked for.
    names : mapping of str to str
        Original to safe name.
    kind : str or None
        ``binary``, ``multiclass``, ``regression``, or None to infer it.
    metric : str or None
        A metric of numbers makes a numeric target a regression.

    Returns
    -------
    list of Target
        All classification (of one kind) or all regression.

    Raises
    ------
    UsageError
        If kind and metric do not fit each other.
    DataError
        If a target cannot be learnt.
    """
    told = _told(kind, metric)
    targets = [_decide(original, names[original], cells[original], told) for original in cells]
    kinds = {target.output.kind for target in targets}
    if Kind.REGRESSION in kinds and len(kinds) > 1:
        listed = ", ".join(f"{t.output.original}: {t.output.kind}" for t in targets)
        raise DataError(
            f"several targets must be all classes or all numbers, got {listed}",
            "name fewer targets, or say --task regression if all of them are numbers",
        )
    if len(kinds) > 1:
        targets = [
            replace(target, output=replace(target.output, kind=Kind.MULTICLASS))
            for target in targets
        ]
    _check_rows(targets)
    return targets


def default_metric(kind: Kind) -> str:
    """The metric used when none is named."""
    return DEFAULT_METRICS[kind]


def _told(kind: str | None, metric: str | None) -> str | None:
    if kind is not None and kind not in set(Kind):
        raise UsageError(f"--task {kind} is unknown", f"choose one of {', '.join(Kind)}")
    of_numbers, of_classes = metric in REGRESSION_METRICS, metric in CLASS_METRICS
    if (kind == Kind.REGRESSION and of_classes) or (
        kind in (Kind.BINARY, Kind.MULTICLASS) and of_numbers
    ):
        raise UsageError(
            f"--metric {metric} does not fit --task {kind}",
            f"leave out --metric (default {default_metric(Kind(kind))}) or change --task",
        )
    if kind is None and of_numbers:
        return Kind.REGRESSION
    return kind or ("classes" if of_classes else None)


def _decide(original: str, name: str, cells: Cells, told: str | None) -> Target:
    if not cells.present:
        raise DataError(
            f"every cell of the target column {original!r} is missing", "name another --target"
        )
    if len(cells.texts) == 1:
        raise DataError(
            f"the target column {original!r} holds one value only ({cells.texts[0]!r})",
            "there is nothing to learn; name another --target or give more rows",
        )
    numbers = find_number_format(cells, european=False)
    if told == Kind.REGRESSION:
        reason = "the task or the metric was told"
        return _regression(original, name, cells, numbers, reason)
    if told is None and numbers is not None:
        reason = _why_regression(cells, numbers)
        if reason:
            return _regression(original, name, cells, numbers, reason)
    return _classes(original, name, cells, numbers, told)


def _why_regression(cells: Cells, numbers: NumberFormat) -> str:
    """Why a numeric target is not a set of classes; empty if it is one."""
    values = parse_numbers(cells.texts, _format(numbers))
    values = values[~np.isnan(values)]
    if len(values) == 2:
        return ""
    if (values % 1 != 0).any():
        return "it holds numbers that are not whole"
    if len(values) > min(_MOST_NUMERIC_CLASSES, cells.present / _ROWS_A_CLASS):
        return f"it holds {len(values)} distinct numbers"
    if np.abs(values).max() > _LARGEST_NUMERIC_CLASS:
        return "its numbers are too large to be class labels"
    return ""


def _regression(
    original: str, name: str, cells: Cells, numbers: NumberFormat | None, reason: str
) -> Target:
    if numbers is None:
        bad = cells.texts[np.isnan(parse_numbers(cells.texts, {}))]
        raise DataError(
            f"the target column {original!r} is to be regressed but holds text "
            f"such as {str(bad[0])[:40]!r}"
            if len(bad)
            else f"the target column {original!r} holds codes with leading zeros, not numbers",
            "clean the column, or choose --task binary or multiclass",
        )
    values = parse_numbers(cells.texts, _format(numbers))
    usable = np.append(~np.isnan(values), False)[cells.codes]
    if len(np.unique(values[~np.isnan(values)])) < 2:
        raise DataError(
            f"the target column {original!r} holds one number only", "name another --target"
        )
    return Target(
        Output(name, original, Kind.REGRESSION),
        numbers,
        usable,
        f"{original!r} is regressed: {reason}",
        _dropped(original, cells, usable, ""),
    )


def _classes(
    original: str, name: str, cells: Cells, numbers: NumberFormat | None, told: str | None
) -> Target:
    if len(cells.texts) > max(2, cells.present / 2):
        raise DataError(
            f"the target column {original!r} holds {len(cells.texts)} distinct texts in "
            f"{cells.present} rows: it names rows, not classes",
            "name another --target, or --task regression if it should hold numbers",
        )
    several = cells.counts > 1
    lonely = cells.texts[~several]
    classes = tuple(_in_order(cells.texts[several], numbers))
    if len(classes) < 2:
        raise DataError(
            f"the target column {original!r} has fewer than two classes with two rows each",
            "give more rows, or name another --target",
        )
    kind = Kind.BINARY if len(classes) == 2 else Kind.MULTICLASS
    if told == Kind.BINARY and kind is not Kind.BINARY:
        raise DataError(
            f"--task binary, but the target column {original!r} has {len(classes)} classes: "
            f"{', '.join(classes[:8])}",
            "choose --task multiclass, or join the classes to two",
        )
    kind = Kind.MULTICLASS if told == Kind.MULTICLASS else kind
    usable = np.append(several, False)[cells.codes]
    why = f"; {len(lonely)} class(es) with a single row ({', '.join(lonely[:5])}) cannot be learnt"
    reason = f"{original!r} is classified: it holds {len(classes)} distinct labels"
    if kind is Kind.BINARY:
        reason += f"; {classes[1]!r} is the positive class"
    notes = _dropped(original, cells, usable, why if len(lonely) else "")
    return Target(Output(name, original, kind, classes), numbers, usable, reason, notes)


def _in_order(texts: np.ndarray, numbers: NumberFormat | None) -> list[str]:
    if numbers is None:
        return sorted(texts)
    values = parse_numbers(texts, _format(numbers))
    return [str(text) for _, text in sorted(zip(values, texts, strict=True))]


def _format(numbers: NumberFormat) -> dict[str, str]:
    return {
        "decimal": numbers.decimal,
        "thousands": numbers.thousands,
        "affix": numbers.affix,
    }


def _dropped(original: str, cells: Cells, usable: np.ndarray, why: str) -> list[str]:
    count = int((~usable).sum())
    missing = cells.rows - cells.present
    if not count:
        return []
    reasons = f"{missing} missing" if missing else ""
    if count > missing and not why:
        why = f"; {count - missing} no number"
    return [
        f"{count} of {cells.rows} rows are left out for their target {original!r} "
        f"({(reasons + why).strip('; ')})"
    ]


def _check_rows(targets: Sequence[Target]) -> None:
    usable = np.logical_and.reduce([target.usable for target in targets])
    if int(usable.sum()) < _FEWEST_ROWS:
        raise DataError(
            f"only {int(usable.sum())} of {len(usable)} rows have a usable target, "
            f"at least {_FEWEST_ROWS} are needed",
            "give more rows with the target filled in",
        )
