"""A table to predict: read, compared with what the model knows, typed."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from mle_star.data.load import load
from mle_star.data.schema import Schema
from mle_star.toolkit.table import as_strings, typed_table


def read_table(table: str | Path | pd.DataFrame, schema: Schema) -> pd.DataFrame:
    """Read the feature columns of a file or a DataFrame, in the types that the model expects."""
    if isinstance(table, pd.DataFrame):
        strings, source = as_strings(table), "the table"
    else:
        strings, source = load(Path(table)).strings, str(table)
    return typed_table(strings, schema.feature_specs())
