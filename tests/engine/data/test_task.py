"""What is predicted follows from the target, or is refused."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from mle_star.data.prepare import DataRequest, Prepared, prepare
from mle_star.errors import DataError, MleStarError, UsageError

Write = Callable[..., Path]


def table(target: Sequence[str], name: str = "y") -> str:
    lines = [f"{i * 7 % 13},w{i % 3},{cell}" for i, cell in enumerate(target)]
    return f"a,b,{name}\n" + "\n".join(lines) + "\n"


@pytest.fixture
def prepared(write: Write) -> Callable[..., Prepared]:
    def _prepared(target: Sequence[str], **asked: Any) -> Prepared:
        return prepare(DataRequest(write(table(target)), ("y",), **asked))

    return _prepared


KINDS = {
    "yes_no": (["No", "Yes"] * 30, "binary", "roc_auc", ("No", "Yes")),
    "zero_one": (["1", "0"] * 30, "binary", "roc_auc", ("0", "1")),
    "booleans": (["True", "False"] * 30, "binary", "roc_auc", ("False", "True")),
    "income": ([">50K", "<=50K"] * 30, "binary", "roc_auc", ("<=50K", ">50K")),
    "two_numbers": (["1.5", "2.5"] * 30, "binary", "roc_auc", ("1.5", "2.5")),
    "three_labels": (["a", "b", "c"] * 20, "multiclass", "log_loss", ("a", "b", "c")),
    "grades": (
        [str(i % 7 + 4) for i in range(70)],
        "multiclass",
        "log_loss",
        (*tuple("456789"), "10"),
    ),
    "counts": ([str(i * i) for i in range(70)], "regression", "rmse", ()),
    "floats": (["0.5", "1.5", "2.5"] * 20, "regression", "rmse", ()),
    "few_large": (["1000", "2000", "150000"] * 20, "regression", "rmse", ()),
}


@pytest.mark.parametrize("name", KINDS)
def test_kind_metric_and_classes_follow_from_the_target(
    prepared: Callable[..., Prepared], name: str
) -> None:
    target, kind, metric, classes = KINDS[name]
    task = prepared(target).task
    assert (str(task.kind), task.metric, task.outputs[0].classes) == (kind, metric, classes)


def test_what_is_told_wins(prepared: Callable[..., Prepared]) -> None:
    grades = [str(i % 7) for i in range(70)]
    assert prepared(grades, kind="regression").task.kind == "regression"
    assert prepared(grades, metric="mae").task.kind == "regression"
    assert prepared(grades, metric="mae").task.metric == "mae"
    assert prepared(["a", "b"] * 30, kind="multiclass").task.kind == "multiclass"
    assert prepared([str(i % 30) for i in range(90)], metric="f1").task.kind == "multiclass"
    assert prepared(["a", "b"] * 30, metric="mine.py:score").task.metric == "mine.py:score"


REFUSED = {
    "all_missing": ([""] * 40, {}, "every cell"),
    "one_class": (["a"] * 40, {}, "one value only"),
    "one_class_and_gaps": (["a", ""] * 40, {}, "one value only"),
    "one_class_but_one_row": (["a"] * 40 + ["b"], {}, "fewer than two classes"),
    "text_for_regression": (["a", "b"] * 30, {"kind": "regression"}, "holds text such as 'a'"),
    "names_of_rows": ([f"name {i}" for i in range(40)], {}, "names rows, not classes"),
    "too_few_rows": (["a", "b"] * 9, {}, "only 18 of 18 rows"),
    "too_few_with_target": (["a", "b"] * 9 + [""] * 50, {}, "only 18 of 68 rows"),
    "three_for_binary": (["a", "b", "c"] * 20, {"kind": "binary"}, "3 classes"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_target_that_cannot_be_learnt_is_refused_with_a_remedy(
    prepared: Callable[..., Prepared], name: str
) -> None:
    target, asked, message = REFUSED[name]
    started = time.perf_counter()
    with pytest.raises(DataError, match=message) as caught:
        prepared(target, **asked)
    assert caught.value.remedy
    assert time.perf_counter() - started < 90


@pytest.mark.parametrize(
    "asked",
    [
        {"kind": "regression", "metric": "roc_auc"},
        {"kind": "binary", "metric": "rmse"},
        {"kind": "ranking"},
    ],
)
def test_task_and_metric_that_do_not_fit_are_a_usage_error(
    prepared: Callable[..., Prepared], asked: dict[str, str]
) -> None:
    with pytest.raises(UsageError):
        prepared(["a", "b"] * 30, **asked)


def test_rows_without_a_target_are_left_out_and_counted(prepared: Callable[..., Prepared]) -> None:
    found = prepared(["a", "", "b", "?"] * 15)
    assert len(found.table) == len(found.labels) == 30
    assert any("30 of 60 rows" in note and "30 missing" in note for note in found.notes)


def test_a_class_of_one_row_is_left_out_with_the_rule_stated(
    prepared: Callable[..., Prepared],
) -> None:
    found = prepared(["a", "b"] * 20 + ["rare"])
    assert found.task.outputs[0].classes == ("a", "b")
    assert len(found.labels) == 40
    assert any("single row (rare)" in note for note in found.notes)


def test_an_unknown_target_is_answered_with_the_closest_names(write: Write) -> None:
    path = write(table(["a", "b"] * 20, name="Churn"))
    with pytest.raises(DataError, match=r"no column 'churn' \(given with --target\)") as caught:
        prepare(DataRequest(path, ("churn",)))
    assert "'Churn'" in caught.value.remedy


@pytest.mark.parametrize("option", ["group", "time"])
def test_an_unknown_group_or_time_column_is_refused(write: Write, option: str) -> None:
    named: dict[str, Any] = {option: "bb"}
    with pytest.raises(DataError, match="no column 'bb'"):
        prepare(DataRequest(write(table(["a", "b"] * 20)), ("y",), **named))


@pytest.mark.parametrize("option", ["ids", "drop"])
def test_unknown_ids_and_drops_are_refused(write: Write, option: str) -> None:
    named: dict[str, Any] = {option: ("zz",)}
    with pytest.raises(DataError, match="no column 'zz'"):
        prepare(DataRequest(write(table(["a", "b"] * 20)), ("y",), **named))


def test_a_target_cannot_be_dropped_too_or_named_twice(write: Write) -> None:
    path = write(table(["a", "b"] * 20))
    with pytest.raises(DataError, match="also given with --drop"):
        prepare(DataRequest(path, ("y",), drop=("y",)))
    with pytest.raises(DataError, match="twice"):
        prepare(DataRequest(path, ("y", "y")))
    with pytest.raises(MleStarError, match="no target"):
        prepare(DataRequest(path, ()))


def two_targets(first: Sequence[str], second: Sequence[str]) -> str:
    rows = zip(first, second, strict=True)
    return "a,y,z\n" + "".join(f"{i % 9},{y},{z}\n" for i, (y, z) in enumerate(rows))


def test_several_targets_of_numbers_are_learnt_together(write: Write) -> None:
    path = write(two_targets([f"{i}.5" for i in range(40)], [f"{i}.25" for i in range(40)]))
    found = prepare(DataRequest(path, ("y", "z")))
    assert found.labels.shape == (40, 2)
    assert found.task.width == 2
    assert found.columns["n_outputs"] == 2


def test_several_targets_of_classes_share_one_kind(write: Write) -> None:
    path = write(two_targets(["a", "b"] * 30, ["u", "v", "w"] * 20))
    found = prepare(DataRequest(path, ("z", "y")))
    assert found.columns["widths"] == [3, 2]
    assert {str(output.kind) for output in found.task.outputs} == {"multiclass"}
    assert found.task.metric == "log_loss"


def test_classes_and_numbers_together_are_refused(write: Write) -> None:
    path = write(two_targets(["a", "b"] * 20, [f"{i}.5" for i in range(40)]))
    with pytest.raises(DataError, match="all classes or all numbers"):
        prepare(DataRequest(path, ("y", "z")))


def test_a_target_with_decimal_commas_is_regressed(write: Write) -> None:
    path = write("a;y\n" + "".join(f"{i % 7};{i},5\n" for i in range(40)))
    found = prepare(DataRequest(path, ("y",)))
    assert found.labels[:3, 0].tolist() == [0.5, 1.5, 2.5]
