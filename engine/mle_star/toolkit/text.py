"""Columns of free text as numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import scipy.sparse as sp
from sklearn.base import BaseEstimator, TransformerMixin, clone
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression, Ridge

from mle_star.toolkit.crossfit import FOLDS, fold_numbers, target_vectors
from mle_star.toolkit.kinds import replaced

_WORD = r"\b\w+\b"


class CompactTfidf(TfidfVectorizer):
    """TF-IDF whose vocabulary is saved as one text: one entry a term would take minutes."""

    def __getstate__(self) -> dict[str, Any]:
        state = dict(super().__getstate__())
        terms = state.get("vocabulary_")
        if terms is not None:
            state["vocabulary_"] = "\n".join(sorted(terms, key=terms.__getitem__))
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        terms = state.get("vocabulary_")
        if isinstance(terms, str):
            places = {term: place for place, term in enumerate(terms.split("\n"))}
            state = {**state, "vocabulary_": places}
        super().__setstate__(state)


class TextVectors(TransformerMixin, BaseEstimator):
    """TF-IDF weights of the words (and characters) of text columns, side by side.

    Parameters
    ----------
    columns : list of str
        The text columns; those the table lacks are passed over.
    chars : bool, default False
        Add runs of three and four characters within words: slower, good for short or dirty text.

    References
    ----------
    Salton and Buckley, Term-weighting approaches in automatic text retrieval, 1988.
    """

    def __init__(self, columns: list[str], chars: bool = False) -> None:
        self.columns = columns
        self.chars = chars

    def fit(self, X: pd.DataFrame, y: Any = None) -> TextVectors:
        """Learn vocabularies and weights."""
        self.fit_transform(X)
        return self

    def fit_transform(self, X: pd.DataFrame, y: Any = None, **ignored: Any) -> sp.csr_matrix:
        """Fit on rows and return their weights."""
        self.vectorizers_ = []
        parts = []
        for name in self.columns:
            if name not in X.columns:
                continue
            strings = _strings(X[name])
            for vectorizer in _vectorizers(self.chars, len(X)):
                try:
                    parts.append(vectorizer.fit_transform(strings))
                except ValueError:
                    continue  # No word is frequent enough: nothing to learn from.
                self.vectorizers_.append((name, vectorizer))
        return _side_by_side(parts, len(X))

    def transform(self, X: pd.DataFrame) -> sp.csr_matrix:
        """Return weights of shape (n_rows, n_terms)."""
        parts = [vectorizer.transform(_strings(X[name])) for name, vectorizer in self.vectorizers_]
        return _side_by_side(parts, len(X))


class BesideText(TransformerMixin, BaseEstimator):
    """The weights of the text columns beside what another transformer makes of the rest.

    Parameters
    ----------
    columns : list of str
        The text columns.
    rest : transformer
        Table without text in, matrix out.
    chars : bool, default False
        See :class:`TextVectors`.
    """

    def __init__(self, columns: list[str], rest: Any, chars: bool = False) -> None:
        self.columns = columns
        self.rest = rest
        self.chars = chars

    def fit(self, X: pd.DataFrame, y: Any = None) -> BesideText:
        """Fit both sides."""
        self.fit_transform(X, y)
        return self

    def fit_transform(self, X: pd.DataFrame, y: Any = None, **ignored: Any) -> Any:
        """Fit both sides and return the rows' matrix."""
        self.columns_ = [name for name in self.columns if name in X.columns]
        self.vectors_ = TextVectors(self.columns_, self.chars)
        self.rest_ = clone(self.rest)
        rest = self.rest_.fit_transform(X.drop(columns=self.columns_), y)
        return self._joined(rest, self.vectors_.fit_transform(X))

    def transform(self, X: pd.DataFrame) -> Any:
        """Return a matrix, in compressed rows if there is text."""
        rest = self.rest_.transform(X.drop(columns=self.columns_))
        return self._joined(rest, self.vectors_.transform(X))

    def _joined(self, rest: Any, vectors: sp.csr_matrix) -> Any:
        if not vectors.shape[1]:
            return rest
        return sp.hstack([sp.csr_matrix(rest), vectors], format="csr")


class TextScores(TransformerMixin, BaseEstimator):
    """Replace text columns by what a linear model reads from them out of fold.

    The scores of training rows come from models that have not seen those rows; other rows get the
    mean of these models. So a tree can trust the score as much on new rows as in training.

    Parameters
    ----------
    columns : list of str
        The text columns.
    kind : str
        ``"regression"``, or anything else for classes.
    components : int, default 12
        Latent components of the text added beside the scores.

    References
    ----------
    Wolpert, Stacked generalization, Neural Networks 5(2), 1992.
    """

    def __init__(self, columns: list[str], kind: str, components: int = 12) -> None:
        self.columns = columns
        self.kind = kind
        self.components = components

    def fit(self, X: pd.DataFrame, y: np.ndarray) -> TextScores:
        """Fit without the out-of-fold scores."""
        self.fit_transform(X, y)
        return self

    def fit_transform(self, X: pd.DataFrame, y: np.ndarray, **ignored: Any) -> pd.DataFrame:
        """Fit, and return the table with out-of-fold scores."""
        self.columns_ = [name for name in self.columns if name in X.columns]
        if not self.columns_:
            return X
        self.vectors_ = TextVectors(self.columns_)
        vectors = self.vectors_.fit_transform(X)
        self.svd_ = None
        if vectors.shape[1] > 2 * self.components and len(X) > self.components:
            self.svd_ = TruncatedSVD(self.components, n_iter=2, random_state=0).fit(vectors)
        scores = self._learn_scores(vectors, target_vectors(y, self.kind))
        return self._table(X, vectors, scores)

    def transform(self, X: pd.DataFrame) -> pd.DataFrame:
        """Return the table with scores and components in place of text."""
        if not self.columns_:
            return X
        vectors = self.vectors_.transform(X)
        return self._table(X, vectors, vectors @ self.weights_ + self.intercepts_)

    def _learn_scores(self, vectors: sp.csr_matrix, targets: list[np.ndarray]) -> np.ndarray:
        scores = np.zeros((vectors.shape[0], len(targets)))
        self.weights_ = np.zeros((vectors.shape[1], len(targets)))
        self.intercepts_ = np.zeros(len(targets))
        if not vectors.shape[1]:
            return scores
        for i, target in enumerate(targets):
            folds = fold_numbers(target)
            for fold in range(FOLDS):
                outer = folds == fold
                model = _linear(self.kind).fit(vectors[~outer], target[~outer])
                weights, intercept = model.coef_.ravel(), float(np.ravel(model.intercept_)[0])
                scores[outer, i] = vectors[outer] @ weights + intercept
                self.weights_[:, i] += weights / FOLDS
                self.intercepts_[i] += intercept / FOLDS
        return scores

    def _table(self, X: pd.DataFrame, vectors: sp.csr_matrix, scores: np.ndarray) -> pd.DataFrame:
        parts = {f"text__score_{i}": column for i, column in enumerate(scores.T)}
        if self.svd_ is not None:
            latent = self.svd_.transform(vectors)
            parts |= {f"text__component_{i}": column for i, column in enumerate(latent.T)}
        for name in self.columns_:
            parts[f"{name}__length"] = X[name].str.len().fillna(0).to_numpy(dtype=float)
        return replaced(X, self.columns_, pd.DataFrame(parts, index=X.index))


def _vectorizers(chars: bool, rows: int) -> list[CompactTfidf]:
    least = 3 if rows >= 5000 else 2 if rows >= 200 else 1
    shared = {"sublinear_tf": True, "min_df": least, "max_features": 50_000, "dtype": np.float64}
    words = CompactTfidf(ngram_range=(1, 2), token_pattern=_WORD, **shared)
    if not chars:
        return [words]
    return [words, CompactTfidf(analyzer="char_wb", ngram_range=(3, 4), **shared)]


def _strings(column: pd.Series) -> list[str]:
    return list(column.astype(object).where(column.notna(), ""))


def _side_by_side(parts: list[sp.csr_matrix], rows: int) -> sp.csr_matrix:
    return sp.hstack(parts, format="csr") if parts else sp.csr_matrix((rows, 0))


def _linear(kind: str) -> Any:
    if kind == "regression":
        return Ridge(alpha=1.0, solver="sparse_cg")
    return LogisticRegression(C=1.0, solver="liblinear", max_iter=1000, random_state=0)
