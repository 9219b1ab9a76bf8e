"""The command line of a stand-alone ``solution.py``: train on one file, predict another."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from mle_star.toolkit.ensemble import EnsembleModel
from mle_star.toolkit.table import encode_labels, predictions_frame, read_strings, typed_table


def run_script(
    members: Sequence[Callable[[dict[str, Any]], Any]],
    combiner: Any,
    schema: Mapping[str, Any],
    arguments: Sequence[str] | None = None,
) -> None:
    """Fit on one file, predict another, write the predictions in its row order.

    Parameters
    ----------
    members : sequence of callable
        ``columns`` in, unfitted pipeline out.
    combiner : object with ``apply`` or None
        None for one member.
    schema : mapping
        ``dialect``, ``columns`` (as given to the cells), ``specs`` of the table's columns,
        ``outputs`` and ``time`` (specifications of the columns that order the rows: one, or the
        parts of a moment from the year down; empty if rows have no order) and ``trained_on``
        (see :func:`training_rows`).
    arguments : sequence of str or None
        None: those of the process.
    """
    options = _script_options(arguments)
    table, labels = training_rows(_read_file(options.train, schema), schema)
    model = fit_ensemble(members, combiner, table, labels, schema["columns"])
    rows = typed_table(_read_file(options.predict, schema), schema["specs"])
    predicted = predictions_frame(model.predict_matrix(rows), schema["outputs"])
    predicted.to_csv(options.output, index=False)


def _read_file(path: str, schema: Mapping[str, Any]) -> pd.DataFrame:
    """Read a file written like the training file, gzipped or not."""
    with open(path, "rb") as file:  # noqa: PTH123, RUF100 - nothing else here needs pathlib
        zipped = file.read(2) == b"\x1f\x8b"
    return read_strings(path, {**schema["dialect"], "compression": "gzip" if zipped else None})


def training_rows(
    strings: pd.DataFrame, schema: Mapping[str, Any]
) -> tuple[pd.DataFrame, np.ndarray]:
    """Typed rows that have a target, in time order where the task has one, and their labels.

    Where the model beside this file was fitted on a part of its rows (``trained_on``), the same
    part of that very file is taken; of any other file all rows are.
    """
    table = typed_table(strings, schema["specs"])
    labels = encode_labels(strings, schema["outputs"])
    kept = np.flatnonzero(np.isfinite(labels).all(axis=1))
    if schema["time"]:
        kept = kept[_in_time(strings.iloc[kept].reset_index(drop=True), schema["time"])]
    kept = kept[_part_trained_on(labels[kept], schema.get("trained_on"))]
    return table.iloc[kept].reset_index(drop=True), labels[kept]


def labels_digest(labels: np.ndarray) -> str:
    """Identity of a file's labels, in order."""
    import hashlib

    return hashlib.sha256(np.ascontiguousarray(labels, dtype=float).tobytes()).hexdigest()


def _part_trained_on(labels: np.ndarray, part: Mapping[str, str] | None) -> np.ndarray:
    if not part or labels_digest(labels) != part["labels"]:
        return np.arange(len(labels))
    import base64
    import zlib

    bits = np.frombuffer(zlib.decompress(base64.b85decode(part["rows"])), dtype=np.uint8)
    return np.flatnonzero(np.unpackbits(bits, count=len(labels)))


def fit_ensemble(
    members: Sequence[Callable[[dict[str, Any]], Any]],
    combiner: Any,
    table: pd.DataFrame,
    labels: np.ndarray,
    columns: dict[str, Any],
) -> EnsembleModel:
    """Fit every member on the same rows."""
    target = labels if columns["kind"] == "regression" else labels.astype(np.int64)
    target = target if columns["n_outputs"] > 1 else target[:, 0]
    fitted = [_fit_member(member(dict(columns)), table, target) for member in members]
    return EnsembleModel(fitted, combiner, columns["widths"])


def _in_time(strings: pd.DataFrame, specs: Sequence[Mapping[str, Any]]) -> np.ndarray:
    """Order of the rows in time; rows of one moment stay as they stand, those without come last."""
    table = typed_table(strings, specs)
    keys = [_moments(table[spec["name"]], spec["kind"]) for spec in specs]
    unknown = np.isnan(keys).any(axis=0)
    return np.lexsort([np.where(unknown, np.nan, key) for key in reversed(keys)])


def _moments(column: pd.Series, kind: str) -> np.ndarray:
    if kind == "date":
        known = column.notna().to_numpy()
        return np.where(known, column.to_numpy().astype("datetime64[us]").astype(float), np.nan)
    if kind == "numeric":
        return column.to_numpy(dtype=float)
    names = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
    places = {name: float(place) for place, name in enumerate(names)}
    return column.str[:3].str.lower().map(places).to_numpy(dtype=float)


def _fit_member(pipeline: Any, table: pd.DataFrame, target: np.ndarray) -> Any:
    """Fit in two steps, each from the same seed: so the judge fitted it."""
    _seed_everything()
    made = pipeline[:-1].fit_transform(table, target)
    _seed_everything()
    pipeline[-1].fit(made, target)
    return pipeline


def _seed_everything() -> None:
    import random

    random.seed(0)
    np.random.seed(0)  # noqa: NPY002, RUF100 - cells may use the global generator


def _script_options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Train the model on one file, predict another.")
    parser.add_argument("--train", required=True, help="file with the target column(s)")
    parser.add_argument("--predict", required=True, help="file with the rows to predict")
    parser.add_argument("--output", required=True, help="CSV file to write")
    return parser.parse_args(arguments)
