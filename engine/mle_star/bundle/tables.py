"""A table to predict: read, compared with what the model knows, typed."""

from __future__ import annotations

import difflib
from pathlib import Path

import pandas as pd

from mle_star.bundle.few_rows import FEW, typed_rows
from mle_star.data.prepare import read_features
from mle_star.data.schema import Schema
from mle_star.errors import DataError
from mle_star.toolkit.table import as_strings, typed_table, unique_names


def read_table(table: str | Path | pd.DataFrame, schema: Schema) -> pd.DataFrame:
    """Read the features of a file or a table of the user's, in the types that the model expects.

    Raises
    ------
    DataError
        If it cannot be read, or columns are missing (with the difference).
    """
    if not isinstance(table, pd.DataFrame):
        return read_features(table, schema)[0]
    names = unique_names([str(name) for name in table.columns])
    missing = [c.original for c in schema.features if c.original not in names]
    if missing:
        raise DataError(
            f"the table lacks {_listed(missing, names)}",
            "give the columns that the model was trained on; their order does not matter",
        )
    if len(table) <= FEW:
        return typed_rows(table.set_axis(names, axis=1), schema.feature_specs())
    return typed_table(as_strings(table), schema.feature_specs())


def _listed(missing: list[str], there: list[str]) -> str:
    shown = []
    for name in missing[:10]:
        close = difflib.get_close_matches(name, there, n=1)
        shown.append(f"{name!r} (there is {close[0]!r})" if close else repr(name))
    return ", ".join(shown) + (f" and {len(missing) - 10} more" if len(missing) > 10 else "")
