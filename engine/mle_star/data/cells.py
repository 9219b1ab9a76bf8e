"""The distinct texts of one column and how often each stands there: what inference works on."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from mle_star.toolkit.table import distinct_cells


@dataclass(frozen=True)
class Cells:
    """One column, factorised.

    Parameters
    ----------
    codes : ndarray of int, shape (n_rows,)
        Position of each row's text in `texts`; -1 where missing.
    texts : ndarray of object
        Distinct texts, stripped, in order of first appearance.
    counts : ndarray of int
        Rows holding each text.
    """

    codes: np.ndarray
    texts: np.ndarray
    counts: np.ndarray

    @property
    def rows(self) -> int:
        """Rows of the column."""
        return len(self.codes)

    @property
    def present(self) -> int:
        """Rows that are not missing."""
        return int(self.counts.sum())

    @property
    def unique(self) -> bool:
        """Whether no row is missing and no text stands twice."""
        return len(self.texts) == self.rows

    @cached_property
    def numbers(self) -> np.ndarray:
        """The texts as float64, infinities too; NaN where one is no plain number."""
        return np.asarray(pd.to_numeric(self.texts, errors="coerce"), dtype=np.float64)

    def share(self, which: np.ndarray) -> float:
        """Share of the rows present whose text is among those chosen (a mask over `texts`)."""
        return float(self.counts[which].sum() / max(1, self.present))

    def same_as(self, other: Cells) -> bool:
        """Whether the two columns say the same in every row."""
        return (
            len(self.texts) == len(other.texts)
            and np.array_equal(self.codes, other.codes)
            and np.array_equal(self.texts, other.texts)
        )


def cells_of(column: pd.Series) -> Cells:
    """Factorise a column of text."""
    codes, texts = distinct_cells(column)
    return Cells(codes, texts, np.bincount(codes[codes >= 0], minlength=len(texts)))


def words_of(name: str) -> tuple[str, ...]:
    """Lower-case words of a column name.

    Examples
    --------
    >>> words_of("customerID"), words_of("arrival_date_year"), words_of("subject#")
    (('customer', 'id'), ('arrival', 'date', 'year'), ('subject',))
    """
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", name[:200])
    return tuple(re.findall(r"[a-z]+", spaced.lower()))
