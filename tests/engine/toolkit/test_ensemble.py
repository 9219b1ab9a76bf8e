"""Combiners: constants in, predictions combined."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.base import clone

from mle_star.toolkit.ensemble import LinearStack, WeightedAverage

ONE = np.array([[0.2, 0.8], [0.6, 0.4]])
TWO = np.array([[0.4, 0.6], [0.0, 1.0]])


def test_a_weighted_average_weighs() -> None:
    found = WeightedAverage([0.75, 0.25]).apply([ONE, TWO])

    np.testing.assert_allclose(found, 0.75 * ONE + 0.25 * TWO)


def test_a_stack_of_numbers_is_linear() -> None:
    found = LinearStack([2.0, -1.0], [10.0], "regression").apply([ONE[:, :1], TWO[:, :1]])

    np.testing.assert_allclose(found, 2 * ONE[:, :1] - TWO[:, :1] + 10)


def test_a_stack_of_two_classes_is_logistic_regression_over_log_odds() -> None:
    found = LinearStack([0.5, 1.5], [0.0, 0.3], "classification").apply([ONE[:1], TWO[:1]])

    odds = 0.5 * np.log(0.8 / 0.2) + 1.5 * np.log(0.6 / 0.4) + 0.3
    assert found[0, 1] == pytest.approx(1 / (1 + np.exp(-odds)))


def test_a_stack_gives_probabilities_even_where_members_are_certain() -> None:
    certain = np.array([[1.0, 0.0], [0.0, 1.0]])

    found = LinearStack([3.0, 3.0], [0.0, 0.0], "classification").apply([certain, certain[::-1]])

    np.testing.assert_allclose(found.sum(axis=1), 1.0)
    assert np.isfinite(found).all()


def test_one_member_with_coefficient_one_is_given_back() -> None:
    found = LinearStack([1.0], [0.0, 0.0], "classification").apply([ONE])

    np.testing.assert_allclose(found, ONE, atol=1e-5)


@pytest.mark.parametrize(
    "combiner", [WeightedAverage([0.5, 0.5]), LinearStack([1.0, 2.0], [0.1], "regression")]
)
def test_combiners_are_plain_estimators_that_can_be_copied(combiner: object) -> None:
    assert vars(clone(combiner)) == vars(combiner)
