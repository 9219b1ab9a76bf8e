"""Logistic regression is the same model whichever solver a matrix is given to."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import scipy.sparse as sp

from mle_star.toolkit.linear import LinearModel, Logistic

CLASSES = 4


@pytest.fixture
def words() -> tuple[sp.csr_matrix, np.ndarray]:
    """600 rows of 40 words, of which the class's own come more often."""
    rng = np.random.default_rng(0)
    y = rng.integers(0, CLASSES, size=600)
    own = np.arange(40)[None, :] % CLASSES == y[:, None]
    return sp.csr_matrix((rng.random((600, 40)) < np.where(own, 0.4, 0.1)).astype(float)), y


def test_words_and_the_same_table_give_much_the_same_probabilities(
    words: tuple[sp.csr_matrix, np.ndarray],
) -> None:
    X, y = words
    by_class = Logistic(1.0).fit(X, y).predict_proba(X)
    at_once = Logistic(1.0).fit(X.toarray(), y).predict_proba(X.toarray())

    assert by_class.sum(axis=1) == pytest.approx(np.ones(600))
    assert (by_class.argmax(axis=1) == at_once.argmax(axis=1)).mean() > 0.95
    assert np.abs(by_class - at_once).mean() < 0.05


@pytest.mark.parametrize("sparse", [True, False])
@pytest.mark.parametrize("classes", [2, CLASSES])
def test_weights_count(words: tuple[sp.csr_matrix, np.ndarray], sparse: bool, classes: int) -> None:
    X, y = words[0] if sparse else words[0].toarray(), words[1] % classes
    weights = np.where(y == 0, 20.0, 1.0)

    plain = Logistic(1.0).fit(X, y)
    weighted = Logistic(1.0).fit(X, y, sample_weight=weights)

    assert weighted.predict_proba(X)[:, 0].mean() > plain.predict_proba(X)[:, 0].mean() + 0.03


def test_strengths_weaker_than_one_that_was_worse_already_are_not_tried(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rng = np.random.default_rng(1)
    X = sp.csr_matrix(rng.normal(size=(400, 300)))  # noise, but for a little of one column
    y = (X[:, 0].toarray().ravel() + 3 * rng.normal(size=400) > 0).astype(int)
    tried: list[float] = []
    fit = Logistic.fit

    def seen(self: Logistic, *given: Any) -> Logistic:
        tried.append(1 / self.C)
        return fit(self, *given)

    monkeypatch.setattr(Logistic, "fit", seen)
    model = LinearModel("binary").fit(X, y)

    assert tried == [100.0, 10.0, 100.0]
    assert model.strength_ == 100.0


def test_codes_that_are_not_the_first_ones_are_kept(
    words: tuple[sp.csr_matrix, np.ndarray],
) -> None:
    X, y = words
    model = LinearModel("multiclass").fit(X, 10 * y + 7)

    assert set(model.predict(X)) == {7, 17, 27, 37}
    assert (model.predict(X) == 10 * y + 7).mean() > 0.7
