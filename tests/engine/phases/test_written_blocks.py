"""Refinement with blocks that a language model writes: tried, repaired, refused, and counted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from tests.engine.agents.language import cells
from tests.engine.agents.language.office import DOWN, Office, by_form
from tests.engine.phases.test_refinement import FEATURES_FIRST, MADE, Step, effect, features

from mle_star.agents.ask.scripted import Prepared
from mle_star.agents.base import Agent
from mle_star.agents.language.editor import Editor
from mle_star.agents.mixed import MixedAgent, Spent
from mle_star.agents.scripted import ScriptedAgent
from mle_star.budget import Slice
from mle_star.events import Event, PartMeasured, StepFinished
from mle_star.judge.evaluation import Evaluation
from mle_star.phases import refinement
from mle_star.phases.refinement import REFUSALS, K
from mle_star.phases.tries import REPAIRS, is_broken
from mle_star.session.handover import Handover, joined
from mle_star.session.improvement import Improvement, Plan
from mle_star.types import Role

Gains = dict[str, float | str]
BROKEN = "KeyError: 'age'"
LEAKY = {"source": cells.LEAKY, "reason": ""}


def code(name: str) -> Prepared:
    return {"source": cells.features(name), "reason": ""}


class Written:
    """A step whose features blocks a model writes; verdicts are gains by their names."""

    def __init__(self, folder: Path, codes: Sequence[Prepared], gains: Gains, **forms: Any) -> None:
        self.step = Step([], gains, evaluations=40)
        plans = [{"plan": f"plan {number}"} for number in range(1, 40)]
        answers: dict[str, Any] = {"Plan": plans, "Code": [*codes, *[DOWN] * 9]} | forms
        self.office = Office(folder, by_form(**answers))
        self.editor = Editor(self.office.team)
        self.use(self.editor)

    def use(self, agent: Agent) -> None:
        self.step.context.agent = agent

    @property
    def judged(self) -> list[str]:
        """Names of the features blocks that were judged."""
        sources = [s.block(Role.FEATURES) for s in self.step.judge.judged]
        return [block.source.split("'")[1] for block in sources if block]

    def asked(self, what: str) -> list[str]:
        """Texts of the questions whose names end so."""
        return [r.prompt for r in self.office.asked if r.step.endswith(what)]


def test_k_proposals_are_judged_however_many_repairs_they_took_and_the_last_may_win(
    tmp_path: Path,
) -> None:
    codes = [code(n) for n in ("b0", "b1", "f0", "b2", "f1", "f2", "f3", "f4")]
    gains: Gains = {"b0": BROKEN, "b1": BROKEN, "b2": BROKEN, "f1": -0.1, "f3": 0.5, "f4": 0.9}
    written = Written(tmp_path, codes, gains)

    refined = written.step.run()

    assert written.judged == ["b0", "b1", "f0", "b2", "f1", "f2", "f3"]
    assert refined.best.solution.digest == written.step.judge.judged[-1].digest
    assert len(written.asked(": plan")) == K
    assert refined.proposals[-1].accepted


def test_what_a_repair_mended_is_as_eligible_as_the_rest(tmp_path: Path) -> None:
    codes = [code(n) for n in ("b0", "mended", "f1", "f2", "f3")]
    written = Written(tmp_path, codes, {"b0": BROKEN, "mended": 0.3, "f3": 0.1})

    refined = written.step.run()

    assert refined.best.solution.digest == written.step.judge.judged[1].digest


def test_every_plan_is_made_in_sight_of_all_before_with_their_gains(tmp_path: Path) -> None:
    codes = [code(n) for n in ("f0", "b1", "f1", "f2", "f3")]
    written = Written(tmp_path, codes, {"f0": -0.1, "b1": BROKEN, "f1": 0.2, "f2": 0.05})

    written.step.run()

    last = written.asked(": plan")[-1]
    for told in ("gain -0.1: plan 1", "failed: plan 2", "gain +0.2: plan 2", "gain +0.05: plan 3"):
        assert f"- {told}" in last
    assert "plan 4" not in last


def test_what_fails_is_debugged_twice_at_most_with_its_traceback(tmp_path: Path) -> None:
    codes = [code(n) for n in ("b0", "b1", "b2", "f1", "f2", "f3")]
    gains: Gains = {"b0": BROKEN, "b1": "ValueError: second", "b2": "TypeError: third"}
    gains |= dict.fromkeys(["f1", "f2", "f3"], -0.1)
    written = Written(tmp_path, codes, gains)

    refined = written.step.run()

    debugged = [step for step in written.office.steps if "debugging" in step]
    assert debugged == ["step 1, try 1: debugging 1", "step 1, try 1: debugging 2"]
    assert REPAIRS == 2
    assert f"failed when it was run: {BROKEN}" in written.asked("debugging 1")[0]
    assert "failed when it was run: ValueError: second" in written.asked("debugging 2")[0]
    assert cells.features("b1") in written.asked("debugging 2")[0]
    assert refined.best is written.step.start  # the last version that ran


def test_a_repair_that_cannot_stand_is_noted_and_ends_the_debugging(tmp_path: Path) -> None:
    codes = [code("b0"), LEAKY, code("f1"), code("f2"), code("f3")]
    written = Written(tmp_path, codes, {"b0": BROKEN})

    refined = written.step.run()

    assert [tried.reason.split(":")[0] for tried in refined.proposals[:2]] == [
        "KeyError",
        "refused",
    ]
    assert written.judged == ["b0", "f1", "f2", "f3"]


@pytest.mark.parametrize(
    ("failure", "broken"),
    [
        ("KeyError: 'age'", True),
        ("NameError: name 'limit' is not defined", True),
        ("the worker process ended", True),
        ("time limit of 20 s", False),
        ("memory limit of 900 MiB", False),
        ("not judged: the budget ended", False),
        ("dropped after one fold: auc 0.5 against 0.8", False),
        ("", False),
    ],
)
def test_what_took_too_much_is_not_debugged_and_what_raised_is(failure: str, broken: bool) -> None:
    step = Step([], {})

    assert is_broken(Evaluation(MADE, step.context.fidelity, failure=failure)) is broken


def test_a_block_that_is_refused_twice_counts_as_refused_and_several_end_the_step(
    tmp_path: Path,
) -> None:
    written = Written(tmp_path, [LEAKY] * 20, {})
    step, part = written.step, written.step.budget.share(1.0)

    refined = refinement.run(
        step.context, step.start, [], part, 1, step.history, role=Role.FEATURES
    )

    assert written.judged == []
    assert refined.best is written.step.start
    assert len(written.asked(": repair")) == REFUSALS
    assert [tried.attempt for tried in refined.proposals] == [0] * len(refined.proposals)
    assert {tried.proposer for tried in refined.proposals} == {"agent"}
    assert all("learns from the rows" in tried.reason for tried in refined.proposals)


def test_no_two_questions_of_a_step_have_one_name(tmp_path: Path) -> None:
    codes = [code("f0"), LEAKY, LEAKY, code("b1"), code("b2"), code("f1"), code("f2"), code("f3")]
    written = Written(tmp_path, codes, {"b1": BROKEN, "b2": BROKEN})

    written.step.run()

    assert len(set(written.office.steps)) == len(written.office.steps)


def test_where_all_that_a_model_writes_is_refused_the_recipes_get_their_turn(
    tmp_path: Path,
) -> None:
    written = Written(tmp_path, [LEAKY] * 40, {"r0": 0.2})
    recipes = ScriptedAgent([[features("r0")], [features("r1")], [features("r2")]])
    free = Spent(0, 0.0, 0.0)
    written.use(MixedAgent(recipes, written.editor, lambda: free, counts_time=False))

    refined = written.step.run()

    assert refined.best is not written.step.start
    assert written.judged[0] == "r0"


def test_where_no_model_answers_the_recipes_are_tried(tmp_path: Path) -> None:
    written = Written(tmp_path, [], {"r0": 0.2}, Plan=DOWN)
    recipes = ScriptedAgent([[features(f"r{number}")] for number in range(9)])
    free = Spent(0, 0.0, 0.0)
    written.use(MixedAgent(recipes, written.editor, lambda: free, counts_time=True))

    written.step.run()

    assert written.judged == ["r0", "r1", "r2", "r3"]


SCALER = {"role": "features", "takes_away": "the scaler", "source": cells.features("less")}
CHOICE = {"role": "features", "plan": "The first plan."}


@contextmanager
def phase(_name: str, _part: Slice | None) -> Iterator[list[str]]:
    yield []


def improvement(written: Written, **other: Any) -> Improvement:
    context = written.step.context
    context.team, context.editor = written.office.team, written.editor
    return Improvement(context, phase, written.step.start, Plan(steps=1), **other)


def analysed(folder: Path) -> Written:
    forms = {"Variants": {"variants": [SCALER]}, "Choice": CHOICE}
    return Written(folder, [code(n) for n in ("f0", "f1", "f2", "f3")], {"less": -0.05}, **forms)


def steps(written: Written) -> Sequence[str]:
    return [step for step in written.office.steps if "try" not in step]


TOLD = "- ablation of the scaler (in the features block): loses 0.05"


def test_what_a_part_is_worth_is_told_to_the_choice_and_to_the_plans(tmp_path: Path) -> None:
    written = analysed(tmp_path)

    improvement(written).run(written.step.budget.share(1.0))

    assert steps(written)[:2] == ["ablation 1", "step 1: choice of the block"]
    assert TOLD in written.asked("choice of the block")[0]
    assert TOLD in written.asked(": plan")[0]
    part = next(event for event in written.step.events if isinstance(event, PartMeasured))
    assert (part.role, part.part, part.failure) == ("features", "the scaler", "")
    assert part.effect == pytest.approx(0.05)


def test_an_ablation_in_a_task_of_its_own_hands_on_what_parts_are_worth(tmp_path: Path) -> None:
    written = analysed(tmp_path)
    ablation = improvement(written)
    ablation.ablate(written.step.budget.share(1.0))
    left = Handover(effects=ablation.effects, parts=ablation.parts, step=ablation.step)

    found = joined([left, Handover(parts=list(ablation.parts))])
    after = improvement(
        written, effects=list(found.effects), step=found.step, parts=list(found.parts)
    )
    after.run(written.step.budget.share(1.0))

    assert len(found.parts) == 1
    assert steps(written)[:2] == ["ablation 1", "step 1: choice of the block"]
    assert TOLD in written.asked("choice of the block")[0]


def test_what_is_as_good_and_simpler_stands_and_does_not_come_for_ever(tmp_path: Path) -> None:
    written = Written(tmp_path, [], {}, Plan=DOWN, Choice=DOWN, Variants=DOWN)
    stage = improvement(written)

    best = stage.run(written.step.budget.share(1.0))  # nothing is proposed: what is plain is left

    assert best.score == written.step.start.score
    assert len(best.solution.blocks) < len(MADE.blocks)
    assert written.step.budget.used < 40


def test_a_resumed_run_knows_what_parts_were_worth(tmp_path: Path) -> None:
    written = analysed(tmp_path)
    first = improvement(written)
    first.run(written.step.budget.share(1.0))
    finished = [n for n, e in enumerate(written.step.events) if isinstance(e, StepFinished)]
    events: list[Event] = written.step.events[: finished[-1] + 1]

    again = improvement(written)
    again.restore(events)

    assert first.parts
    assert again.parts == first.parts
    assert again.effects


def test_a_block_that_the_agent_does_not_choose_is_chosen_by_the_rule(tmp_path: Path) -> None:
    written = Written(tmp_path, [code("f0")], {}, Choice=DOWN, Variants=DOWN)

    stage = improvement(written, effects=[*FEATURES_FIRST, effect(Role.MODEL, 0.01)])
    stage.run(written.step.budget.share(1.0))

    finished = [event for event in written.step.events if isinstance(event, StepFinished)]
    assert finished[0].role == "features"
