"""Every metric against an answer worked out elsewhere."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics as reference

from mle_star.data.task import DEFAULT_METRICS
from mle_star.errors import UsageError
from mle_star.judge.metrics import METRICS, ScoreError, get_metric
from mle_star.types import Kind, Output, Task

Y2 = np.array([0, 1, 1, 0, 1, 0, 0, 1.0])
P2 = np.array([0.1, 0.8, 0.4, 0.4, 0.9, 0.6, 0.2, 0.7])
TWO = np.column_stack([1 - P2, P2])
Y3 = np.array([0, 1, 2, 2, 1, 0, 1.0])
THREE = np.array(
    [
        [0.7, 0.2, 0.1],
        [0.1, 0.5, 0.4],
        [0.2, 0.2, 0.6],
        [0.1, 0.6, 0.3],
        [0.2, 0.7, 0.1],
        [0.3, 0.4, 0.3],
        [0.3, 0.4, 0.3],
    ]
)
N = np.array([3.0, 0.5, 2.0, 7.0])
PN = np.array([[2.5], [0.0], [2.0], [8.0]])
HARD2, HARD3 = TWO.argmax(1), THREE.argmax(1)


def task(kind: Kind, metric: str = "x", outputs: int = 1) -> Task:
    classes = {Kind.BINARY: ("a", "b"), Kind.MULTICLASS: ("a", "b", "c"), Kind.REGRESSION: ()}
    return Task(
        tuple(Output(f"y{i}", f"y{i}", kind, classes[kind]) for i in range(outputs)), metric
    )


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("roc_auc", reference.roc_auc_score(Y2, P2)),
        ("log_loss", reference.log_loss(Y2, TWO)),
        ("accuracy", 6 / 8),
        ("balanced_accuracy", 0.75),
        ("f1", reference.f1_score(Y2, HARD2)),
        ("mcc", reference.matthews_corrcoef(Y2, HARD2)),
        ("average_precision", reference.average_precision_score(Y2, P2)),
        ("brier", reference.brier_score_loss(Y2, P2)),
        ("quadratic_kappa", reference.cohen_kappa_score(Y2, HARD2, weights="quadratic")),
    ],
)
def test_binary(name: str, expected: float) -> None:
    assert get_metric(name, task(Kind.BINARY)).score(Y2, TWO) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("roc_auc", reference.roc_auc_score(Y3, THREE, multi_class="ovr", average="macro")),
        ("log_loss", reference.log_loss(Y3, THREE)),
        ("accuracy", 5 / 7),
        ("balanced_accuracy", reference.balanced_accuracy_score(Y3, HARD3)),
        ("f1", reference.f1_score(Y3, HARD3, average="macro")),
        ("mcc", reference.matthews_corrcoef(Y3, HARD3)),
        (
            "average_precision",
            np.mean([reference.average_precision_score(k == Y3, THREE[:, k]) for k in range(3)]),
        ),
        ("brier", np.mean(np.sum((THREE - np.eye(3)[Y3.astype(int)]) ** 2, axis=1))),
        ("quadratic_kappa", reference.cohen_kappa_score(Y3, HARD3, weights="quadratic")),
    ],
)
def test_multiclass(name: str, expected: float) -> None:
    found = get_metric(name, task(Kind.MULTICLASS)).score(Y3, THREE)
    assert found == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("rmse", math.sqrt(1.5 / 4)),
        ("mae", 0.5),
        ("rmsle", math.sqrt(reference.mean_squared_log_error(N, PN))),
        ("r2", reference.r2_score(N, PN)),
        ("mape", reference.mean_absolute_percentage_error(N, PN)),
        ("pearson", np.corrcoef(N, PN[:, 0])[0, 1]),
        ("spearman", 1.0),
        ("quadratic_kappa", 1 - 0.25 / 11.90625),
    ],
)
def test_regression(name: str, expected: float) -> None:
    found = get_metric(name, task(Kind.REGRESSION)).score(N, PN)
    assert found == pytest.approx(expected, rel=1e-12)


def test_every_metric_has_a_known_answer_above() -> None:
    tested = {
        mark.args[1][i][0]
        for test in (test_binary, test_multiclass, test_regression)
        for mark in test.pytestmark  # type: ignore[attr-defined]
        for i in range(len(mark.args[1]))
    }
    assert tested == set(METRICS)


@given(st.data())
def test_auc_and_precision_agree_with_the_reference_when_scores_tie(data: st.DataObject) -> None:
    y = np.array([*data.draw(st.lists(st.booleans(), max_size=30)), True, False])
    p = np.array([data.draw(st.sampled_from([0.0, 0.3, 0.5, 1.0])) for _ in y])
    matrix = np.column_stack([1 - p, p])
    assert METRICS["roc_auc"].score(y, matrix) == pytest.approx(reference.roc_auc_score(y, p))
    found = METRICS["average_precision"].score(y, matrix)
    assert found == pytest.approx(reference.average_precision_score(y, p))


def test_a_confident_mistake_costs_much_but_not_everything() -> None:
    value = METRICS["log_loss"].score(np.array([0.0]), np.array([[0.0, 1.0]]))
    assert 30 < value < 40


@pytest.mark.parametrize(
    ("name", "y", "matrix"),
    [
        ("roc_auc", np.ones(3), np.full((3, 2), 0.5)),
        ("average_precision", np.zeros(3), np.full((3, 2), 0.5)),
        ("rmsle", np.array([-1.0, 2.0]), np.ones((2, 1))),
        ("r2", np.ones(3), np.ones((3, 1))),
        ("pearson", np.ones(3), np.ones((3, 1))),
        ("rmse", np.array([1.0, np.nan]), np.ones((2, 1))),
        ("rmse", np.array([]), np.ones((0, 1))),
        ("quadratic_kappa", np.ones(3), np.tile([0.0, 1.0], (3, 1))),
    ],
)
def test_what_is_undefined_is_an_error_never_a_number(
    name: str, y: np.ndarray, matrix: np.ndarray
) -> None:
    with pytest.raises(ScoreError, match=r"undefined|not finite"):
        METRICS[name].score(y, matrix)


def test_constant_predictions_have_no_correlation() -> None:
    assert METRICS["pearson"].score(N, np.ones((4, 1))) == 0.0
    assert METRICS["spearman"].score(N, np.ones((4, 1))) == 0.0
    assert METRICS["mcc"].score(Y2, np.tile([0.9, 0.1], (8, 1))) == 0.0


def test_a_class_absent_from_the_scored_rows_is_left_out_of_the_mean() -> None:
    rows = Y3 != 2
    expected = np.mean([reference.roc_auc_score(Y3[rows] == k, THREE[rows, k]) for k in (0, 1)])
    assert METRICS["roc_auc"].score(Y3[rows], THREE[rows]) == pytest.approx(expected)


def test_several_outputs_count_alike() -> None:
    both = task(Kind.REGRESSION, outputs=2)
    labels = np.column_stack([N, N])
    found = METRICS["mae"].score_task(both, labels, np.hstack([PN, N[:, None]]))
    assert found == pytest.approx(0.25)


@given(st.lists(st.one_of(st.none(), st.floats(allow_nan=True)), min_size=3, max_size=3))
def test_better_is_a_strict_weak_order_with_nothing_last(values: list[float | None]) -> None:
    a, b, c = values
    for name in ("roc_auc", "rmse"):
        better = METRICS[name].better
        assert not better(a, a)
        assert not (better(a, b) and better(b, a))
        assert not (better(a, b) and better(b, c)) or better(a, c)
        assert not better(None, a)
        assert not better(math.nan, a)


def test_directions() -> None:
    assert METRICS["roc_auc"].better(0.9, 0.8)
    assert METRICS["rmse"].better(0.8, 0.9)
    falling = {name for name, metric in METRICS.items() if not metric.greater_is_better}
    assert falling == {"log_loss", "brier", "rmse", "mae", "rmsle", "mape"}


def test_an_unknown_name_is_refused_with_suggestions() -> None:
    with pytest.raises(UsageError, match="did you mean roc_auc"):
        get_metric("rocauc", task(Kind.BINARY))


def test_a_metric_that_does_not_fit_the_task_is_refused_with_those_that_do() -> None:
    with pytest.raises(UsageError, match=r"rmse(.|\n)*roc_auc"):
        get_metric("rmse", task(Kind.BINARY))
    for kind, name in DEFAULT_METRICS.items():
        assert get_metric(name, task(kind)).name == name


CUSTOM = """
def gain(y_true, y_pred):
    return float((y_pred.round() == y_true).mean())

def loss(y_true, y_pred):
    return float(abs(y_true - y_pred).mean())
loss.greater_is_better = False

def wide(y_true, y_pred):
    return float(y_pred.shape[1])

def broken(y_true, y_pred):
    return 1 / 0

constant = 3
"""


def test_a_custom_function_gets_what_such_functions_expect(tmp_path: Path) -> None:
    file = tmp_path / "mine.py"
    file.write_text(CUSTOM)
    gain = get_metric(f"{file}:gain", task(Kind.BINARY))
    assert gain.greater_is_better
    assert gain.score(Y2, TWO) == 0.75
    loss = get_metric(f"{file}:loss", task(Kind.REGRESSION))
    assert not loss.greater_is_better
    assert loss.score(N, PN) == 0.5
    assert get_metric(f"{file}:wide", task(Kind.MULTICLASS)).score(Y3, THREE) == 3.0


def test_a_custom_function_that_cannot_be_had_is_a_usage_error(tmp_path: Path) -> None:
    file = tmp_path / "mine.py"
    file.write_text(CUSTOM)
    with pytest.raises(UsageError, match="no Python file"):
        get_metric(f"{tmp_path}/other.py:gain", task(Kind.BINARY))
    for name in ("absent", "constant"):
        with pytest.raises(UsageError, match="defines no function"):
            get_metric(f"{file}:{name}", task(Kind.BINARY))
    file.write_text("import no_such_module_here")
    with pytest.raises(UsageError, match="ModuleNotFoundError"):
        get_metric(f"{file}:gain", task(Kind.BINARY))


def test_a_custom_function_that_raises_is_a_score_error(tmp_path: Path) -> None:
    file = tmp_path / "mine.py"
    file.write_text(CUSTOM)
    with pytest.raises(ScoreError, match="ZeroDivisionError"):
        get_metric(f"{file}:broken", task(Kind.BINARY)).score(Y2, TWO)
