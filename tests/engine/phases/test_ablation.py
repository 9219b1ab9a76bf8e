"""What each block is worth, measured against its plain form on the same folds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from tests.engine.agents.fakes import FACTS
from tests.engine.phases.written_judge import WrittenJudge, around, context

from mle_star.agents.language.analyst import Part
from mle_star.budget import Budget
from mle_star.events import AblationMeasured, Event, PartMeasured
from mle_star.judge.evaluation import Evaluation
from mle_star.phases import ablation
from mle_star.phases.effect import BlockEffect, PartEffect
from mle_star.phases.measured import measured_of
from mle_star.phases.neutral import neutralised
from mle_star.recipes.catalogue import compose, load
from mle_star.session.restored import part_of
from mle_star.solution.block import Block, checked
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


def test_a_table_as_read_holds_no_infinities_so_that_standard_cleaning_is_plain_already() -> None:
    standard = compose([load()[name] for name in ("standard", "lightgbm")])
    study = Study({}, solution=standard)

    assert study.run()[Role.CLEAN].neutral == "itself"
    assert all(solution.block(Role.CLEAN) for solution in study.judge.judged)
    flagged = compose([load()[name] for name in ("missing_flags", "lightgbm")])
    plain, name = neutralised(flagged, Role.CLEAN, FACTS)
    assert (plain.block(Role.CLEAN), name) == (standard.block(Role.CLEAN), "standard")


def test_features_that_only_encode_are_plain_already_where_all_columns_are_numbers() -> None:
    native = compose([load()[name] for name in ("native_categories", "lightgbm")])
    numbers = replace(FACTS, categorical=0, max_cardinality=0, text=0, date=0)

    assert neutralised(native, Role.FEATURES, numbers)[0] is native
    assert neutralised(native, Role.FEATURES, replace(numbers, date=1))[0] is not native
    changed = native.with_block(checked(Role.FEATURES, "def features(columns):\n    return None"))
    assert neutralised(changed, Role.FEATURES, numbers)[0] is not changed


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
    assert measured == {Role.FEATURES, Role.HYPERPARAMETERS, Role.CLEAN}, "the last is plain"
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


def part(name: str, role: Role = Role.FEATURES, source: str = "") -> Part:
    """The solution with a part of a block gone."""
    text = source or f"def {role}(columns):\n    return {name!r}"
    return Part(role, name, MADE.with_block(Block(role, text), name=f"without {name}"))


def measure(study: Study, *parts: Part) -> list[PartEffect]:
    return ablation.run_parts(study.context, study.best, parts, study.budget.share(1.0), 3)


@pytest.mark.parametrize("greater", [True, False])
def test_a_part_is_worth_what_is_lost_without_it_whichever_way_the_metric_points(
    greater: bool,
) -> None:
    lost = around(0.7 if greater else 0.9)
    [found] = measure(Study({Role.FEATURES: lost}, greater=greater), part("the scaler"))

    assert (found.role, found.part, found.failure) == (Role.FEATURES, "the scaler", "")
    assert [found.effect, found.low, found.high] == pytest.approx([0.1] * 3)


def test_parts_are_told_in_their_order_with_reasons_where_there_is_no_effect() -> None:
    lost: dict[Role, Sequence[float] | str] = {Role.FEATURES: "ValueError: no columns"}
    study = Study(lost | {Role.CLEAN: around(0.75)})

    found = measure(study, part("all"), part("dates", Role.CLEAN))

    assert [(one.part, one.failure) for one in found] == [
        ("all", "ValueError: no columns"),
        ("dates", ""),
    ]
    told = [event for event in study.events if isinstance(event, PartMeasured)]
    assert [part_of(event) for event in told] == found
    assert {event.step for event in told} == {3}
    assert len(study.context.ledger) == 2


@pytest.mark.parametrize("limit", [{"evaluations": 1}, {"seconds": 1.5}], ids=["count", "time"])
def test_parts_for_which_there_is_no_time_are_said_to_be_unmeasured(limit: dict[str, int]) -> None:
    first, second = measure(Study({}, **limit), part("a"), part("b"))  # type: ignore[arg-type]

    assert first.effect is not None
    assert second.effect is None
    assert second.failure.startswith("not judged")


def test_a_part_that_was_judged_before_costs_nothing() -> None:
    study = Study({}, evaluations=1)
    first = measure(study, part("a"))

    assert measure(study, part("a")) == first
    assert study.budget.used == 1


def test_what_was_measured_is_told_in_lines_and_no_seconds_with_it() -> None:
    study = Study({Role.FEATURES: around(0.75), Role.MODEL: "ValueError: no"})
    effects = study.run().values()
    parts = measure(study, part("the scaler"))
    study.context.record([study.best])

    lines = measured_of(study.context, study.best, list(effects), parts)

    assert lines[0] == "metric metric, higher is better"
    assert lines[1].endswith(": 0.8 ± 0.0016 over 5 folds, the solution below")
    assert "ablation of the features block: loses 0.05, 95 % interval " in "\n".join(lines)
    assert "ablation of the model block: not measured, cannot be removed: " in "\n".join(lines)
    assert lines[-1].startswith("ablation of the scaler (in the features block): loses 0.05")
    assert not [line for line in lines if "second" in line]
