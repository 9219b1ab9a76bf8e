"""Descriptions in words are understood, shown back, and never guessed silently."""

from __future__ import annotations

import csv
import gzip
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.engine.session.wording.tables import TELCO, read, words_for

from mle_star.commands import RUN
from mle_star.config import options_of
from mle_star.session.brief import merged, understand
from mle_star.session.settings import names, resolve


def test_a_whole_description_is_understood_and_shown_back() -> None:
    brief = understand(
        "predict churn as early as possible, judged by F1, no leakage across customers "
        "(customerID), within 20 minutes and under 50 ms a prediction; drop TotalCharges",
        TELCO,
    )

    assert brief.options == {
        "target": "Churn",
        "metric": "f1",
        "group": "customerID",
        "time_budget": 1200.0,
        "drop": "TotalCharges",
    }
    assert brief.constraints == {"latency_ms": 50.0}
    assert [(one.words, one.key, one.value) for one in brief.understood] == [
        ("predict churn", "target", "Churn"),
        ("judged by F1", "metric", "f1"),
        ("leakage across customers (customerID)", "group", "customerID"),
        ("within 20 minutes", "time_budget", "1200 s"),
        ("under 50 ms a prediction", "latency_ms", "50 ms a prediction"),
        ("drop TotalCharges", "drop", "TotalCharges"),
    ]
    assert brief.unused == ("early",)
    assert brief.conflicts == ()


@pytest.mark.parametrize(
    ("text", "columns", "between"),
    [
        ("predict charges", TELCO, ("'MonthlyCharges' or 'TotalCharges'", "--target")),
        ("predict age", ["Age", "AGE"], ("'Age' or 'AGE'", "--target")),
        (
            "predict if a customer with a partner will churn",
            TELCO,
            ("'Partner' or 'Churn'", "--target"),
        ),
        ("predict churn; tenure is the target", TELCO, ("Churn ('predict churn')", "--target")),
        ("predict y by card", ["card_id", "card_no", "y"], ("'card_id' or 'card_no'", "--group")),
        ("predict churn grouped by Contract and Partner", TELCO, ("'Contract' or 'Partner'",)),
        ("predict churn by F1 or accuracy", TELCO, ("f1 ('F1') or accuracy", "--metric")),
        ("predict churn in 2 hours, at most 20 minutes", TELCO, ("7200 s", "--time-budget")),
        ("predict churn, a binary task, by RMSE", TELCO, ("rmse is no metric of a binary",)),
        ("churn regression, multiclass", TELCO, ("regression ('regression') or multiclass",)),
        ("predict churn and drop Churn", TELCO, ("Churn is to be predicted", "--drop")),
        ("seed 1, random_state=2", TELCO, ("1 ('seed 1') or 2", "--seed")),
    ],
)
def test_what_cannot_be_told_is_reported_and_not_set(
    text: str, columns: list[str], between: tuple[str, ...]
) -> None:
    brief = understand(text, columns)

    [conflict] = brief.conflicts
    assert all(words in conflict for words in between)
    key = next((w[2:].replace("-", "_") for w in between if w.startswith("--")), "metric")
    assert key not in brief.options
    assert not any(one.key == key for one in brief.understood)


def test_words_that_nothing_was_made_of_are_told() -> None:
    brief = understand("predict churn with a neural network, not accuracy, for Anna", TELCO)

    assert brief.unused == ("neural network", "not accuracy", "Anna")


def test_only_the_beginning_of_a_very_long_text_is_read_and_that_is_told() -> None:
    brief = understand("predict churn. " + "blah " * 20_000 + "drop tenure", TELCO)

    assert brief.options == {"target": "Churn"}
    assert "the last 90,026 characters" in brief.unused[-1]


def test_the_command_line_wins_and_every_word_that_lost_is_told() -> None:
    brief = understand("predict churn by F1 in 20 minutes, seed 3, drop tenure", TELCO)

    values, notes = merged(
        {"metric": "accuracy", "preset": "quick", "seed": 3, "test": None}, brief
    )

    assert values["metric"] == "accuracy"
    assert (values["target"], values["drop"], values["seed"]) == ("Churn", "tenure", 3)
    assert "time_budget" not in values
    assert notes == (
        "'F1' of the description gives way to --metric accuracy",
        "'in 20 minutes' of the description gives way to --preset quick",
    )


@pytest.mark.parametrize(
    ("given_options", "lost"),
    [
        ({"evaluations": 5}, "time_budget"),
        ({"time_budget": 60.0}, "time_budget"),
        ({"timeout": 60_000}, "time_budget"),
        ({"target": "tenure"}, "target"),
        ({"target": "TotalCharges"}, "drop"),
        ({"target": "customerID"}, "group"),
        ({"drop": "Churn,tenure"}, "target"),
        ({"id": "Churn"}, "target"),
    ],
)
def test_words_never_contradict_what_was_given(given_options: dict[str, Any], lost: str) -> None:
    text = "predict churn by customer in 20 minutes, drop TotalCharges"
    brief = understand(text, TELCO)

    values, notes = merged(given_options, brief)

    assert {key: values[key] for key in given_options} == given_options
    assert values.get(lost) == given_options.get(lost)
    assert any(repr(words) in note for note in notes for words in words_for(brief, lost))


def test_what_is_said_twice_alike_loses_nothing() -> None:
    brief = understand("predict churn, drop tenure and Partner", TELCO)

    values, notes = merged({"target": "Churn", "drop": "tenure, Partner"}, brief)

    assert notes == ()
    assert values == {"target": "Churn", "drop": "tenure, Partner"}


def test_options_are_what_the_command_line_takes(tmp_path: Path) -> None:
    brief = understand(
        'predict "a,b" and tenure, RMSE, regression, 40 candidates, 2 cores, seed 1, by customer',
        [*TELCO, "a,b"],
    )
    values, _ = merged({"dataset": str(tmp_path / "d.csv")}, brief)

    settings = resolve(values, cores=1)

    assert settings.targets == ("a,b", "tenure")
    assert (settings.metric, settings.task, settings.group) == ("rmse", "regression", "customerID")
    assert (settings.evaluations, settings.jobs, settings.seed) == (40, 2, 1)


KEYS = {option.key for option in options_of(RUN)}
VOCABULARY = """
    predict forecast drop ignore by per not no the a of , . ; ( ) ' " ` : - and or 20 2 ms
    minutes hours F1 accuracy auc churn total charges customer id group time ordered classes
    binary regression seed cores candidates 1h30 is target without within at most together
    instead neither nor don't leakage across Smith, John
"""
SPOKEN = st.lists(st.sampled_from(VOCABULARY.split())).map(" ".join)


def _holds(text: str, columns: list[str]) -> None:
    brief = understand(text, columns, dates=columns[:1])
    named = {"target": (), "drop": (), "group": (), "time_column": ()} | {
        key: names(value) if key in ("target", "drop") else (value,)
        for key, value in brief.options.items()
        if key in ("target", "drop", "group", "time_column")
    }
    assert set(brief.options) <= KEYS
    assert {name for each in named.values() for name in each} <= set(columns)
    targets = set(named["target"])
    assert not targets & {*named["drop"], *named["group"], *named["time_column"]}
    assert all(one.words for one in brief.understood)


@given(SPOKEN)
def test_any_order_of_known_words_gives_real_columns_only(text: str) -> None:
    _holds(text, [*TELCO, "Smith, John", "by", "time", "accuracy"])


@given(st.text(), st.lists(st.text()))
def test_any_text_over_any_columns_is_read(text: str, columns: list[str]) -> None:
    _holds(text, columns)


@given(st.lists(st.text(min_size=1), min_size=1), st.data())
def test_a_quoted_name_is_that_column_or_none(columns: list[str], data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(columns))

    target = understand(f"predict `{name}`", columns).options.get("target")

    assert target is None or names(target) == (name,) or name not in names(target)


REAL = [
    (
        "titanic",
        "Predict survival by balanced accuracy. Do not use name or ticket. 90 s.",
        {"target": "Survived", "metric": "balanced_accuracy", "drop": "Name,Ticket"},
    ),
    (
        "ames_housing",
        "predict house prices with RMSLE, ignoring PID",
        {"target": "SalePrice", "metric": "rmsle", "drop": "PID"},
    ),
    (
        "beijing_pm25",
        "forecast PM2.5 per station, judged by MAE, on 2 cores",
        {"target": "PM2.5", "metric": "mae", "group": "station", "jobs": 2},
    ),
    (
        "hotel_bookings",
        "predict whether a booking will be cancelled; PR AUC; drop company, agent and country",
        {"target": "is_canceled", "metric": "average_precision", "drop": "company,agent,country"},
    ),
    (
        "parkinsons",
        "predict total UPDRS across subjects, R^2; without Jitter(%) and Jitter:RAP",
        {
            "target": "total_UPDRS",
            "metric": "r2",
            "group": "subject#",
            "drop": "Jitter(%),Jitter:RAP",
        },
    ),
    (
        "wine_quality",
        "classify wine quality, quadratic weighted kappa, multiclass",
        {"target": "quality", "metric": "quadratic_kappa", "task": "multiclass"},
    ),
    (
        "clothing_reviews",
        "is the item recommended? log-loss, by clothing item, at most 40 candidates",
        {"metric": "log_loss", "group": "Clothing ID", "evaluations": 40},
    ),
    (
        "mammography",
        "class is the target; use average precision instead of accuracy",
        {"target": "class", "metric": "average_precision"},
    ),
    (
        "telco_churn",
        "churn within 20 minutes, AUC, no leakage across customers",
        {"target": "Churn", "metric": "roc_auc", "group": "customerID", "time_budget": 1200.0},
    ),
    (
        "bike_hour",
        "demand forecast: predict cnt over time (dteday) by mean absolute error",
        {"target": "cnt", "metric": "mae", "time_column": "dteday"},
    ),
]


@pytest.mark.parametrize(("name", "text", "options"), REAL)
def test_descriptions_of_real_data_are_understood(
    shared_data: Path, name: str, text: str, options: dict[str, Any]
) -> None:
    with gzip.open(shared_data / name / "train.csv.gz", "rt", newline="") as file:
        columns = next(csv.reader(file))

    found = read(text, columns)

    assert found | options == found
    assert set(found) - set(options) <= {"time_budget"}
