"""Sharing of fitted prefixes, checks of predictions, and the words on the wire."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.engine.judge.conftest import Problem

from mle_star.judge.fitting import Bench, CandidateError
from mle_star.judge.predictions import PredictionError, checked
from mle_star.judge.wire import Order, Reply, decode, encode
from mle_star.solution.solution import Solution, parse
from mle_star.types import Kind, Output, Task

COUNTING = """
# %% role: features
from sklearn.base import BaseEstimator, TransformerMixin

class Counting(TransformerMixin, BaseEstimator):
    def fit(self, X, y):
        import builtins
        builtins.prefix_fits = getattr(builtins, "prefix_fits", 0) + 1
        self.mean_ = y.mean()
        return self

    def transform(self, X):
        return X[["x0", "x1", "x2"]].to_numpy() + self.mean_

    def fit_transform(self, X, y):
        return self.fit(X, y).transform(X) + 1

def features(columns):
    return Counting()

# %% role: model
def model(columns, hyperparameters):
    from sklearn.linear_model import LogisticRegression
    return LogisticRegression(C=1.0)
"""


@pytest.fixture
def bench(problem: Problem) -> Bench:
    return Bench(problem.table, problem.columns)


@pytest.fixture(autouse=True)
def fits() -> Iterator[None]:
    import builtins

    builtins.prefix_fits = 0  # type: ignore[attr-defined]
    yield
    del builtins.prefix_fits  # type: ignore[attr-defined]


def count() -> int:
    import builtins

    return int(builtins.prefix_fits)  # type: ignore[attr-defined]


def order(problem: Problem, solution: Solution, fold: int = 0, **changes: object) -> Order:
    rows = problem.splits.folds[fold]
    fields = {"labels": problem.labels[rows.train], "seed": 0, **changes}
    return Order(0, solution, rows.train, rows.score, **fields)


def test_a_prefix_is_fitted_once_for_all_heads_on_the_same_rows(
    bench: Bench, problem: Problem
) -> None:
    other = parse(COUNTING.replace("C=1.0", "C=0.1"))
    first = bench.fit(order(problem, parse(COUNTING)))
    bench.fit(order(problem, other))
    again = bench.fit(order(problem, parse(COUNTING)))
    assert count() == 1
    assert np.array_equal(first.predictions, again.predictions)
    assert np.array_equal(
        bench.fit(order(problem, other)).predictions,
        Bench(problem.table, problem.columns).fit(order(problem, other)).predictions,
    )


def test_other_rows_labels_or_seeds_fit_it_afresh(bench: Bench, problem: Problem) -> None:
    solution = parse(COUNTING)
    bench.fit(order(problem, solution))
    bench.fit(order(problem, solution, fold=1))
    bench.fit(order(problem, solution, labels=1 - problem.labels[problem.splits.folds[0].train]))
    bench.fit(order(problem, solution, seed=1))
    assert count() == 4


def test_a_head_that_works_in_place_does_not_spoil_what_is_shared(
    bench: Bench, problem: Problem
) -> None:
    rude = COUNTING.replace("    return LogisticRegression(C=1.0)", "    return Rude()").replace(
        "def model(",
        "from sklearn.linear_model import LogisticRegression as Base\n"
        "class Rude(Base):\n"
        "    def fit(self, X, y):\n"
        "        X *= 0\n"
        "        return super().fit(X, y)\n"
        "def model(",
    )
    honest = bench.fit(order(problem, parse(COUNTING))).predictions
    bench.fit(order(problem, parse(rude)))
    assert count() == 1
    assert np.array_equal(bench.fit(order(problem, parse(COUNTING))).predictions, honest)


def test_fit_transform_is_what_the_head_trains_on(bench: Bench, problem: Problem) -> None:
    """Cross-fitted encoders rely on it."""
    solution = parse(
        COUNTING.replace("LogisticRegression(C=1.0)", "Look()")
        .replace(
            "def model(",
            "class Look(BaseEstimator):\n"
            "    def fit(self, X, y):\n"
            "        self.classes_, self.gap_ = [0, 1], X.mean() - y.mean()\n"
            "    def predict_proba(self, X):\n"
            "        import numpy as np\n"
            "        return np.full((len(X), 2), self.gap_)\n"
            "def model(",
        )
        .replace("    from sklearn.linear_model import LogisticRegression\n", "")
    )
    rows = problem.splits.folds[0].train
    found = bench.fit(order(problem, solution)).predictions[0, 0]
    expected = problem.table.iloc[rows][["x0", "x1", "x2"]].to_numpy().mean() + 1
    assert found == pytest.approx(expected)


def test_the_cache_is_bounded(problem: Problem) -> None:
    bench = Bench(problem.table, problem.columns, cache_mib=0.008)
    for fold in (0, 1, 0, 1):
        bench.fit(order(problem, parse(COUNTING), fold=fold))
    assert count() == 4
    assert len(bench._prefixes) <= 1


def test_a_prefix_may_not_read_the_heads_cells(bench: Bench, problem: Problem) -> None:
    """It is shared between solutions with other heads, so it must not depend on them."""
    text = COUNTING.replace("return Counting()", "return HYPERPARAMETERS['x']")
    text += "# %% role: hyperparameters\nHYPERPARAMETERS = {'x': None}\n"
    with pytest.raises(CandidateError, match=r"NameError.*in the features block"):
        bench.fit(order(problem, parse(text)))


TWO = Task((Output("y", "y", Kind.BINARY, ("a", "b")),), "roc_auc")
NUMBERS = Task((Output("y", "y", Kind.REGRESSION), Output("z", "z", Kind.REGRESSION)), "rmse")


def test_numbers_need_only_shape_and_finiteness() -> None:
    matrix = np.array([[1e9, -3.0]])
    assert np.array_equal(checked(matrix, NUMBERS, 1), matrix)
    with pytest.raises(PredictionError, match="expected shape"):
        checked(matrix.T, NUMBERS, 1)
    with pytest.raises(PredictionError, match="none"):
        checked(None, NUMBERS, 1)
    with pytest.raises(PredictionError, match="not finite in 1 of 1"):
        checked(matrix * np.inf, NUMBERS, 1)


@given(st.floats(0, 1), st.floats(-0.0009, 0.0009))
def test_probabilities_within_the_tolerance_come_out_exact(p: float, slip: float) -> None:
    found = checked(np.array([[1 - p + slip, p]]), TWO, 1)
    assert found.sum() == pytest.approx(1.0, abs=1e-12)
    assert 0 <= found.min() <= found.max() <= 1


def test_no_rows_are_fine() -> None:
    assert checked(np.empty((0, 2)), TWO, 0).shape == (0, 2)


@given(
    st.integers(0, 5),
    st.integers(1, 4),
    st.text(),
    st.floats(0, 1e6),
)
def test_a_reply_survives_the_wire(rows: int, width: int, failure: str, seconds: float) -> None:
    matrix = np.random.default_rng(0).normal(size=(rows, width))
    reply = Reply(3, matrix, failure, seconds, 1.5, 2.5, True)
    found = decode(encode(reply))
    assert np.array_equal(found.predictions, matrix)  # type: ignore[arg-type]
    assert (found.number, found.failure, found.fit_seconds) == (3, failure, seconds)
    assert found.retire is True
    assert decode(encode(Reply(1))).predictions is None


@given(st.binary(max_size=60))
def test_noise_on_the_wire_is_refused(noise: bytes) -> None:
    with pytest.raises(ValueError, match="not a worker's reply"):
        decode(noise)


def test_a_cut_reply_is_refused() -> None:
    whole = encode(Reply(1, np.ones((4, 2))))
    for end in range(len(whole)):
        with pytest.raises(ValueError, match="not a worker's reply"):
            decode(whole[:end])
