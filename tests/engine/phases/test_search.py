"""The search phase ranks what is known against the facts, and each round finds more."""

from __future__ import annotations

from tests.engine.agents.fakes import FACTS, entry, library, recipe
from tests.engine.phases.fake_judge import FakeJudge, context

from mle_star.agents.knowledge import Entry
from mle_star.agents.technique import Technique
from mle_star.budget import Budget
from mle_star.events import Event, TechniqueFound
from mle_star.phases import search
from mle_star.types import Role

RECIPES = library(
    *(recipe(f"model_{i}", relevance=0.9 - i / 20) for i in range(10)),
    *(recipe(f"features_{i}", Role.FEATURES, relevance=0.5) for i in range(3)),
    recipe("clean", Role.CLEAN, relevance=0.5),
    recipe("weights", Role.TRAIN, relevance=0.5),
    recipe("calibration", Role.POST, relevance=0.5),
    recipe("hopeless", relevance=0.0),
)


def found(
    rounds: int, knowledge: tuple[Entry, ...] = (), events: list[Event] | None = None
) -> list[Technique]:
    judge = FakeJudge({}, Budget(lambda: 0.0))
    made = context(judge, RECIPES, FACTS, [] if events is None else events)
    return search.run(made, rounds, knowledge)


def roles(techniques: list[Technique], number: int) -> set[Role]:
    return {t.recipe.role for t in techniques if t.round == number}


def test_rounds_go_from_models_over_preparation_to_training_and_unlikelier_models() -> None:
    techniques = found(3)

    assert roles(techniques, 1) == {Role.MODEL}
    assert roles(techniques, 2) == {Role.CLEAN, Role.FEATURES}
    assert roles(techniques, 3) == {Role.MODEL, Role.TRAIN, Role.POST}


def test_every_further_round_finds_more_until_the_library_is_used_up() -> None:
    counts = [len(found(rounds)) for rounds in range(1, 7)]

    assert counts[0] < counts[1] < counts[2]
    assert counts == sorted(counts)
    assert counts[-1] == len(RECIPES) - 1


def test_no_technique_is_found_twice_and_no_hopeless_one_at_all() -> None:
    names = [t.recipe.name for t in found(6)]

    assert len(set(names)) == len(names)
    assert "hopeless" not in names


def test_the_most_relevant_models_come_first() -> None:
    names = [t.recipe.name for t in found(1)]

    assert names == [f"model_{i}" for i in range(search.MODELS_A_ROUND)]


def test_knowledge_that_fits_the_table_brings_a_technique_forward_and_says_why() -> None:
    known = entry("study", ["model_9"], weight=1.0, min_rows=500)
    sure = entry("second", ["model_9"], weight=1.0, kinds=["binary"])

    first = found(1, (known, sure))

    [technique] = [t for t in first if t.recipe.name == "model_9"]
    assert "1,000 rows" in technique.reason
    assert "a binary task" in technique.reason
    assert "study says so" in technique.reason


def test_knowledge_about_other_tables_changes_nothing() -> None:
    unfit = entry("study", ["model_9"], weight=1.0, text=True)

    assert found(6, (unfit,)) == found(6)


def test_sources_name_address_and_date_the_knowledge_base_first() -> None:
    [technique] = [
        t for t in found(1, (entry("study", ["model_0"]),)) if t.recipe.name == "model_0"
    ]

    assert technique.sources == (
        "Paper on study, https://example.org/study (2024-02-29)",
        "About model_0, https://example.org/model_0 (2020)",
    )


def test_every_find_is_an_event() -> None:
    events: list[Event] = []

    techniques = found(3, events=events)

    assert [(e.recipe, e.round) for e in events if isinstance(e, TechniqueFound)] == [
        (t.recipe.name, t.round) for t in techniques
    ]
