"""Columns are found by the words that people use for them, and what they are for."""

from __future__ import annotations

import pytest
from tests.engine.session.wording.tables import BIKES, HOSTILE, HOUSES, TELCO, read

from mle_star.session.brief import understand


@pytest.mark.parametrize(
    ("text", "columns", "target"),
    [
        ("predict churn", TELCO, "Churn"),
        ("CHURN prediction", TELCO, "Churn"),
        ("Which customers will churn?", TELCO, "Churn"),
        ("predict whether a customer of ours is going to churn", TELCO, "Churn"),
        ("predict the monthly charges", TELCO, "MonthlyCharges"),
        ("predict total-charges", TELCO, "TotalCharges"),
        ("predict the probability of churn from tenure and contract", TELCO, "Churn"),
        ("predict MonthlyCharges and TotalCharges", TELCO, "MonthlyCharges,TotalCharges"),
        ("`Churn` is the target", TELCO, "Churn"),
        ("target: churn", TELCO, "Churn"),
        ("customer churn", TELCO, "Churn"),
        ("a model for churn", TELCO, "Churn"),
        ("who is about to leave (column Churn)? F1", TELCO, "Churn"),
        ("Churn (Yes/No) from everything else, by AUC", TELCO, "Churn"),
        ("predict house prices", HOUSES, "SalePrice"),
        ("estimate the price of a house", HOUSES, "SalePrice"),
        ("price prediction", HOUSES, "SalePrice"),
        ("predict the number of rentals (cnt) by temp", BIKES, "cnt"),
        ("predict target", HOSTILE, "target"),
        ("predict the label using x", HOSTILE, "label"),
        ("predict a", HOSTILE, "a"),
        ('predict "in"', HOSTILE, "in"),
        ("predict accuracy", HOSTILE, "accuracy"),
        ("predict whether the booking was cancelled", ["hotel", "is_canceled"], "is_canceled"),
        ("predict survival", ["Survived", "Age"], "Survived"),
        ("predict Smith, John", ["Smith, John", "Smith"], '"Smith, John"'),
        ("predict Umsatz €", ["Umsatz €", "größe"], "Umsatz €"),
        ("predict 売上", ["日付", "売上"], "売上"),
        ("predict AGE", ["Age", "AGE"], "AGE"),
    ],
)
def test_targets_are_found_in_words(text: str, columns: list[str], target: str) -> None:
    assert read(text, columns)["target"] == target


@pytest.mark.parametrize(
    "text",
    [
        "do not predict churn",
        "we don't want to predict Churn",
        "predict demand",
        "predict the customer",
        "predict demand, tenure",
        "tenure, Churn",
        "the file holds churn, tenure and contract of our customers",
        "find leakage",
        "",
    ],
)
def test_no_target_is_taken_where_none_is_asked_for(text: str) -> None:
    assert "target" not in read(text, TELCO)


@pytest.mark.parametrize(
    ("text", "columns", "group"),
    [
        ("predict churn by customer", TELCO, "customerID"),
        ("predict churn, no leakage between customers", TELCO, "customerID"),
        ("predict churn per Contract", TELCO, "Contract"),
        ("predict churn across contracts", TELCO, "Contract"),
        ("predict churn, groups of customers", TELCO, "customerID"),
        ("predict churn and keep customers together", TELCO, "customerID"),
        ("predict y; patients must not be split", ["subject", "patient_no", "y"], "patient_no"),
        ("predict cnt per hour", ["hour", "cnt"], None),
        ("predict cnt grouped by hour", ["hour", "cnt"], "hour"),
        ("predict churn, not grouped by Contract", TELCO, None),
        ("predict churn by hand", TELCO, None),
    ],
)
def test_groups_are_found_in_words(text: str, columns: list[str], group: str | None) -> None:
    assert read(text, columns).get("group") == group


@pytest.mark.parametrize(
    ("text", "columns", "dates", "time"),
    [
        ("predict cnt ordered by dteday", BIKES, [], "dteday"),
        ("predict cnt over time (dteday)", BIKES, [], "dteday"),
        ("predict cnt over time", BIKES, ["dteday"], "dteday"),
        ("forecast cnt", BIKES, ["dteday"], "dteday"),
        ("cnt forecast by dteday", BIKES, ["dteday"], "dteday"),
        ("forecast cnt", BIKES, [], None),
        ("forecast y", ["y", "sent", "due"], ["sent", "due"], None),
        ("predict y over time", HOSTILE, [], "time"),
        ("predict cnt, the time column is dteday", BIKES, [], "dteday"),
        ("predict cnt by dteday", BIKES, ["dteday"], "dteday"),
        ("predict cnt at any time", BIKES, ["dteday"], None),
    ],
)
def test_order_in_time_is_found_in_words(
    text: str, columns: list[str], dates: list[str], time: str | None
) -> None:
    found = read(text, columns, *dates)

    assert found.get("time_column") == time
    assert "group" not in found


def test_order_in_time_without_a_column_is_shown_as_left_to_the_data() -> None:
    brief = understand("forecast cnt", BIKES)

    shown = next(one for one in brief.understood if one.key == "time_column")
    assert (shown.words, shown.value) == ("forecast", "order in time, as the data shows it")


@pytest.mark.parametrize(
    ("text", "columns", "drop"),
    [
        ("drop TotalCharges", TELCO, "TotalCharges"),
        ("without tenure, Partner and the contract", TELCO, "tenure,Partner,Contract"),
        ("don't use the customer id", TELCO, "customerID"),
        ("ignore tenure; leave out Partner", TELCO, "tenure,Partner"),
        ("TotalCharges must not be used", TELCO, "TotalCharges"),
        ("drop the id", TELCO, "customerID"),
        ("drop all soil columns", ["Soil_1", "Soil_2", "Slope"], "Soil_1,Soil_2"),
        ("drop time, label and hour", HOSTILE, "time,label,hour"),
        ("do not drop TotalCharges", TELCO, None),
        ("keep tenure", TELCO, None),
        ("ignore the charge", ["load_charge", "y"], None),
        ("without leakage", ["leakage_rate", "y"], None),
    ],
)
def test_columns_to_leave_out_are_found_in_words(
    text: str, columns: list[str], drop: str | None
) -> None:
    assert read(text, columns).get("drop") == drop
