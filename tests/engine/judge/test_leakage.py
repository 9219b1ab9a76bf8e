from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from mle_star.judge import leakage
from mle_star.judge.gates import FAIL, PASS, SKIPPED, WARN

ROWS = 1000


@pytest.fixture
def noise() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    return pd.DataFrame(
        {
            "number": rng.normal(size=ROWS),
            "city": pd.Series(rng.choice(["Rome", "Oslo", "Bern"], ROWS), dtype="str"),
            "key": pd.Series([f"k{i}" for i in range(ROWS)], dtype="str"),
            "day": pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(0, 99, ROWS), "D"),
            "holed": pd.Series(np.where(rng.random(ROWS) < 0.5, np.nan, rng.normal(size=ROWS))),
        }
    )


@pytest.fixture
def classes() -> np.ndarray:
    return np.random.default_rng(1).integers(0, 3, ROWS).astype(float)


@pytest.fixture
def numbers() -> np.ndarray:
    return np.exp(np.random.default_rng(2).normal(size=ROWS))


def powers(table: pd.DataFrame, labels: np.ndarray, *, classification: bool) -> dict[str, float]:
    return leakage.column_powers(table, labels, classification=classification, seed=0)


def test_noise_is_no_proxy(noise: pd.DataFrame, classes: np.ndarray, numbers: np.ndarray) -> None:
    for_classes = powers(noise, classes, classification=True)
    for_numbers = powers(noise, numbers, classification=False)

    assert max(for_classes.values()) < 0.6
    assert max(for_numbers.values()) < 0.2
    assert leakage.proxies(for_classes).verdict == PASS


def test_a_planted_copy_of_a_class_is_named(noise: pd.DataFrame, classes: np.ndarray) -> None:
    text = pd.Series(np.array(["a", "b", "c"])[classes.astype(int)], dtype="str")
    found = powers(noise.assign(copy=classes * 7, text=text), classes, classification=True)

    gate = leakage.proxies(found)

    assert gate.verdict == FAIL
    assert "'copy' (1.000)" in gate.measured
    assert "'text' (1.000)" in gate.measured
    assert "number" not in gate.measured


@pytest.mark.parametrize("warp", [np.log, np.sqrt, lambda y: -(y**3)])
def test_a_warped_copy_of_a_number_is_named(
    noise: pd.DataFrame, numbers: np.ndarray, warp: np.ufunc
) -> None:
    gate = leakage.proxies(powers(noise.assign(copy=warp(numbers)), numbers, classification=False))

    assert gate.verdict == FAIL
    assert "'copy'" in gate.measured


def test_a_noisy_copy_is_a_warning(noise: pd.DataFrame, numbers: np.ndarray) -> None:
    near = np.log(numbers) + np.random.default_rng(3).normal(scale=0.22, size=ROWS)

    gate = leakage.proxies(powers(noise.assign(near=near), numbers, classification=False))

    assert gate.verdict == WARN


def test_no_column_no_verdict() -> None:
    assert leakage.proxies({}).verdict == SKIPPED


def test_planted_duplicates_are_counted_and_judged_by_what_rests_on_them(
    noise: pd.DataFrame,
) -> None:
    table = pd.concat([noise, noise.iloc[:50]], ignore_index=True)
    fresh = np.arange(900, 1050)

    repeated = leakage.repeated_rows(table, np.arange(900), fresh)

    assert repeated[-50:].all()
    assert not repeated[:100].any()
    assert leakage.duplicates(repeated, 0.9, 0.6, 0.33).verdict == FAIL
    assert leakage.duplicates(repeated, 0.9, 0.89, 0.011).verdict == WARN
    assert leakage.duplicates(repeated[:100], 0.9, 0.9, 0.0).verdict == PASS


def test_missing_cells_do_not_hide_a_duplicate() -> None:
    table = pd.DataFrame({"a": [1.0, np.nan, 1.0, np.nan], "b": pd.Series(["x", None] * 2)})

    assert leakage.repeated_rows(table, np.array([0, 1]), np.array([2, 3])).all()


def test_luck_in_both_directions_is_chance_and_a_steady_lead_is_a_leak() -> None:
    chance = [0.5] * 5

    assert leakage.shuffled_target([0.72, 0.35, 0.6, 0.3, 0.55], chance, True).verdict == PASS
    assert leakage.shuffled_target([0.97, 0.98, 0.97, 0.96, 0.97], chance, True).verdict == FAIL
    assert leakage.shuffled_target([0.1] * 5, [1.0] * 5, False).verdict == FAIL
    assert leakage.shuffled_target([1.2, 1.1, 1.15], [1.0] * 3, False).verdict == PASS
    assert leakage.shuffled_target([0.9, 0.9], [0.5] * 2, True).verdict == SKIPPED
