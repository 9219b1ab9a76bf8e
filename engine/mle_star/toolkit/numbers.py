"""Turning whatever a features block returns into the matrix that a model can take."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import scipy.sparse as sp
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.decomposition import TruncatedSVD

_LARGEST = 1e30
_WIDEST_DENSE = 2_000


class Numbers(TransformerMixin, BaseEstimator):
    """Table, matrix or sparse matrix in, matrix of floats out.

    Categories become their codes (missing: NaN), or 0/1 columns.

    Parameters
    ----------
    fill : bool, default False
        Put the column's median in training in place of missing numbers.
    scale : bool, default False
        Bring columns to mean 0 and standard deviation 1 (sparse ones to deviation 1).
    dense : bool, default False
        Never return a sparse matrix; a very wide one is reduced to 100 components.
    one_hot : bool, default False
        Give categories a 0/1 column each instead of codes.

    Attributes
    ----------
    categorical_ : list of int
        Positions of the columns that hold category codes, if `one_hot` is off.
    """

    def __init__(
        self, fill: bool = False, scale: bool = False, dense: bool = False, one_hot: bool = False
    ) -> None:
        self.fill = fill
        self.scale = scale
        self.dense = dense
        self.one_hot = one_hot

    def fit(self, X: Any, y: Any = None) -> Numbers:
        """Learn medians, scales and components as asked for."""
        self._learn(X)
        return self

    def fit_transform(self, X: Any, y: Any = None, **ignored: Any) -> Any:
        """Fit on rows and return them transformed."""
        return self._learn(X)

    def transform(self, X: Any) -> Any:
        """Return a float matrix of shape (n_rows, n_columns), sparse only if `X` was."""
        values = self._raw(X)
        if self.svd_ is not None:
            values = self.svd_.transform(values)
        elif self.dense and sp.issparse(values):
            values = values.toarray()
        if self.medians_ is not None:
            np.copyto(values, self.medians_, where=np.isnan(values))
        return self._scaled(values)

    def _learn(self, X: Any) -> Any:
        frame = isinstance(X, pd.DataFrame)
        codes = [
            i for i, t in enumerate(X.dtypes if frame else ()) if isinstance(t, pd.CategoricalDtype)
        ]
        self.sizes_ = [len(X.dtypes.iloc[i].categories) for i in codes] if self.one_hot else []
        self.categorical_ = [] if self.one_hot else codes
        values = self._raw(X)
        self.svd_: Any = None
        self.medians_: Any = None
        self.centres_: Any = None
        self.scales_: Any = None
        if self.dense and sp.issparse(values):
            if values.shape[1] > _WIDEST_DENSE:
                self.svd_ = TruncatedSVD(100, n_iter=2, random_state=0).fit(values)
                values = self.svd_.transform(values)
            else:
                values = values.toarray()
        if self.fill and not sp.issparse(values):
            self.medians_ = _medians(values)
            np.copyto(values, self.medians_, where=np.isnan(values))
        if self.scale:
            self._learn_scales(values)
        return self._scaled(values)

    def _learn_scales(self, values: Any) -> None:
        if sp.issparse(values):
            mean = np.asarray(values.mean(axis=0)).ravel()
            square = np.asarray(values.multiply(values).mean(axis=0)).ravel()
            deviation = np.sqrt(np.maximum(square - mean**2, 0.0))
        else:
            self.centres_ = values.mean(axis=0)
            deviation = values.std(axis=0)
        self.scales_ = np.where(deviation > 1e-12, deviation, 1.0)

    def _scaled(self, values: Any) -> Any:
        if self.scales_ is None:
            return values
        if self.centres_ is None:
            return (values @ sp.diags(1.0 / self.scales_)).tocsr()
        values -= self.centres_
        values /= self.scales_
        # A value far outside the training range must not throw a linear model off.
        return np.clip(values, -20.0, 20.0, out=values)

    def _raw(self, X: Any) -> Any:
        """A matrix of floats of its own: what follows works in place."""
        if sp.issparse(X):
            return X.tocsr().astype(float)
        if not isinstance(X, pd.DataFrame):
            return np.clip(np.asarray(X, dtype=float), -_LARGEST, _LARGEST)
        values = self._of_table(X) if len(X.columns) else np.zeros((len(X), 1))
        return np.clip(values, -_LARGEST, _LARGEST, out=values)

    def _of_table(self, X: pd.DataFrame) -> np.ndarray:
        values = np.empty((len(X), len(X.columns)))
        spread: dict[int, np.ndarray] = {}
        for place, (_, column) in enumerate(X.items()):
            cells: Any = column.array
            if not isinstance(cells, pd.Categorical):
                values[:, place] = column.to_numpy(dtype=float)
            elif self.one_hot:
                spread[place] = cells.codes[:, None] == np.arange(self.sizes_[len(spread)])
            else:
                values[:, place] = np.where(cells.codes < 0, np.nan, cells.codes)
        if spread:
            values = np.hstack([np.delete(values, list(spread), axis=1), *spread.values()])
        return values


class NonNegative(Numbers):
    """Numbers without any below zero, for models of counts."""

    def __init__(self) -> None:
        super().__init__(fill=True, one_hot=True)

    def _scaled(self, values: Any) -> Any:
        return values.maximum(0).tocsr() if sp.issparse(values) else np.maximum(values, 0.0)


def _medians(values: np.ndarray) -> np.ndarray:
    known = ~np.isnan(values)
    return np.array(
        [
            np.median(values[known[:, i], i]) if known[:, i].any() else 0.0
            for i in range(values.shape[1])
        ]
    )


class NumericModel(BaseEstimator):
    """An estimator behind a :class:`Numbers` of its own, so that it takes any features.

    Parameters
    ----------
    estimator : estimator
        Takes a matrix.
    numbers : Numbers
        How the matrix is to be made.
    """

    def __init__(self, estimator: Any, numbers: Any) -> None:
        self.estimator = estimator
        self.numbers = numbers

    def fit(self, X: Any, y: np.ndarray, sample_weight: Any = None) -> NumericModel:
        """Fit on features as they come; weights only where the estimator takes them."""
        from sklearn.base import clone

        self.numbers_ = clone(self.numbers)
        matrix = self.numbers_.fit_transform(X)
        given = {} if sample_weight is None else {"sample_weight": sample_weight}
        self.estimator_ = clone(self.estimator).fit(matrix, y, **given)
        if hasattr(self.estimator_, "classes_"):
            self.classes_ = self.estimator_.classes_
        return self

    def predict(self, X: Any) -> np.ndarray:
        """Predict numbers or class codes."""
        return np.asarray(self.estimator_.predict(self.numbers_.transform(X)))

    def predict_proba(self, X: Any) -> np.ndarray:
        """Predict class probabilities, columns as in ``classes_``."""
        return np.asarray(self.estimator_.predict_proba(self.numbers_.transform(X)))
