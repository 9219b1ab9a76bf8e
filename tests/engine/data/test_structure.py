"""Order in time and groups are used where they are plain to see, and always said."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from mle_star.data.groups import target_likeness
from mle_star.data.prepare import DataRequest, Prepared, prepare
from mle_star.errors import DataError

ROWS = 400


@pytest.fixture
def prepared(tmp_path: Path) -> Callable[..., Prepared]:
    def _prepared(frame: pd.DataFrame, **asked: Any) -> Prepared:
        frame.to_csv(tmp_path / "t.csv", index=False)
        return prepare(DataRequest(tmp_path / "t.csv", ("y",), **asked))

    return _prepared


@pytest.fixture
def frame() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    return pd.DataFrame({"x": rng.normal(size=ROWS), "y": rng.normal(size=ROWS)})


@pytest.fixture
def shuffled_days() -> pd.DatetimeIndex:
    days = pd.date_range("2021-03-01", periods=ROWS)
    return days[np.random.default_rng(1).permutation(ROWS)]


def times_in(found: Prepared) -> np.ndarray:
    assert found.times is not None
    return found.times


def groups_in(found: Prepared) -> np.ndarray:
    assert found.groups is not None
    return found.groups


def test_a_date_column_orders_the_rows_and_stays_a_feature(
    prepared: Callable[..., Prepared], frame: pd.DataFrame, shuffled_days: pd.DatetimeIndex
) -> None:
    found = prepared(frame.assign(day=shuffled_days.strftime("%d.%m.%Y"), mark=range(ROWS)))
    assert found.task.time == "day"
    assert np.all(np.diff(times_in(found)) > 0)
    assert found.table["day"].is_monotonic_increasing
    assert found.table["mark"].tolist() == np.argsort(shuffled_days).tolist()
    assert found.labels[0, 0] == pytest.approx(frame["y"][np.argmin(shuffled_days)])
    assert any("ordered in time by 'day'" in reason for reason in found.reasons)


def test_a_file_in_no_order_of_time_is_told_what_that_may_mean(
    prepared: Callable[..., Prepared], frame: pd.DataFrame, shuffled_days: pd.DatetimeIndex
) -> None:
    def said(days: Any, **asked: Any) -> bool:
        reasons = prepared(frame.assign(day=pd.DatetimeIndex(days).strftime("%Y-%m-%d")), **asked)
        return any("in no order of time" in reason for reason in reasons.reasons)

    in_order = shuffled_days.sort_values()
    assert said(shuffled_days)
    assert not said(in_order)
    assert not said(in_order[::-1])
    assert not said(np.tile(in_order[: ROWS // 2], 2))  # two series, one after the other
    assert not said(shuffled_days, time="day")


def test_parts_of_a_date_order_the_rows(
    prepared: Callable[..., Prepared], frame: pd.DataFrame, shuffled_days: pd.DatetimeIndex
) -> None:
    parts: dict[str, Any] = {
        "arrival_date_year": shuffled_days.year,
        "arrival_date_month": shuffled_days.strftime("%B"),
        "arrival_date_week_number": shuffled_days.isocalendar().week.to_numpy(),
        "arrival_date_day_of_month": shuffled_days.day,
    }
    found = prepared(frame.assign(**parts))
    assert found.task.time == "arrival_date_year+arrival_date_month+arrival_date_day_of_month"
    expected = shuffled_days.sort_values().to_numpy(dtype="datetime64[s]").astype(float)
    assert times_in(found).tolist() == expected.tolist()


def test_an_hour_column_refines_a_date_column(
    prepared: Callable[..., Prepared], frame: pd.DataFrame
) -> None:
    moments = pd.date_range("2021-03-01", periods=ROWS, freq="2h")
    frame = frame.assign(dteday=moments.strftime("%Y-%m-%d"), hr=moments.hour)
    found = prepared(frame.sample(frac=1, random_state=0))
    assert found.task.time == "dteday+hr"
    assert np.all(np.diff(times_in(found)) == 7200)


@pytest.mark.parametrize("name", ["date_of_birth", "dob", "birthday"])
def test_a_date_of_birth_is_only_noted(
    prepared: Callable[..., Prepared],
    frame: pd.DataFrame,
    shuffled_days: pd.DatetimeIndex,
    name: str,
) -> None:
    found = prepared(frame.assign(**{name: shuffled_days.strftime("%Y-%m-%d")}))
    assert found.task.time is None
    assert any("noted" in reason and name in reason for reason in found.reasons)


def test_few_distinct_dates_and_year_with_month_are_only_noted(
    prepared: Callable[..., Prepared], frame: pd.DataFrame, shuffled_days: pd.DatetimeIndex
) -> None:
    few = frame.assign(day=np.resize(["2021-01-01", "2021-02-01", "2021-03-01"], ROWS))
    assert prepared(few).task.time is None
    sold = frame.assign(**{"Yr Sold": shuffled_days.year, "Mo Sold": shuffled_days.month})
    found = prepared(sold)
    assert found.task.time is None
    assert any("without a day" in reason for reason in found.reasons)


def test_none_switches_hints_off_and_file_order_is_kept(
    prepared: Callable[..., Prepared], frame: pd.DataFrame, shuffled_days: pd.DatetimeIndex
) -> None:
    found = prepared(frame.assign(day=shuffled_days.strftime("%Y-%m-%d")), time="none")
    assert found.task.time is None
    assert found.times is None
    assert found.table["x"].tolist() == pytest.approx(frame["x"].tolist())


def test_a_numeric_time_column_may_be_named_and_gaps_come_first(
    prepared: Callable[..., Prepared], frame: pd.DataFrame
) -> None:
    step = pd.Series(np.arange(ROWS)[::-1], dtype=float)
    step[10] = np.nan
    found = prepared(frame.assign(step=step), time="step")
    assert found.task.time == "step"
    assert np.all(np.diff(times_in(found)) >= 0)
    assert np.isnan(found.table["step"]).to_numpy().nonzero()[0][0] <= 1


def test_a_time_column_of_words_is_refused(
    prepared: Callable[..., Prepared], frame: pd.DataFrame
) -> None:
    with pytest.raises(DataError, match="neither dates nor numbers"):
        prepared(frame.assign(word=np.resize(["a", "b"], ROWS)), time="word")


@pytest.fixture
def patients(frame: pd.DataFrame) -> pd.DataFrame:
    patient = np.repeat(np.arange(40), 10)
    return frame.assign(**{"subject#": patient, "y": np.sin(patient * 9) * 5 + frame["y"]})


def test_an_entity_alike_in_the_target_groups_the_rows_and_is_no_feature(
    prepared: Callable[..., Prepared], patients: pd.DataFrame
) -> None:
    found = prepared(patients)
    assert found.task.group == "subject"
    assert "subject" not in found.table
    assert len(np.unique(groups_in(found))) == 40
    assert any("'subject#' stay together" in reason for reason in found.reasons)


def test_none_switches_the_group_off_and_it_is_a_feature_again(
    prepared: Callable[..., Prepared], patients: pd.DataFrame
) -> None:
    found = prepared(patients, group="none")
    assert found.task.group is None
    assert "subject" in found.table


def test_an_entity_that_says_nothing_of_the_target_is_only_noted(
    prepared: Callable[..., Prepared], frame: pd.DataFrame
) -> None:
    found = prepared(frame.assign(**{"Clothing ID": np.resize(np.arange(40), ROWS)}))
    assert found.task.group is None
    assert any("noted, not used for groups" in reason for reason in found.reasons)


def test_a_plain_category_alike_in_the_target_is_no_group(
    prepared: Callable[..., Prepared], patients: pd.DataFrame
) -> None:
    assert prepared(patients.rename(columns={"subject#": "neighborhood"})).task.group is None


def test_an_unnamed_key_that_fixes_other_columns_is_a_group(
    prepared: Callable[..., Prepared], patients: pd.DataFrame
) -> None:
    key = patients["subject#"]
    frame = patients.rename(columns={"subject#": "flat"}).assign(age=key % 7 + 40, sex=key % 2)
    assert prepared(frame).task.group == "flat"


def test_order_in_time_comes_before_groups(
    prepared: Callable[..., Prepared], patients: pd.DataFrame, shuffled_days: pd.DatetimeIndex
) -> None:
    found = prepared(patients.assign(day=shuffled_days.strftime("%Y-%m-%d")))
    assert (found.task.time, found.task.group) == ("day", None)
    assert any("order in time comes first" in reason for reason in found.reasons)


def test_both_may_be_named(
    prepared: Callable[..., Prepared], patients: pd.DataFrame, shuffled_days: pd.DatetimeIndex
) -> None:
    found = prepared(
        patients.assign(day=shuffled_days.strftime("%Y-%m-%d")), group="subject#", time="day"
    )
    assert (found.task.time, found.task.group) == ("day", "subject")
    assert len(groups_in(found)) == len(times_in(found)) == ROWS


def test_likeness_is_one_for_equal_groups_and_near_zero_for_noise() -> None:
    groups = np.repeat(np.arange(50), 20)
    noise = np.random.default_rng(0).normal(size=(1000, 1))
    assert target_likeness(groups, groups[:, None] * 1.0, classes=False) == pytest.approx(1)
    assert abs(target_likeness(groups, noise, classes=False)) < 0.05
    assert target_likeness(groups, (groups % 3)[:, None] * 1.0, classes=True) == pytest.approx(1)


EXPECTED = {
    "beijing_pm25": ("year+month+day+hour", None),
    "bike_hour": ("dteday+hr", None),
    "hotel_bookings": (
        "arrival_date_year+arrival_date_month+arrival_date_day_of_month",
        None,
    ),
    "parkinsons": (None, "subject"),
}
TARGETS = {
    "adult": "class",
    "ames_housing": "SalePrice",
    "bike_hour": "cnt",
    "california": "median_house_value",
    "clothing_reviews": "Recommended IND",
    "digits": "digit",
    "mammography": "class",
    "parkinsons": "total_UPDRS",
    "telco_churn": "Churn",
    "titanic": "Survived",
    "wine_quality": "quality",
    "hotel_bookings": "is_canceled",
    "covertype": "Cover_Type",
    "beijing_pm25": "PM2.5",
}


@pytest.mark.parametrize("name", TARGETS)
def test_on_real_data_hints_are_used_where_they_hold_and_nowhere_else(
    shared_data: Path, name: str
) -> None:
    request = DataRequest(shared_data / name / "train.csv.gz", (TARGETS[name],))
    task = prepare(request).task
    assert (task.time, task.group) == EXPECTED.get(name, (None, None))
