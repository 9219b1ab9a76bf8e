"""Budgets and their slices."""

from __future__ import annotations

import math

import pytest

from mle_star.budget import Budget


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_what_is_left_leaves_the_reserve_alone(clock: Clock) -> None:
    budget = Budget(clock, 60.0)
    clock.now += 10
    budget.reserve = 20

    assert budget.elapsed == 10
    assert budget.left() == 30


def test_a_share_ends_after_its_fraction_of_what_is_left(clock: Clock) -> None:
    budget = Budget(clock, 60.0)
    clock.now += 20
    share = budget.share(0.5)

    assert share.seconds() == 20
    assert share.allows(19.9)
    assert not share.allows(20)
    clock.now += 21
    assert share.seconds() == 0
    assert not share.allows()


def test_a_part_is_a_fraction_of_the_slice_not_of_the_budget(clock: Clock) -> None:
    share = Budget(clock, 60.0).share(0.5)
    clock.now += 10

    assert share.part(0.25).seconds() == 5


def test_an_overdrawn_budget_gives_empty_shares(clock: Clock) -> None:
    budget = Budget(clock, 5.0)
    clock.now += 9

    assert budget.left() == -4
    assert budget.share(1.0).seconds() == 0


def test_counted_evaluations_take_no_notice_of_the_clock(clock: Clock) -> None:
    budget = Budget(clock, 5.0, evaluations=10)
    share = budget.share(0.5)
    clock.now += 1000

    assert budget.left() == math.inf
    assert share.seconds() == math.inf
    assert share.allows(1e9)
    budget.used = 5
    assert not share.allows()
    assert share.evaluations() == 0


def test_counted_shares_round_up_so_that_none_is_empty(clock: Clock) -> None:
    budget = Budget(clock, evaluations=3)

    assert budget.share(0.1).evaluations() == 1
    assert budget.share(1.0).part(0.5).evaluations() == 2
    budget.used = 3
    assert budget.share(1.0).evaluations() == 0
