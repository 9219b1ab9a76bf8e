"""Which block is refined next: what ablation says is corrected by what came of the tries."""

from __future__ import annotations

from tests.engine.phases.test_refinement import MADE, effect

from mle_star.phases.target import by_promise
from mle_star.phases.tries import Tried
from mle_star.types import Role

EFFECTS = [
    effect(Role.MODEL, 0.5),
    effect(Role.FEATURES, 0.1),
    effect(Role.CLEAN, 0.001, "LOW"),
    effect(Role.HYPERPARAMETERS, 0.02, "MEDIUM"),
]


def tries(role: Role, *accepted: bool) -> list[Tried]:
    return [
        Tried(1, number, role, "plan", "", 0.8, 0.0, 1.0, one, "")
        for number, one in enumerate(accepted, start=1)
    ]


def test_the_block_that_matters_most_comes_first_but_the_model_was_compared_already() -> None:
    assert by_promise(MADE, EFFECTS, [])[:3] == [
        Role.FEATURES, Role.HYPERPARAMETERS, Role.CLEAN,
    ]  # fmt: skip
    assert by_promise(MADE, [effect(Role.CLEAN, 0.1)], [])[0] is Role.CLEAN


def test_a_block_whose_tries_came_to_nothing_gives_way_though_it_matters() -> None:
    fruitless = tries(Role.FEATURES, False, False, False, False)

    assert by_promise(MADE, EFFECTS, fruitless)[0] is Role.HYPERPARAMETERS
    both = fruitless + tries(Role.HYPERPARAMETERS, False, False, False, False)
    assert by_promise(MADE, EFFECTS, both)[:3] == [Role.CLEAN, Role.TRAIN, Role.POST]


def test_a_block_whose_tries_were_accepted_comes_again() -> None:
    fruitful = tries(Role.FEATURES, False, True, False, False)

    order = by_promise(MADE, EFFECTS, fruitful + tries(Role.HYPERPARAMETERS, False, False))

    assert order[0] is Role.FEATURES


def test_what_was_refused_unjudged_says_nothing_of_a_block() -> None:
    refused = [Tried(1, 0, Role.FEATURES, "plan", "", None, None, None, False, "refused")] * 9

    assert by_promise(MADE, EFFECTS, refused) == by_promise(MADE, EFFECTS, [])
