"""Members that go well together, chosen within the time there is to fit them again."""

from __future__ import annotations

import numpy as np
import pytest

from mle_star.judge.growth import grow
from mle_star.judge.losses import Loss

ROWS = 4000
SQUARED = Loss(
    lambda predictions, _labels: predictions[:, :, 0],
    lambda views, labels: np.asarray(np.mean((views - labels[:, 0]) ** 2, axis=1)),
)


def problem(noises: list[float]) -> tuple[np.ndarray, np.ndarray]:
    """Views of candidates whose errors are their own, and the labels."""
    random = np.random.default_rng(0)
    labels = random.normal(size=(ROWS, 1))
    return np.stack([labels[:, 0] + n * random.normal(size=ROWS) for n in noises]), labels


def test_with_time_for_all_it_is_by_loss_alone() -> None:
    views, labels = problem([1.0, 0.5, 0.8])
    grown = grow(SQUARED, views, labels, np.array([0.2, 0.3, 0.4]), 8)
    assert grown.members == [1, 2, 0]
    assert grown.means[0] == pytest.approx(0.25, rel=0.1)


def test_slow_ones_make_room_for_several_quick_ones_that_are_worth_more() -> None:
    views, labels = problem([0.50, 0.51, 0.55, 0.55, 0.55, 0.55])
    shares = np.array([0.5, 0.5, 0.2, 0.2, 0.2, 0.2])
    grown = grow(SQUARED, views, labels, shares, 8)
    assert set(grown.members) >= {2, 3, 4, 5}
    slow = float(SQUARED.measure(views[:2].mean(axis=0, keepdims=True), labels)[0])
    assert min(grown.means) < slow
    assert shares[grown.members].sum() <= 1.0


def test_a_slow_one_that_is_far_better_stays() -> None:
    views, labels = problem([0.1, 1.0, 1.0, 1.0])
    assert grow(SQUARED, views, labels, np.array([0.9, 0.2, 0.2, 0.2]), 8).members == [0]


def test_the_first_is_chosen_even_where_it_takes_too_long() -> None:
    views, labels = problem([0.5])
    assert grow(SQUARED, views, labels, np.array([3.0]), 8).members == [0]


def test_on_two_cores_three_of_a_length_take_twice_that() -> None:
    views, labels = problem([0.5, 0.5, 0.5])
    shares = np.full(3, 0.6)
    assert len(grow(SQUARED, views, labels, shares, 8, jobs=2).members) == 2
    assert len(grow(SQUARED, views, labels, shares, 8, jobs=3).members) == 3
