"""K tries against one start, planned in sight of all before; kept only if better beyond noise."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest
from tests.engine.agents.fakes import recipe
from tests.engine.phases.written_judge import WrittenJudge, around, context

from mle_star.agents.base import Proposal
from mle_star.agents.scripted import ScriptedAgent
from mle_star.budget import Budget
from mle_star.events import Event, IncumbentChanged, ProposalJudged
from mle_star.judge.evaluation import Evaluation
from mle_star.phases import refinement
from mle_star.phases.effect import BlockEffect
from mle_star.phases.refinement import BATCH, K, Refined
from mle_star.phases.tries import NO_TIME, Tried
from mle_star.recipes.catalogue import compose, load
from mle_star.recipes.recipe import Real, Whole
from mle_star.solution.block import Block, hyperparameters_block, read_hyperparameters
from mle_star.solution.solution import Solution
from mle_star.types import Role

MADE = compose([load()[name] for name in ("standard", "native_categories", "lightgbm")])


def effect(role: Role, size: float, impact: str = "HIGH") -> BlockEffect:
    return BlockEffect(role, size, size - 0.001, size + 0.001, 0.01, impact, "plain")


FEATURES_FIRST = [effect(Role.FEATURES, 0.1), effect(Role.HYPERPARAMETERS, 0.0, "LOW")]


def features(name: str, padding: int = 4000) -> Proposal:
    source = f"def features(columns):\n    return {name!r}  # {'x' * padding}"
    return Proposal(Block(Role.FEATURES, source), f"{name}: do it", "because", "test")


class Step:
    """One refinement step; verdicts are gains over 0.8 by what stands in the features block."""

    def __init__(
        self,
        answers: Sequence[Proposal],
        gains: dict[str, float | str],
        *,
        greater: bool = True,
        evaluations: int | None = None,
    ) -> None:
        sign = 1.0 if greater else -1.0

        def verdict(solution: Solution) -> Sequence[float] | str:
            block = solution.block(Role.FEATURES)
            for name, gain in gains.items():
                if block is not None and repr(name) in block.source:
                    return gain if isinstance(gain, str) else around(0.8 + sign * gain, 0.01)
            return around(0.8, 0.01)

        self.budget = Budget(lambda: 0.0, 1e6, evaluations)
        self.judge = WrittenJudge(verdict, self.budget, greater_is_better=greater)
        self.agent = ScriptedAgent([[answer] for answer in answers])
        self.events: list[Event] = []
        self.context = context(self.judge, self.events, agent=self.agent)
        self.start: Evaluation = self.judge.start(MADE)
        self.history: list[Tried] = []

    def run(self, effects: Sequence[BlockEffect] = FEATURES_FIRST, step: int = 1) -> Refined:
        part = self.budget.share(1.0)
        return refinement.run(self.context, self.start, effects, part, step, self.history)


def test_exactly_k_proposals_are_judged_and_the_last_one_is_as_eligible_as_the_first() -> None:
    names = [f"f{i}" for i in range(6)]
    step = Step([features(n) for n in names], {"f3": 0.05, "f4": 0.5, "f5": 0.5})

    refined = step.run()

    assert len(step.judge.judged) == K == 4
    assert refined.best.solution.digest == step.judge.judged[3].digest
    assert [t.accepted for t in refined.proposals] == [False, False, False, True]


def test_every_question_carries_all_earlier_plans_with_their_gains() -> None:
    step = Step([features(f"f{i}") for i in range(4)], {"f0": -0.1, "f1": "no memory", "f2": 0.1})

    step.run()

    asked = [question.tried for question in step.agent.questions]
    assert [len(tried) for tried in asked] == [0, 1, 2, 3]
    plans, gains = zip(*asked[3], strict=True)
    assert plans == ("f0: do it", "f1: do it", "f2: do it")
    assert gains == (pytest.approx(-0.1), None, pytest.approx(0.1))


def test_the_next_step_sees_the_plans_of_the_steps_before() -> None:
    step = Step([features(f"f{i}") for i in range(5)], {"f2": 0.1, "f3": 0.2})
    step.run()
    step.run([effect(Role.FEATURES, 9.0)], step=2)

    assert len(step.agent.questions[-1].tried) >= K


def test_a_plan_that_only_lacked_time_may_come_again_in_a_later_step() -> None:
    step = Step([features("f0"), features("f1")], {})
    late = Tried(
        1, 0, Role.FEATURES, "slow: one", "", None, None, None, False, f"refused: {NO_TIME}"
    )
    step.history.append(late)
    step.run(step=1)
    step.run([effect(Role.FEATURES, 9.0)], step=2)

    asked = [[plan for plan, _ in question.tried] for question in step.agent.questions]
    assert "slow: one" in asked[0]
    assert "slow: one" not in asked[-1]


def test_tries_do_not_accumulate_within_a_step() -> None:
    step = Step([features("f0"), features("f1")], {"f0": 0.05, "f1": 0.1})

    step.run()

    assert {solution.parent for solution in step.judge.judged} == {MADE.digest}
    assert all(question.solution == MADE for question in step.agent.questions)


@pytest.mark.parametrize("greater", [True, False])
def test_the_best_try_wins_whichever_way_the_metric_points(greater: bool) -> None:
    gains: dict[str, float | str] = {"f0": 0.05, "f1": 0.10, "f2": 0.07, "f3": -0.2}
    step = Step([features(n) for n in gains], gains, greater=greater)

    refined = step.run()

    assert [t.gain for t in refined.proposals] == [pytest.approx(g) for g in gains.values()]
    assert refined.best.solution.digest == step.judge.judged[1].digest


def test_a_gain_within_noise_is_not_kept() -> None:
    step = Step([features("f0")], {})
    lucky = (0.9, 0.7, 0.9, 0.75, 0.78)  # a mean of 0.806, far inside the folds' scatter
    original = step.judge.verdict
    step.judge.verdict = lambda s: original(s) if s.digest == MADE.digest else lucky

    refined = step.run()

    assert refined.best is step.start
    assert refined.proposals[0].reason == "within noise, and no simpler"


def test_equal_and_simpler_is_kept_but_equal_and_longer_is_not() -> None:
    shorter, longer = features("f0", padding=1), features("f1", padding=5000)
    step = Step([longer, shorter], {})

    refined = step.run()

    assert [t.accepted for t in refined.proposals] == [False, True]
    assert refined.proposals[1].reason == "as good and simpler"


def test_refused_edits_are_told_with_their_reason_and_do_not_count_as_tries() -> None:
    wrong_role = Proposal(Block(Role.CLEAN, "def clean(columns): ..."), "p", "", "test")
    broken = Proposal(Block(Role.FEATURES, "def features(columns:"), "broken", "", "test")
    nameless = Proposal(Block(Role.FEATURES, "def other(columns): ..."), "nameless", "", "test")
    two_cells = Proposal(
        Block(Role.FEATURES, "def features(columns): ...\n# %% role: clean\nx = 1"), "two", "", "t"
    )
    good = [features(f"f{i}") for i in range(3)]
    step = Step([broken, good[0], nameless, two_cells, *good, wrong_role], {})

    refined = step.run()

    refused = [t for t in refined.proposals if t.attempt == 0]
    assert [t.reason.split(":")[0] for t in refused] == ["refused"] * len(refused)
    assert "does not parse" in refused[0].reason
    assert "must define 'features'" in refused[1].reason
    assert "one cell" in refused[2].reason
    assert refused[3].reason == "refused: was tried in this step already"
    assert len(step.judge.judged) == 1


def test_a_failing_try_costs_only_itself() -> None:
    step = Step([features("f0"), features("f1")], {"f0": "time limit of 20 s", "f1": 0.1})

    refined = step.run()

    assert refined.proposals[0].reason == "time limit of 20 s"
    assert refined.best.solution.digest == step.judge.judged[1].digest


def test_rejected_tries_stand_in_the_ledger_for_the_ensemble() -> None:
    step = Step([features("f0"), features("f1")], {"f0": -0.1, "f1": -0.2})

    step.run()

    assert {e.solution.digest for e in step.context.ledger} == {s.digest for s in step.judge.judged}


def test_every_try_is_told_and_a_new_best_as_well() -> None:
    step = Step([features("f0"), features("f1")], {"f0": -0.1, "f1": 0.2})

    step.run()

    told = [event for event in step.events if isinstance(event, ProposalJudged)]
    bests = [event for event in step.events if isinstance(event, IncumbentChanged)]
    assert [(e.attempt, e.accepted) for e in told] == [(1, False), (2, True)]
    assert [e.score for e in bests] == [pytest.approx(1.0)]


def test_a_step_ends_where_its_budget_ends() -> None:
    step = Step([features(f"f{i}") for i in range(4)], {"f0": 0.1}, evaluations=2)

    refined = step.run()

    assert len(step.judge.judged) == 2
    assert refined.best.solution.digest == step.judge.judged[0].digest


def test_a_block_found_useless_is_first_tried_without() -> None:
    step = Step([], {})
    [block] = load()["clipped"].blocks
    step.start = step.judge.start(MADE.with_block(block))
    useless = BlockEffect(Role.POST, -0.0, -0.01, 0.01, 1.0, "HIGH", "removed")

    refined = step.run([useless])

    assert refined.role is Role.POST
    assert refined.best.solution.block(Role.POST) is None


def test_a_role_with_nothing_to_propose_gives_way_to_the_next() -> None:
    step = Step([features("f0")], {"f0": 0.1})
    effects = [effect(Role.POST, 5.0), effect(Role.FEATURES, 0.1)]
    answers = [[], [features("f0")]]
    step.context.agent = ScriptedAgent(answers)

    assert step.run(effects).role is Role.FEATURES


class Tuning:
    """A step on hyperparameters whose best value is known: near x = 0.5, n = 30."""

    def __init__(self, *, jobs: int = 1, evaluations: int = 40, greater: bool = True) -> None:
        space = {"x": Real(0.0, 1.0), "n": Whole(1, 1000, log=True)}
        found = recipe("tunable", hyperparameters={"x": 0.1, "n": 300, "kept": "as it is"})
        tunable = type(found)(**{f: getattr(found, f) for f in found.__slots__} | {"space": space})
        self.budget = Budget(lambda: 0.0, 1e6, evaluations)
        sign = 1.0 if greater else -1.0
        self.judge = WrittenJudge(
            lambda s: around(sign * self.worth(s)), self.budget, greater_is_better=greater
        )
        self.events: list[Event] = []
        recipes = {"tunable": tunable}
        self.context = context(self.judge, self.events, recipes=recipes, jobs=jobs)
        self.solution = compose([tunable])
        self.start = self.judge.start(self.solution)
        self.context.record([self.start])

    @staticmethod
    def values(solution: Solution) -> dict[str, object]:
        block = solution.block(Role.HYPERPARAMETERS)
        assert block is not None
        return read_hyperparameters(block.source)

    def worth(self, solution: Solution) -> float:
        values = self.values(solution)
        x, n = float(str(values["x"])), float(str(values["n"]))
        return float(1.0 - (x - 0.5) ** 2 - 0.01 * abs(n - 30) ** 0.5)

    def run(self, lost: float = 0.3) -> Refined:
        measured = [effect(Role.HYPERPARAMETERS, lost)]
        part = self.budget.share(1.0)
        return refinement.run(self.context, self.start, measured, part, 1, [])


@pytest.mark.parametrize("greater", [True, False])
def test_numeric_search_finds_better_values_and_leaves_the_others_alone(greater: bool) -> None:
    tuning = Tuning(greater=greater)

    best = tuning.run().best

    assert tuning.worth(best.solution) > tuning.worth(tuning.solution) + 0.15
    assert tuning.values(best.solution)["kept"] == "as it is"
    changed = [b.role for b in best.solution.blocks if b not in tuning.solution.blocks]
    assert changed == [Role.HYPERPARAMETERS]


def test_numeric_search_is_the_same_whatever_the_number_of_workers() -> None:
    one, two = Tuning(jobs=1), Tuning(jobs=2)
    one.run()
    two.run()

    assert [s.digest for s in one.judge.judged] == [s.digest for s in two.judge.judged]
    assert set(one.judge.batches) == {BATCH}


def test_numeric_search_never_leaves_the_space_and_never_asks_the_agent() -> None:
    tuning = Tuning()
    tuning.run()

    tried = [tuning.values(solution) for solution in tuning.judge.judged]
    assert all(0 <= float(str(v["x"])) <= 1 and 1 <= int(str(v["n"])) <= 1000 for v in tried)
    assert not tuning.context.agent.questions  # type: ignore[attr-defined]


def test_numeric_search_stops_within_its_evaluations() -> None:
    tuning = Tuning(evaluations=6)
    tuning.run()

    assert len(tuning.judge.judged) == 6


def test_shorter_literals_are_not_simpler() -> None:
    tuning = Tuning(evaluations=4)
    tuning.judge.verdict = lambda solution: around(0.5)  # every value is as good as every other

    assert tuning.run().best is tuning.start


@pytest.mark.parametrize(("plain", "kept"), [(0.9, True), (0.5, False)])
def test_plain_hyperparameters_are_taken_up_where_the_ablation_found_them_better(
    plain: float, kept: bool
) -> None:
    tuning = Tuning(evaluations=5)
    tuning.judge.verdict = lambda s: around(0.5 if tuning.values(s) else plain)

    best = tuning.run(lost=0.5 - plain).best

    assert (tuning.values(best.solution) == {}) is kept
    assert any(tuning.values(solution) for solution in tuning.judge.judged)


def _with_values(values: dict[str, object]) -> Callable[[Solution], Solution]:
    return lambda solution: solution.with_block(hyperparameters_block(values, "tunable"))


def test_numeric_search_learns_from_what_was_judged_in_earlier_steps() -> None:
    tuning = Tuning(evaluations=4)
    good = _with_values({"x": 0.5, "n": 30, "kept": "as it is"})(tuning.solution)
    tuning.context.record([tuning.judge.start(good)])

    tuning.run()

    near = [abs(float(str(tuning.values(s)["x"])) - 0.5) for s in tuning.judge.judged]
    assert sum(near) / len(near) < 0.2  # steps lead away from the best known, not from the start
