"""From a data file to a typed table, labels and a task: everything a run needs of the data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from mle_star.data.cells import Cells, cells_of
from mle_star.data.columns import safe_names
from mle_star.data.facts import facts_of
from mle_star.data.kinds import infer_columns
from mle_star.data.load import load
from mle_star.data.prints import Prints, prints_of
from mle_star.data.profile import HIGH_CARDINALITY, Profile, make_profile
from mle_star.data.request import NONE, DataRequest, check_names
from mle_star.data.schema import Column, Schema, columns_of
from mle_star.data.sniff import Dialect
from mle_star.data.structure import Structure, find_structure
from mle_star.data.task import Target, decide_targets, default_metric
from mle_star.errors import DataError
from mle_star.toolkit.table import encode_labels, typed_column, typed_table
from mle_star.types import ColumnKind, Columns, Output, Task

__all__ = ["NONE", "DataRequest", "Prepared", "prepare", "read_features", "read_labels"]


@dataclass(frozen=True, slots=True)
class Prepared:
    """A data file, ready to be learnt from.

    Parameters
    ----------
    table : DataFrame
        The features, typed, by safe name; sorted by time if the task has a time column.
    labels : ndarray of float64, shape (n_rows, n_outputs)
        Class codes or numbers; none missing.
    task : Task
        What is predicted.
    schema : Schema
        How such files are read.
    profile : Profile
        What the data looks like.
    facts : dict
        Keyword arguments of :class:`mle_star.recipes.recipe.Facts`.
    columns : dict
        See :func:`mle_star.data.schema.columns_of`.
    groups : ndarray of int or None, shape (n_rows,)
        Codes of the group column; -1 where it is missing.
    times : ndarray of float64 or None, shape (n_rows,)
        Sortable moments, ascending.
    reasons : list of str
        Why the task is as it is, one sentence each.
    notes : list of str
        What was left out or read in an unusual way.
    places : ndarray of int, shape (n_rows,)
        Where each row stands in the file, from 0.
    prints : Prints
        What its rows are known by.
    """

    table: pd.DataFrame
    labels: np.ndarray
    task: Task
    schema: Schema
    profile: Profile
    facts: dict[str, Any]
    columns: Columns
    groups: np.ndarray | None
    times: np.ndarray | None
    reasons: list[str]
    notes: list[str]
    places: np.ndarray
    prints: Prints


def prepare(request: DataRequest) -> Prepared:
    """Read a data file and decide what it is for.

    Parameters
    ----------
    request : DataRequest
        The file and what the user says of it.

    Returns
    -------
    Prepared

    Raises
    ------
    DataError
        If the file cannot be used; names line or column and remedy.
    UsageError
        If task and metric do not fit each other.
    """
    loaded = load(request.path)
    check_names(request, list(loaded.strings.columns))
    names = safe_names(list(loaded.strings.columns))
    wanted = {name: cells_of(loaded.strings[name]) for name in request.targets}
    targets = decide_targets(wanted, names, request.kind, request.metric)
    notes = loaded.notes + [note for target in targets for note in target.notes]
    places = np.flatnonzero(np.logical_and.reduce([target.usable for target in targets]))
    strings = loaded.strings
    if len(places) < len(strings):
        strings = strings.iloc[places].reset_index(drop=True)
    cells = {name: cells_of(strings[name]) for name in strings.columns}
    columns = [
        _with_role(column, request, targets)
        for column in infer_columns(cells, names, request.targets)
    ]
    return _assemble(request, strings, cells, columns, targets, loaded.dialect, notes, places)


def read_features(path: str | Path, schema: Schema) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Read a file to predict.

    Parameters
    ----------
    path : str or Path
        Any supported format; order of columns and further columns do not matter.
    schema : Schema
        Of the training file.

    Returns
    -------
    table : DataFrame
        The features, typed, in the file's row order.
    strings : DataFrame of str
        The file as it stands.

    Raises
    ------
    DataError
        If the file cannot be read, or lacks columns (with the difference).
    """
    strings = load(path).strings
    wanted = [column.original for column in schema.features]
    missing = [name for name in wanted if name not in strings.columns]
    if missing:
        raise DataError(
            f"{path} does not fit the model: {_difference(missing, strings, schema)}",
            "give the columns the model was trained on; their order does not matter",
        )
    return typed_table(strings, schema.feature_specs()), strings


def read_labels(path: str | Path, schema: Schema) -> np.ndarray | None:
    """Encoded targets of a file with known outcomes.

    Returns
    -------
    ndarray of float64, shape (n_rows, n_outputs), or None
        NaN where missing or of a class not seen in training; None if a target column is not there.
    """
    return labels_in(load(path).strings, schema)


def labels_in(strings: pd.DataFrame, schema: Schema) -> np.ndarray | None:
    """The same as :func:`read_labels`, of a table already read as text."""
    outputs = schema.output_specs()
    if any(output["original"] not in strings.columns for output in outputs):
        return None
    return encode_labels(strings, outputs)


def _assemble(
    request: DataRequest,
    strings: pd.DataFrame,
    cells: dict[str, Cells],
    columns: list[Column],
    targets: list[Target],
    dialect: Dialect,
    notes: list[str],
    places: np.ndarray,
) -> Prepared:
    outputs = tuple(target.output for target in targets)
    labels = encode_labels(strings, Schema({}, tuple(columns), outputs, {}).output_specs())
    classes = bool(outputs[0].classes)
    structure = find_structure(request, columns, cells, labels, classes=classes)
    if structure.times is not None:
        order = np.argsort(structure.times, kind="stable")
        labels, places = labels[order], places[order]
        cells = {name: replace(column, codes=column.codes[order]) for name, column in cells.items()}
        structure = structure.reordered(order)
    columns = [_as_group(c) if c.original == structure.group else c for c in columns]
    _check_features(request, columns)
    task = _task(request, outputs, columns, structure)
    profile = make_profile(columns, cells, outputs, labels, structure.hints)
    described = _describe(columns, cells, task, len(labels))
    schema = Schema(dialect, tuple(columns), outputs, described)
    return Prepared(
        table=_typed(cells, schema),
        labels=labels,
        task=task,
        schema=schema,
        profile=profile,
        facts=facts_of(task, profile, labels),
        columns=described,
        groups=cells[structure.group].codes if structure.group else None,
        times=structure.times,
        reasons=[target.reason for target in targets] + structure.reasons,
        notes=notes,
        places=places,
        prints=prints_of(cells, request.targets),
    )


def _difference(missing: list[str], strings: pd.DataFrame, schema: Schema) -> str:
    known = {column.original for column in schema.specs}
    extra = [name for name in strings.columns if name not in known]
    shown = ", ".join(repr(name[:60]) for name in missing[:10])
    more = f" and {len(missing) - 10} more" if len(missing) > 10 else ""
    text = f"missing column(s) {shown}{more}"
    return text + (
        f"; unknown here: {', '.join(repr(n[:60]) for n in extra[:10])}" if extra else ""
    )


def _with_role(column: Column, request: DataRequest, targets: list[Target]) -> Column:
    for target in targets:
        if target.output.original == column.original:
            kind = ColumnKind.CATEGORICAL if target.output.classes else ColumnKind.NUMERIC
            found = target.numbers
            column = replace(column, kind=kind, role="target", why=target.reason, format=None)
            return (
                column
                if found is None
                else replace(
                    column, decimal=found.decimal, thousands=found.thousands, affix=found.affix
                )
            )
    if column.original in request.ids:
        return replace(column, role="id", why="named with --id")
    if column.original in request.drop:
        return replace(column, role="dropped", why="named with --drop")
    return column


def _as_group(column: Column) -> Column:
    return replace(column, role="group", why="rows of one value belong together")


def _task(
    request: DataRequest,
    outputs: tuple[Output, ...],
    columns: list[Column],
    structure: Structure,
) -> Task:
    names = {column.original: column.name for column in columns}
    return Task(
        outputs,
        request.metric or default_metric(outputs[0].kind),
        names[structure.group] if structure.group else None,
        "+".join(names[name] for name in structure.time) or None,
    )


def _check_features(request: DataRequest, columns: list[Column]) -> None:
    if not any(column.used for column in columns):
        left = "; ".join(f"{c.original!r}: {c.role}, {c.why}" for c in columns[:5])
        raise DataError(
            f"{request.path} has no column to learn from ({left})", "give at least one feature"
        )


def _typed(cells: Mapping[str, Cells], schema: Schema) -> pd.DataFrame:
    typed = {}
    for spec in schema.feature_specs():
        column = cells[spec["original"]]
        typed[spec["name"]] = typed_column(column.codes, column.texts, spec)
    return pd.DataFrame(typed)


def _describe(columns: list[Column], cells: dict[str, Cells], task: Task, rows: int) -> Columns:
    high = [
        column.name
        for column in columns
        if column.used
        and column.kind is ColumnKind.CATEGORICAL
        and len(cells[column.original].texts) > HIGH_CARDINALITY
    ]
    return columns_of(
        columns,
        task.outputs,
        rows=rows,
        high_cardinality=high,
        ordered_in_time=task.time is not None,
    )
