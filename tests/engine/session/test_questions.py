"""What a person is asked: proposals from the data, and answers that mean something."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from mle_star.data.cells import cells_of
from mle_star.data.columns import safe_names
from mle_star.data.kinds import infer_columns
from mle_star.data.load import load
from mle_star.data.prepare import DataRequest, Prepared, prepare
from mle_star.errors import UsageError
from mle_star.judge.metrics import METRICS
from mle_star.phases.effect import HIGH, LOW, BlockEffect
from mle_star.session.question import Question
from mle_star.session.questions import (
    MEANINGS,
    MOST_GAIN,
    block_question,
    group_question,
    metric_question,
    target_question,
    time_question,
)
from mle_star.types import Kind, Output, Role, Task

ROWS = 240
BINARY = Task((Output("label", "label", Kind.BINARY, ("no", "yes")),), "f1")
EFFECTS = [
    BlockEffect(Role.FEATURES, 0.0123, 0.008, 0.016, 0.01, HIGH, "ordinal"),
    BlockEffect(Role.TRAIN, -0.002, -0.004, 0.001, 0.3, LOW, "removed"),
    BlockEffect(Role.MODEL, 0.0, 0.0, 0.0, 1.0, LOW, "itself"),
    BlockEffect(Role.POST, None, None, None, None, LOW, "removed", "cannot be removed: boom"),
]


@pytest.fixture
def frame() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    days = pd.date_range("2024-01-01", periods=ROWS, freq="3D").to_numpy().copy()
    rng.shuffle(days)
    patient = np.repeat(np.arange(24), 10)
    return pd.DataFrame(
        {
            "Row Id": np.arange(ROWS),
            "size": rng.normal(size=ROWS),
            "Total Charges": rng.normal(size=ROWS).round(3),
            "day": pd.Series(days).dt.strftime("%Y-%m-%d"),
            "patient": patient,
            "note": [f"some words {i} about a row and more of it" for i in rng.permutation(ROWS)],
            "left": rng.choice(["no", "yes"], ROWS),
            "score": np.sin(patient) * 5 + rng.normal(size=ROWS),
        }
    )


def questioned(path: Path, file: str = "") -> Question[str]:
    strings = load(path).strings.head(2000)
    cells = {name: cells_of(strings[name]) for name in strings.columns}
    return target_question(infer_columns(cells, safe_names(list(cells))), cells, file=file)


@pytest.fixture
def prepared(frame: pd.DataFrame, tmp_path: Path) -> Callable[..., Prepared]:
    """Prepare a table that is made of some columns only."""

    def _prepared(*columns: str, target: str = "score", **asked: Any) -> Prepared:
        path = tmp_path / "data.csv"
        frame[[*columns, target]].to_csv(path, index=False)
        return prepare(DataRequest(path, (target,), **asked))

    return _prepared


def test_every_choice_and_every_default_can_be_taken(
    prepared: Callable[..., Prepared], frame: pd.DataFrame, tmp_path: Path
) -> None:
    frame.to_csv(tmp_path / "all.csv", index=False)
    data = prepared("size", "day", "patient")
    questions: list[Question[Any]] = [
        questioned(tmp_path / "all.csv"),
        metric_question(BINARY),
        time_question(data),
        group_question(data),
        block_question(EFFECTS, 1),
    ]

    for question in questions:
        values = [choice.value for choice in question.choices]
        assert question.default in values
        assert [question.refusal(value) for value in values] == [""] * len(values)
        assert len(set(values)) == len(values)


def test_targets_are_proposed_with_reasons_and_the_rest_is_left_out(
    frame: pd.DataFrame, tmp_path: Path
) -> None:
    frame.to_csv(tmp_path / "all.csv", index=False)

    question = questioned(tmp_path / "all.csv")

    reasons = {choice.label: choice.why for choice in question.choices}
    assert question.default == "score"
    assert reasons["score"].startswith("named as targets often are, last column, numeric")
    assert reasons["left"] == "two values, 'no' and 'yes'"
    assert not {"Row Id", "day", "note"} & set(reasons)


def test_what_the_file_is_named_after_is_the_likeliest_target(
    frame: pd.DataFrame, tmp_path: Path
) -> None:
    frame.drop(columns="score").rename(columns={"left": "Churned"}).to_csv(
        tmp_path / "x.csv", index=False
    )

    question = questioned(tmp_path / "x.csv", file="customer-churn.csv")

    assert question.default == "Churned"
    assert "named in the file's name" in question.choices[0].why


@pytest.mark.parametrize(
    ("answer", "target"),
    [
        ("left", "left"),
        ("total charges", "Total Charges"),
        ("LEFT, score", "left,score"),
        ("Row Id", "Row Id"),
    ],
)
def test_any_column_may_be_answered_and_case_does_not_count(
    frame: pd.DataFrame, tmp_path: Path, answer: str, target: str
) -> None:
    frame.to_csv(tmp_path / "all.csv", index=False)

    assert questioned(tmp_path / "all.csv").read(answer) == target


def test_a_column_that_is_not_there_is_refused_with_those_that_are_close(
    frame: pd.DataFrame, tmp_path: Path
) -> None:
    frame.to_csv(tmp_path / "all.csv", index=False)
    question = questioned(tmp_path / "all.csv")

    assert "no column 'scores'" in question.refusal("scores")
    assert "'score'" in question.refusal("scores")
    assert "no column was named" in question.refusal(" , ")


TARGETS = {
    "adult": "class",
    "ames_housing": "SalePrice",
    "beijing_pm25": "PM2.5",
    "bike_hour": "cnt",
    "california": "median_house_value",
    "clothing_reviews": "Recommended IND",
    "covertype": "Cover_Type",
    "digits": "digit",
    "hotel_bookings": "is_canceled",
    "mammography": "class",
    "parkinsons": "total_UPDRS",
    "telco_churn": "Churn",
    "titanic": "Survived",
    "wine_quality": "quality",
}
FIRST = set(TARGETS) - {"california", "clothing_reviews", "hotel_bookings", "parkinsons"}


@pytest.mark.parametrize("name", TARGETS)
def test_on_real_data_the_target_is_among_the_proposals(shared_data: Path, name: str) -> None:
    question = questioned(shared_data / name / "test.csv.gz", file=f"{name}.csv")

    assert TARGETS[name] in [choice.label for choice in question.choices]
    assert (question.default == TARGETS[name]) == (name in FIRST)


def test_metrics_of_the_kind_of_task_are_offered_the_default_first() -> None:
    question = metric_question(BINARY)

    values = [choice.value for choice in question.choices]
    assert (question.default, values[0]) == ("f1", "f1")
    assert set(values) == {name for name, m in METRICS.items() if Kind.BINARY in m.kinds}
    assert all(choice.why for choice in question.choices)
    assert set(MEANINGS) == set(METRICS)


def test_a_metric_may_be_answered_as_people_write_it_or_as_a_function(tmp_path: Path) -> None:
    file = tmp_path / "own.py"
    file.write_text("def profit(y, p):\n    return float(p.sum())\n")
    question = metric_question(BINARY)

    assert question.read("ROC-AUC") == "roc_auc"
    assert question.read("Matthews") == "mcc"
    assert question.read(f"{file}:profit") == f"{file}:profit"
    assert "does not fit a binary task" in question.refusal("RMSE")
    assert "unknown metric 'charm'" in question.refusal("charm")


def test_a_run_with_a_metric_of_its_own_offers_that_first(tmp_path: Path) -> None:
    file = tmp_path / "own.py"
    file.write_text("def profit(y, p):\n    return float(p.sum())\n")

    question = metric_question(replace(BINARY, metric=f"{file}:profit"))

    assert question.choices[0].value == question.default == f"{file}:profit"
    assert question.read(question.default) == question.default


def test_the_time_column_that_the_data_shows_is_proposed_with_its_reason(
    prepared: Callable[..., Prepared],
) -> None:
    data = prepared("size", "day")

    question = time_question(data)

    assert question.default == "day"
    assert "gives a moment to 100% of the rows" in question.choices[0].why
    assert [choice.value for choice in question.choices] == ["day", "none"]
    again = prepared("size", "day", time=question.read(question.default))
    assert again.task == data.task
    assert prepared("size", "day", time=question.read("none")).task.time is None


def test_a_moment_in_several_columns_is_left_to_the_data(
    prepared: Callable[..., Prepared], frame: pd.DataFrame
) -> None:
    dates = pd.to_datetime(frame["day"])
    for part in ("year", "month", "day"):
        frame[part] = getattr(dates.dt, part)
    data = prepared("size", "year", "month", "day")
    assert data.task.time == "year+month+day"

    question = time_question(data)

    assert question.default == "year + month + day"
    assert question.read(question.default) is None
    assert question.read("year") == "year"


def test_where_nothing_shows_order_none_is_the_default_but_any_may_be_named(
    prepared: Callable[..., Prepared],
) -> None:
    question = time_question(prepared("size", "Total Charges", "note"))

    assert question.default == "none"
    assert question.read("total charges") == "Total Charges"
    assert "'note' is text" in question.refusal("note")
    assert "'score' is what is predicted" in question.refusal("score")


def test_groups_are_proposed_and_none_switches_them_off(prepared: Callable[..., Prepared]) -> None:
    data = prepared("size", "patient")

    question = group_question(data)

    assert data.task.group == "patient"
    assert [choice.value for choice in question.choices] == ["patient", "none"]
    assert question.default == "patient"
    assert "intraclass correlation" in question.choices[0].why
    assert prepared("size", "patient", group=question.read("none")).task.group is None


def test_a_group_that_is_only_noted_is_offered_but_not_the_default(
    prepared: Callable[..., Prepared],
) -> None:
    question = group_question(prepared("size", "day", "patient"))

    assert question.default == "none"
    assert [choice.value for choice in question.choices] == ["none", "patient"]


def test_a_group_that_was_asked_for_stays_the_default(prepared: Callable[..., Prepared]) -> None:
    question = group_question(prepared("size", "note", "left", group="left"))

    assert (question.default, question.choices[0].why) == ("left", "asked for")


def test_the_ablation_stands_beside_the_blocks_to_choose_from() -> None:
    question = block_question(EFFECTS, 2, proposed=Role.FEATURES)

    shown = [(choice.value, choice.why) for choice in question.choices]
    assert shown == [
        (MOST_GAIN, "that is features"),
        ("features", "HIGH, the score loses 0.012 (0.008 to 0.016) with ordinal in its place"),
        ("train", "LOW, the score gains 0.002 (-0.004 to 0.001) without it"),
        ("model", "plain already"),
        ("post", "LOW, cannot be removed: boom"),
        ("clean", "has no block yet"),
        ("hyperparameters", "has no block yet"),
    ]
    assert question.key == "block of step 2"


def test_a_block_is_chosen_by_its_role_or_left_to_the_rule() -> None:
    question = block_question(EFFECTS, 1)

    assert question.read(question.default) is None
    assert question.read("Model") is Role.MODEL
    assert question.read("clean") is Role.CLEAN
    assert "there is no block 'combine'" in question.refusal("combine")
    with pytest.raises(UsageError, match="no block 'nonsense'"):
        question.read("nonsense")
