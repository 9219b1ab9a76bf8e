"""How changed data differs: what is told, and that chance is not."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mle_star.data.drift import Drift, drift_of, told
from mle_star.data.prepare import prepare
from mle_star.data.reference import Reference, reference_of
from mle_star.data.request import DataRequest
from mle_star.errors import StateError

Compare = Callable[[pd.DataFrame, pd.DataFrame], Drift]


def table(seed: int, rows: int = 400, columns: int = 3) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    found = {f"n{i}": rng.normal(size=rows).round(5) for i in range(columns)}
    found["city"] = rng.choice(["Bern", "Lyon", "Rome"], rows, p=[0.5, 0.3, 0.2])
    found["label"] = rng.choice(["no", "yes"], rows, p=[0.7, 0.3])
    return pd.DataFrame(found)


@pytest.fixture
def compare(tmp_path: Path) -> Compare:
    def drift(before: pd.DataFrame, now: pd.DataFrame) -> Drift:
        path, kept = tmp_path / "data.csv", tmp_path / "kept.npz"
        before.to_csv(path, index=False)
        reference_of(prepare(DataRequest(path, ("label",)))).save(kept)
        now.to_csv(path, index=False)
        return drift_of(Reference.load(kept), prepare(DataRequest(path, ("label",))))

    return drift


def grown(before: pd.DataFrame, more: pd.DataFrame) -> pd.DataFrame:
    return pd.concat([before, more], ignore_index=True)


def test_rows_are_known_again_in_another_order_and_form(compare: Compare) -> None:
    before = table(0)
    before["whole"] = np.arange(400) % 37
    now = before.sample(frac=1, random_state=1)[["label", "whole", "city", "n2", "n1", "n0"]]
    now["whole"] = now["whole"].astype(float)

    drift = compare(before, now)

    assert (drift.added, drift.removed, drift.tests) == (0, 0, ())
    assert "no drift was tested: too few rows changed" in told(drift)


def test_rows_that_came_and_went_are_counted_copies_included(compare: Compare) -> None:
    before = table(0)
    now = grown(before.iloc[10:], before.iloc[[50] * 3])

    drift = compare(before, now)

    assert (drift.before, drift.now, drift.added, drift.removed) == (400, 393, 3, 10)


def test_a_column_that_moved_comes_first_with_its_numbers(compare: Compare) -> None:
    before, more = table(0), table(1, 200)
    more["n1"] += 1.5

    drift = compare(before, grown(before, more))

    assert [(test.column, test.what) for test in drift.drifted] == [("n1", "values")]
    assert (drift.drifted[0].before, drift.drifted[0].now) == (400, 200)
    assert "the 200 rows added and 400 before" in told(drift)[0]
    assert "'n1': median" in told(drift)[1]
    assert "large" in told(drift)[1]


def test_a_target_rate_that_moved_is_told_as_the_target(compare: Compare) -> None:
    before, more = table(0), table(1, 200)
    more["label"] = np.where(np.arange(200) < 140, "yes", "no")

    lines = told(compare(before, grown(before, more)))

    assert lines[1].startswith("target 'label': ")
    assert "'yes' 26" in lines[1]
    assert "to 70.0%" in lines[1]


def test_values_that_went_missing_are_told(compare: Compare) -> None:
    before, more = table(0), table(1, 200)
    more.loc[:79, "n0"] = np.nan

    drift = compare(before, grown(before, more))

    assert [(test.column, test.what) for test in drift.drifted] == [("n0", "missing")]
    assert drift.drifted[0].words == "missing 0.0% to 40.0%"


def test_categories_that_came_and_went_are_named(compare: Compare) -> None:
    before, now = table(0), table(1)
    now["city"] = now["city"].replace({"Rome": "Oslo"})

    noticed = compare(before, now).noticed

    assert any(line.startswith("'city' has new categories: 'Oslo' (") for line in noticed)
    assert any(line.startswith("'city' has lost categories: 'Rome' (") for line in noticed)


def test_columns_that_came_went_or_changed_their_kind_are_named(compare: Compare) -> None:
    before, now = table(0), table(1).drop(columns="n0")
    now["more"] = np.random.default_rng(0).normal(size=400)
    now["n1"] = np.random.default_rng(1).choice(["low", "high"], 400)

    drift = compare(before, now)

    assert drift.added is None
    assert set(drift.noticed) >= {
        "column 'more' was added",
        "column 'n0' was removed",
        "column 'n1' was a numeric feature, is a categorical feature now",
    }


def test_rows_taken_away_by_a_rule_are_told_and_by_chance_are_not(compare: Compare) -> None:
    before = table(0, 800)

    by_rule = compare(before, before[before["n0"] < 1.0])
    by_chance = compare(before, before.sample(frac=0.8, random_state=0))

    assert by_rule.drifted[0].column == "n0"
    assert "rows kept and" in by_rule.compared
    assert by_chance.drifted == []


def test_of_many_columns_chance_alone_drifts_seldom(compare: Compare) -> None:
    alarms = uncorrected = 0
    for seed in range(10):
        before, more = table(2 * seed, 200, 20), table(2 * seed + 1, 150, 20)
        drift = compare(before, grown(before, more))
        alarms += bool(drift.drifted)
        uncorrected += any(test.p_value < 0.05 for test in drift.tests)

    assert alarms <= 2
    assert uncorrected >= 5  # what many columns would do without a correction


def test_no_drift_is_said_in_words(compare: Compare) -> None:
    before = table(0)

    lines = told(compare(before, grown(before, table(1, 200))))

    assert len(lines) == 2
    assert lines[1].startswith("no drift beyond noise in 5 tests")


def test_a_damaged_reference_is_an_error_with_a_remedy(tmp_path: Path) -> None:
    kept = tmp_path / "kept.npz"
    for content in (b"", b"PK\x03\x04 torn", b"[]"):
        kept.write_bytes(content)
        with pytest.raises(StateError):
            Reference.load(kept)
