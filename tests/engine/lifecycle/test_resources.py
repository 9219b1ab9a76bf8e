"""What a run will take: guessed by rule, then learnt from what runs on this machine took."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from mle_star.files import folder_mib
from mle_star.lifecycle import resources
from mle_star.lifecycle.resources import Estimate, Resources, estimate, record
from mle_star.recipes.recipe import Facts
from mle_star.types import Kind


def facts(rows: int = 10_000, classes: int = 2) -> Facts:
    return Facts(
        rows=rows, numeric=5, categorical=5, text=0, date=0, max_cardinality=4, missing=0.0,
        kind=Kind.BINARY, metric="roc_auc", classes=classes,
    )  # fmt: skip


def expect(
    past: Sequence[Mapping[str, Any]] = (), rows: int = 10_000, evaluations: int | None = 10
) -> Estimate:
    seconds = math.inf if evaluations else 60.0
    return estimate(facts(rows), 4.0, 5, 2, seconds, evaluations, lambda: past)


def taken(found: Estimate, factor: float) -> dict[str, Any]:
    """What a run records that took so many times what was guessed."""
    guessed = found.guessed
    assert guessed.fit_seconds
    assert guessed.seconds
    took = Resources(factor * guessed.fit_seconds, None, 3.0, factor * guessed.seconds)
    return record(found.plain(), took)


def test_with_nothing_measured_it_is_the_rule_of_thumb_and_says_so() -> None:
    found = expect()

    assert found.expected == found.guessed
    assert found.runs == 0
    assert "rule of thumb" in found.basis


def test_more_rows_take_more_and_more_cores_less() -> None:
    small, large = expect(rows=1_000), expect(rows=100_000)
    assert small.guessed.fit_seconds
    assert large.guessed.fit_seconds
    assert large.guessed.fit_seconds > 2 * small.guessed.fit_seconds

    one = estimate(facts(), 4.0, 5, 1, math.inf, 10, tuple)
    five = estimate(facts(), 4.0, 5, 5, math.inf, 10, tuple)
    assert one.candidate_seconds == pytest.approx(5 * five.candidate_seconds)


def test_the_next_estimate_is_multiplied_by_the_median_of_what_was_measured() -> None:
    first = expect()

    after_one = expect([taken(first, 3.0)])
    after_three = expect([taken(first, 3.0), taken(first, 5.0), taken(first, 100.0)])

    assert after_one.expected.fit_seconds == pytest.approx(3.0 * (first.guessed.fit_seconds or 0))
    assert after_one.basis == "learnt from 1 run of like size on this machine"
    assert after_three.expected.seconds == pytest.approx(5.0 * (first.guessed.seconds or 0.0))
    assert after_three.runs == 3
    assert after_three.expected.memory_mib == first.guessed.memory_mib  # was never measured


def test_an_estimate_that_was_right_stays_as_it_is() -> None:
    first = expect()
    second = expect([taken(first, 3.0)])

    third = expect([taken(second, 3.0), taken(first, 3.0)])

    assert third.expected.fit_seconds == pytest.approx(second.expected.fit_seconds)


def test_nothing_is_learnt_from_other_machines_or_data_of_another_size(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    elsewhere = {**taken(expect(), 3.0), "machine": "other"}
    larger = taken(expect(rows=10_000_000), 3.0)

    assert expect([elsewhere, larger]).runs == 0


@pytest.mark.parametrize("damaged", [{}, {"machine": resources.machine()}, {"took": 3}])
def test_damaged_records_are_passed_over(damaged: dict[str, Any]) -> None:
    assert expect([{"machine": resources.machine(), **damaged}]).runs == 0


def test_where_time_is_counted_the_run_takes_its_time() -> None:
    assert expect(evaluations=None).expected.seconds == 60.0


def test_a_folder_is_as_large_as_its_files(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "file").write_bytes(b"x" * 2**20)
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")

    assert folder_mib(tmp_path) == pytest.approx(1.0, abs=0.01)


def test_what_it_took_is_told_beside_what_was_expected() -> None:
    found = expect()
    guessed = found.guessed.fit_seconds or 0.0

    said = resources.told(taken(found, 2.0))

    assert f"a fit took {2 * guessed:.3g} s (expected {guessed:.3g})" in said
    assert "a worker" not in said
