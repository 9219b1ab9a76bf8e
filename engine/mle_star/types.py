"""The nouns that every room shares: what to predict, from which columns.

Facts only: frozen records without behaviour beyond what follows from their fields.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

Columns = dict[str, Any]
"""What a solution's cells are told of the table; see :func:`mle_star.data.schema.columns_of`."""


class Kind(StrEnum):
    """What is predicted."""

    BINARY = "binary"
    MULTICLASS = "multiclass"
    REGRESSION = "regression"


class ColumnKind(StrEnum):
    """What a column holds, and so how it is read (see :mod:`mle_star.toolkit.table`)."""

    NUMERIC = "numeric"
    CATEGORICAL = "categorical"
    TEXT = "text"
    DATE = "date"


class Role(StrEnum):
    """The part a block plays in a solution, in the order in which the parts stand in the file."""

    CLEAN = "clean"
    FEATURES = "features"
    HYPERPARAMETERS = "hyperparameters"
    MODEL = "model"
    TRAIN = "train"
    POST = "post"
    COMBINE = "combine"


@dataclass(frozen=True, slots=True)
class Output:
    """One target column.

    Parameters
    ----------
    name : str
        Safe column name.
    original : str
        The name in the user's file.
    kind : Kind
        What is predicted.
    classes : tuple of str
        The class labels as text, in the order of the columns of a prediction matrix. For a binary
        target the last one is the positive class. Empty for regression.
    """

    name: str
    original: str
    kind: Kind
    classes: tuple[str, ...] = ()

    @property
    def width(self) -> int:
        """Columns this output takes in a prediction matrix: one per class, or one number."""
        return len(self.classes) or 1


@dataclass(frozen=True, slots=True)
class Task:
    """What to predict, and how predictions are judged.

    Parameters
    ----------
    outputs : tuple of Output
        The targets; all of them regression or all of them classification.
    metric : str
        Name of a metric in :mod:`mle_star.judge.metrics`, or ``file.py:function``.
    group : str or None
        Safe name of the column whose values must not be split between training and scoring rows.
    time : str or None
        Safe name of the column that orders the rows in time: the past never sees the future.
    """

    outputs: tuple[Output, ...]
    metric: str
    group: str | None = None
    time: str | None = None

    @property
    def kind(self) -> Kind:
        """Kind of the first output (all outputs are classification, or all regression)."""
        return self.outputs[0].kind

    @property
    def is_classification(self) -> bool:
        """Whether predictions are class probabilities."""
        return self.kind is not Kind.REGRESSION

    @property
    def width(self) -> int:
        """Columns of a prediction matrix: those of all outputs side by side."""
        return sum(output.width for output in self.outputs)
