"""Combinations that the architect plans are measured like the engine's own, and only once each."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.engine.agents.language.office import DOWN, Office, Script
from tests.engine.phases.test_ensemble import REGRESSION, Session, combined, members, noisy_numbers

from mle_star.agents.language.architect import ROUNDS
from mle_star.events import EnsembleCompared
from mle_star.judge.combine import STRATEGIES, Lesson, Pool, of_members, stack
from mle_star.judge.losses import loss_of
from mle_star.judge.metrics import get_metric
from mle_star.phases import ensemble
from mle_star.phases.compared import Compared
from mle_star.toolkit.ensemble import LinearStack
from mle_star.types import Kind, Output, Task


def plan(names: list[str], method: str = "average", *weights: float) -> dict[str, Any]:
    given = {"plan": "These go well together.", "members": names, "method": method}
    return {**given, "weights": list(weights)}


def architects(session: Session) -> list[Compared]:
    return [one for one in session.choice.strategies if one.strategy.startswith("architect")]


def run(folder: Path, answers: Script, session: Session | None = None) -> tuple[Session, Office]:
    session, here = session or noisy_numbers(), Office(folder, answers)
    session.context.team = here.team
    session.run()
    return session, here


def test_a_plan_is_scored_on_folds_and_its_cell_gives_that_score(tmp_path: Path) -> None:
    session, _ = run(tmp_path, [plan(["c0", "c1"], "weights", 8, 2), DOWN])

    [one] = architects(session)
    assert one.strategy == "architect 1: These go well together."
    assert (one.members, one.weights) == (("a", "b"), (0.8, 0.2))
    assert one.convincing
    assert one.ensemble is not None
    by_name = {e.solution.name: e.oof() for e in session.context.ledger if e.oof}
    mixed = combined(one.ensemble, [by_name[name] for name in members(one.ensemble)])
    assert one.score is not None
    direct = session.judge.score(mixed, session.judge.oof_rows)
    assert direct == pytest.approx(one.score.mean, rel=0.02)


def test_a_plan_that_helps_beyond_noise_is_chosen_and_one_that_does_not_is_not(
    tmp_path: Path,
) -> None:
    answers = [plan(["c0", "c2"]), plan(["c0", "c1"], "weights", 8, 2)]
    session = noisy_numbers()
    session.context.team = Office(tmp_path, answers).team

    part = session.budget.share(1.0)
    choice = ensemble.run(session.context, session.best, part, strategies=())

    single, bad, good = choice.strategies
    assert choice.ensemble == good.ensemble
    assert "no better than the best single" in bad.reason
    assert bad.ensemble not in choice.finalists
    assert single.ensemble in choice.finalists
    told = [event for event in session.events if isinstance(event, EnsembleCompared)]
    assert [event.chosen for event in told] == [False, False, True]


def test_every_round_is_planned_in_sight_of_all_that_was_measured_before(tmp_path: Path) -> None:
    answers = [plan(["c0", "c1"]), plan(["c0", "c2"]), plan(["c0", "c1", "c2"], "learnt weights")]

    session, here = run(tmp_path, [*answers, plan(["c1", "c2"])])

    assert here.steps == [f"combination {number}" for number in range(1, ROUNDS + 1)]
    assert len(architects(session)) == ROUNDS == 3
    for name in STRATEGIES:
        assert f"- {name}: " in here.prompts[0]
    assert "- c0: a, " in here.prompts[0]
    assert "architect" not in here.prompts[0].split("Measured by the engine")[1]
    first, second = architects(session)[:2]
    assert first.score is not None
    told = (
        f"- {first.strategy}: {first.score.mean:.6g}, {first.reason}; of a, b, weights [0.5, 0.5]"
    )
    assert told in here.prompts[1]
    assert told in here.prompts[2]
    assert second.strategy in here.prompts[2]


def test_the_same_plan_again_costs_a_round_and_is_not_measured_again(tmp_path: Path) -> None:
    answers = [plan(["c0", "c1"]), plan(["c1", "c0"], "weights", 3, 3), plan(["c0", "c2"])]

    session, here = run(tmp_path, answers)

    assert len(here.asked) == 3
    assert [one.members for one in architects(session)] == [("a", "b"), ("a", "far")]


@pytest.mark.parametrize("said", [DOWN, plan(["c0", "c7"]), plan(["c0", "c1"], "weights", -1, 2)])
def test_without_a_plan_that_can_be_tried_the_engines_own_ways_stand(
    tmp_path: Path, said: Any
) -> None:
    session, here = run(tmp_path, [said, plan(["c0", "c1"])])

    assert len(here.asked) == 1
    assert architects(session) == []
    assert [one.strategy for one in session.choice.strategies] == list(STRATEGIES)


def test_planned_members_too_must_fit_into_the_seconds_for_refitting(tmp_path: Path) -> None:
    random = np.random.default_rng(3)
    truth = random.normal(size=400)
    predictions = {f"m{i}": (truth + random.normal(size=400))[:, None] for i in range(6)}
    costs = dict.fromkeys(predictions, 8.0)  # on four fifths of the rows, so ten on all
    session = Session(REGRESSION, truth, predictions, fit_seconds=costs)
    everybody = [f"c{number}" for number in range(6)]
    here = Office(tmp_path, [plan(everybody), plan(everybody, "learnt weights")])
    session.context.team = here.team

    session.run(refit_seconds=30.0)

    found = architects(session)
    assert len(found) == 2
    assert all(len(one.members) <= 3 for one in found)


def lesson(candidates: dict[str, np.ndarray], labels: np.ndarray, task: Task) -> Lesson:
    widths = tuple(output.width for output in task.outputs)
    pool = Pool(
        np.stack(list(candidates.values())),
        labels.reshape(len(labels), -1),
        widths,
        loss_of(get_metric(task.metric, task), widths),
        np.ones(len(candidates)),
    )
    return pool.learn(np.arange(len(labels)), 0)


def lesson_of_three() -> Lesson:
    random = np.random.default_rng(0)
    truth = random.normal(size=600)
    sizes = {"a": 0.5, "b": 0.7, "c": 0.9}
    candidates = {n: (truth + s * random.normal(size=600))[:, None] for n, s in sizes.items()}
    return lesson(candidates, truth, REGRESSION)


def test_learnt_weights_are_those_of_stacking_on_the_same_members() -> None:
    known = lesson_of_three()
    stacked = stack(known)
    assert stacked is not None
    assert len(stacked.members) == 3

    planned = of_members([*stacked.members, stacked.members[0]])(known)

    assert planned is not None
    assert planned.members == stacked.members
    assert isinstance(planned.combiner, LinearStack)
    assert isinstance(stacked.combiner, LinearStack)
    assert vars(planned.combiner) == vars(stacked.combiner)


def test_members_that_do_not_count_are_left_out_of_learnt_weights() -> None:
    random = np.random.default_rng(1)
    truth = random.normal(size=600)
    candidates = {"good": truth + 0.1 * random.normal(size=600), "wrong": -truth, "odd": truth**2}
    known = lesson({name: one[:, None] for name, one in candidates.items()}, truth, REGRESSION)

    wrong, some = of_members([1, 2])(known), of_members([0, 1])(known)

    assert wrong is not None
    assert len(wrong.members) == 1
    assert wrong.weights() == (1.0,)
    assert some is not None
    assert some.members == (0,)


def test_of_several_outputs_learnt_weights_are_equal() -> None:
    random = np.random.default_rng(2)
    task = Task((REGRESSION.outputs[0], Output("z", "z", Kind.REGRESSION)), "rmse")
    truth = random.normal(size=(300, 2))
    known = lesson({n: truth + random.normal(size=truth.shape) for n in "ab"}, truth, task)

    planned = of_members([0, 1])(known)

    assert planned is not None
    assert planned.weights() == (0.5, 0.5)
