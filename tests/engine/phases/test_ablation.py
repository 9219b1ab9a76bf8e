"""What each block is worth, measured against its plain form on the same folds."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from tests.engine.phases.written_judge import WrittenJudge, around, context

from mle_star.budget import Budget
from mle_star.events import AblationMeasured, Event
from mle_star.judge.evaluation import Evaluation
from mle_star.phases import ablation
from mle_star.phases.effect import BlockEffect
from mle_star.recipes.catalogue import compose, load
from mle_star.solution.solution import Solution
from mle_star.types import Role

MADE = compose([load()[name] for name in ("standard", "native_categories", "lightgbm")])


def without(solution: Solution) -> set[Role]:
    """Roles whose block is not the one of the solution under ablation."""
    return {b.role for b in MADE.blocks if b not in solution.blocks}


class Study:
    def __init__(
        self,
        lost: dict[Role, Sequence[float] | str],
        *,
        best: Sequence[float] = around(0.8),
        greater: bool = True,
        evaluations: int | None = None,
        seconds: float = 1e6,
        solution: Solution = MADE,
    ) -> None:
        def verdict(tried: Solution) -> Sequence[float] | str:
            changed = without(tried) - ({Role.HYPERPARAMETERS} if Role.MODEL in lost else set())
            if not without(tried) or tried.digest == solution.digest:
                return best
            if Role.MODEL in without(tried):
                return lost.get(Role.MODEL, best)
            return lost.get(next(iter(changed or without(tried))), best)

        self.budget = Budget(lambda: 0.0, seconds, evaluations)
        self.judge = WrittenJudge(verdict, self.budget, greater_is_better=greater)
        self.events: list[Event] = []
        self.context = context(self.judge, self.events)
        self.best: Evaluation = self.judge.start(solution)

    def run(self) -> dict[Role, BlockEffect]:
        self.effects = ablation.run(self.context, self.best, self.budget.share(1.0), step=3)
        return {effect.role: effect for effect in self.effects}


def test_every_block_is_measured_and_the_largest_effect_comes_first() -> None:
    study = Study({Role.MODEL: around(0.6), Role.FEATURES: around(0.75)})

    study.run()

    assert [e.role for e in study.effects][:2] == [Role.MODEL, Role.FEATURES]
    assert {e.role for e in study.effects} == {block.role for block in MADE.blocks}
    assert study.effects[0].effect == pytest.approx(0.2)


def test_an_effect_is_a_loss_whichever_way_the_metric_points() -> None:
    up = Study({Role.FEATURES: around(0.7)}).run()[Role.FEATURES]
    down = Study({Role.FEATURES: around(0.9)}, greater=False).run()[Role.FEATURES]

    assert up.effect == pytest.approx(0.1)
    assert down.effect == pytest.approx(0.1)
    assert up.impact == down.impact == "HIGH"


@pytest.mark.parametrize(
    ("folds", "impact"),
    [
        ((0.70, 0.72, 0.69, 0.71, 0.70), "HIGH"),
        ((0.797, 0.798, 0.7985, 0.800, 0.800), "MEDIUM"),
        ((0.81, 0.79, 0.80, 0.78, 0.82), "LOW"),
        ((0.90, 0.92, 0.89, 0.91, 0.90), "HIGH"),
    ],
    ids=["large", "small but sure", "noise", "hurts"],
)
def test_impact_asks_for_noise_first_and_size_second(folds: tuple[float, ...], impact: str) -> None:
    found = Study({Role.FEATURES: folds}).run()[Role.FEATURES]

    assert found.impact == impact


def test_the_interval_holds_the_effect_and_pairs_the_folds() -> None:
    paired = Study({Role.FEATURES: around(0.79)}, best=around(0.8)).run()[Role.FEATURES]
    loose = Study({Role.FEATURES: (0.75, 0.83, 0.79, 0.76, 0.82)}).run()[Role.FEATURES]

    for found in (paired, loose):
        assert found.low is not None
        assert found.high is not None
        assert found.effect is not None
        assert found.low <= found.effect <= found.high
    assert (paired.high or 0) - (paired.low or 0) < (loose.high or 0) - (loose.low or 0)


def test_a_block_that_is_plain_already_is_said_to_be_and_costs_nothing() -> None:
    plain = compose([load()[name] for name in ("ordinal", "lightgbm")])
    study = Study({}, solution=plain)

    found = study.run()[Role.FEATURES]

    assert (found.neutral, found.effect, found.impact) == ("itself", 0.0, "LOW")
    assert all(solution.digest != plain.digest for solution in study.judge.judged)


def test_a_block_that_cannot_be_removed_is_recorded_with_the_reason() -> None:
    found = Study({Role.FEATURES: "ValueError: could not convert string to float: 'a'"}).run()

    assert found[Role.FEATURES].effect is None
    assert found[Role.FEATURES].failure.startswith("cannot be removed: ValueError")
    assert found[Role.CLEAN].effect is not None


def test_a_second_ablation_of_the_same_solution_costs_nothing() -> None:
    study = Study({Role.MODEL: around(0.6)})
    first = study.run()
    used = study.budget.used

    assert study.run() == first
    assert study.budget.used == used


@pytest.mark.parametrize("limit", [{"evaluations": 2}, {"seconds": 2.5}], ids=["count", "time"])
def test_with_too_little_budget_the_most_promising_blocks_are_measured(
    limit: dict[str, int],
) -> None:
    study = Study({}, **limit)  # type: ignore[arg-type]

    found = study.run()

    measured = {role for role, effect in found.items() if effect.effect is not None}
    assert measured == {Role.FEATURES, Role.HYPERPARAMETERS}
    assert found[Role.MODEL].failure.startswith("not judged")


def test_effects_are_told_and_variants_stand_in_the_ledger() -> None:
    study = Study({})
    study.run()

    told = [event for event in study.events if isinstance(event, AblationMeasured)]
    assert [(e.role, e.effect, e.step) for e in told] == [
        (e.role, e.effect, 3) for e in study.effects
    ]
    assert len(study.context.ledger) == len(study.judge.judged) > 0


def test_a_plain_model_brings_its_own_hyperparameters() -> None:
    study = Study({})
    study.run()

    plain = next(s for s in study.judge.judged if Role.MODEL in without(s))
    assert "num_leaves" not in "".join(block.source for block in plain.blocks)
