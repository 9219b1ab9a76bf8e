"""What every agent keeps to, and what the built-in one makes of facts, knowledge and history."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from tests.engine.agents.fakes import FACTS, block, entry, library, recipe

from mle_star.agents.base import Agent, Attempt, Proposal, Question
from mle_star.agents.builtin import BuiltinAgent, recipe_of
from mle_star.agents.merging import merge
from mle_star.agents.scripted import ScriptedAgent
from mle_star.recipes.catalogue import compose, load
from mle_star.solution.solution import Solution
from mle_star.types import Role

FEATURES = library(
    recipe("ordinal", Role.FEATURES, relevance=0.3),
    recipe("target_encoding", Role.FEATURES, relevance=0.8),
    recipe("frequency_encoding", Role.FEATURES, relevance=0.6),
    recipe("interactions", Role.FEATURES, relevance=0.7),
    recipe("useless", Role.FEATURES, relevance=0.0),
    recipe("forest", Role.MODEL),
)
STANDING = Solution((block(Role.FEATURES, "ordinal"), block(Role.MODEL, "forest")))


def question(*tried: Attempt, how_many: int = 3, seed: int = 0) -> Question:
    return Question("feature-engineer", Role.FEATURES, STANDING, FACTS, tried, how_many, seed)


def names(proposals: list[Proposal]) -> list[str]:
    return [proposal.block.recipe for proposal in proposals]


def builtin() -> Agent:
    return BuiltinAgent(FEATURES, [])


def scripted() -> Agent:
    answer = [
        Proposal(block(role, name), f"{name}: a plan", "a reason", "script")
        for role, name in [
            (Role.FEATURES, "ordinal"),
            (Role.FEATURES, "interactions"),
            (Role.MODEL, "forest"),
            (Role.FEATURES, "interactions"),
            (Role.FEATURES, "target_encoding"),
        ]
    ]
    return ScriptedAgent([answer])


@pytest.mark.parametrize("make", [builtin, scripted])
class TestEveryAgent:
    def test_is_an_agent(self, make: Callable[[], Agent]) -> None:
        assert isinstance(make(), Agent)

    def test_proposes_blocks_of_the_role_asked_for(self, make: Callable[[], Agent]) -> None:
        answer = make().propose(question())

        assert answer
        assert {proposal.block.role for proposal in answer} == {Role.FEATURES}

    def test_proposes_no_more_than_asked_for(self, make: Callable[[], Agent]) -> None:
        assert len(make().propose(question(how_many=1))) == 1

    def test_proposes_neither_twice_the_same_nor_what_stands(
        self, make: Callable[[], Agent]
    ) -> None:
        sources = [proposal.block.source for proposal in make().propose(question(how_many=9))]

        assert len(set(sources)) == len(sources)
        assert block(Role.FEATURES, "ordinal").source not in sources

    def test_says_what_why_and_whence(self, make: Callable[[], Agent]) -> None:
        for proposal in make().propose(question()):
            assert proposal.plan
            assert proposal.reason
            assert proposal.provenance

    def test_runs_dry_with_an_empty_answer(self, make: Callable[[], Agent]) -> None:
        agent = make()
        tried: list[Attempt] = [(f"{name}: x", -0.1) for name in FEATURES]
        agent.propose(question())

        assert agent.propose(question(*tried)) == []


def test_the_most_relevant_comes_first_and_the_useless_never() -> None:
    answer = builtin().propose(question(how_many=9))

    assert names(answer) == ["target_encoding", "interactions", "frequency_encoding"]


def test_knowledge_that_fits_lifts_a_recipe_and_knowledge_that_does_not_fit_does_not() -> None:
    fitting = [entry("a", ["frequency_encoding"], min_rows=500)]
    unfit = [entry("b", ["frequency_encoding"], min_rows=5000)]

    assert names(BuiltinAgent(FEATURES, fitting).propose(question()))[0] == "frequency_encoding"
    assert names(BuiltinAgent(FEATURES, unfit).propose(question()))[0] == "target_encoding"


def test_what_hurt_or_failed_is_not_proposed_again() -> None:
    answer = builtin().propose(
        question(("target_encoding: x", -0.01), ("interactions: y", None), how_many=9)
    )

    assert names(answer) == ["frequency_encoding"]


def test_relatives_of_what_helped_come_first_and_of_what_hurt_last() -> None:
    helped = builtin().propose(question(("target_encoding: x", 0.01)))
    hurt = builtin().propose(question(("target_encoding: x", -0.01)))

    assert names(helped)[0] == "frequency_encoding"
    assert names(hurt)[0] == "interactions"


def test_what_helped_comes_again_only_after_all_that_is_untried() -> None:
    answer = builtin().propose(question(("target_encoding: x", 0.5), how_many=9))

    assert names(answer)[-1] == "target_encoding"


def test_answers_depend_on_question_and_seed_alone() -> None:
    equal = library(*(recipe(f"r{i}", Role.FEATURES) for i in range(6)))
    agent = BuiltinAgent(equal, [])

    orders = [tuple(names(agent.propose(question(how_many=6, seed=s)))) for s in range(8)]

    assert orders[0] == tuple(names(BuiltinAgent(equal, []).propose(question(how_many=6, seed=0))))
    assert len(set(orders)) > 1


def test_a_plan_leads_back_to_its_recipe() -> None:
    [proposal] = builtin().propose(question(how_many=1))

    assert recipe_of(proposal.plan) == "target_encoding"


def test_a_model_brings_its_own_hyperparameters_and_takes_the_old_ones_away() -> None:
    models = library(
        recipe("forest", hyperparameters={"trees": 5}), recipe("boost", hyperparameters={"eta": 1})
    )
    standing = Solution((*models["forest"].blocks[:1], block(Role.MODEL, "forest")))
    asked = replace(question(how_many=1), role=Role.MODEL, solution=standing)

    [proposal] = BuiltinAgent(models, []).propose(asked)
    child = proposal.apply(standing)

    hyperparameters = child.block(Role.HYPERPARAMETERS)
    assert hyperparameters is not None
    assert "eta" in hyperparameters.source
    assert "trees" not in hyperparameters.source
    assert (child.parent, child.changed) == (standing.digest, Role.MODEL)


def test_a_model_without_hyperparameters_leaves_none_behind() -> None:
    standing = Solution((*recipe("forest", hyperparameters={"trees": 5}).blocks,))

    child = Proposal(block(Role.MODEL, "bayes"), "p", "r", "x").apply(standing)

    assert child.block(Role.HYPERPARAMETERS) is None


def test_a_model_that_suits_the_features_at_hand_comes_before_one_that_does_not() -> None:
    models = library(
        recipe("other", relevance=0.9, features="one_hot"),
        recipe("suited", relevance=0.7, features="ordinal"),
    )
    asked = replace(question(), role=Role.MODEL)

    assert names(BuiltinAgent(models, []).propose(asked)) == ["suited", "other"]


def test_the_scripted_agent_remembers_what_it_was_asked() -> None:
    agent = ScriptedAgent([])
    asked = [question(how_many=1), question(how_many=2)]

    assert [agent.propose(q) for q in asked] == [[], []]
    assert agent.questions == asked


@pytest.mark.parametrize("text", [0, 1])
def test_columns_of_words_are_not_proposed_for_trees(text: int) -> None:
    recipes = load()
    agent = BuiltinAgent(recipes, [])

    def proposed(model: str, features: str, role: Role) -> set[str]:
        standing = compose([recipes[features], recipes[model]])
        facts = replace(FACTS, text=text)
        return set(names(agent.propose(Question("", role, standing, facts, (), 99, 0))))

    booster = proposed("lightgbm", "native_categories", Role.FEATURES)
    assert "target_means" in booster or "interactions" in booster
    assert ("one_hot" in booster) == (not text)
    assert "text_words_chars" in proposed("linear", "one_hot", Role.FEATURES) or not text
    assert ("lightgbm" in proposed("linear", "one_hot", Role.MODEL)) == (not text)


def test_ways_to_encode_are_not_proposed_where_all_columns_are_numbers() -> None:
    numbers = replace(FACTS, categorical=0, max_cardinality=0, text=0, date=0)
    standing = compose([load()[name] for name in ("quantile_one_hot", "neural_net")])
    asked = Question("feature-engineer", Role.FEATURES, standing, FACTS, (), 20, 0)
    agent = BuiltinAgent(load(), [])

    assert {"ordinal", "ordinal_means", "native_categories"} <= set(names(agent.propose(asked)))
    left = set(names(agent.propose(replace(asked, facts=numbers))))
    assert {"one_hot", "interactions"} <= left
    assert not left & {"ordinal", "ordinal_means", "native_categories"}


def test_seeds_of_a_forest_are_not_averaged() -> None:
    agent = BuiltinAgent(load(), [])

    def proposed(standing: Solution) -> list[str]:
        asked = Question("model-optimizer", Role.TRAIN, standing, FACTS, (), 20, 0)
        return names(agent.propose(asked))

    booster, forest = (
        compose([load()["ordinal"], load()[model]]) for model in ("xgboost", "extra_trees")
    )
    assert "seed_bag" in proposed(booster)
    assert "seed_bag" not in proposed(forest)
    assert "seed_bag" not in proposed(merge([booster, forest]))
