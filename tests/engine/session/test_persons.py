"""The person of an interactive run: what the answers mean, and that each is given once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.engine.phases.written_judge import WrittenJudge, around, context
from tests.engine.session.test_journal import attempt

from mle_star.budget import Budget
from mle_star.events import ChoiceMade, Event
from mle_star.phases.context import Context
from mle_star.phases.effect import BlockEffect
from mle_star.recipes.catalogue import compose, load
from mle_star.session.persons import MOST_CANDIDATES, Person
from mle_star.session.question import Question
from mle_star.solution.solution import render
from mle_star.types import Role

EFFECTS = [BlockEffect(Role.FEATURES, 0.1, 0.09, 0.11, 0.01, "HIGH", "ordinal")]


@pytest.fixture
def scene() -> Context:
    events: list[Event] = []
    judge = WrittenJudge(lambda _: around(0.8, 0.01), Budget(lambda: 0.0, 1e6))
    return replace(context(judge, events), recipes=load())


class Answers:
    """Somebody who has these answers ready, in order."""

    def __init__(self, *answers: str) -> None:
        self.asked: list[str] = []
        self._answers = list(answers)

    def __call__(self, question: Question[Any]) -> str:
        self.asked.append(question.key)
        return self._answers.pop(0)


def names(found: Sequence[Any]) -> list[str]:
    return [solution.name for solution in found]


def test_candidates_are_asked_for_until_there_are_no_more(tmp_path: Path, scene: Context) -> None:
    own = compose([load()["one_hot"], load()["kernel"]])
    (tmp_path / "mine.py").write_text(render(own))
    answers = Answers(f"{tmp_path}/mine.py", "random forest", "target means", "none")
    with attempt(tmp_path / "log") as one:
        found = Person(answers, one.emit).candidates(scene)

    assert answers.asked == [f"candidate {number}" for number in (1, 2, 3, 4)]
    assert found[0].digest == own.digest
    assert names(found)[:2] == ["mine", "random_forest"]
    features = found[2].block(Role.FEATURES)
    assert features is not None
    assert features.recipe == "target_means"
    assert found[2].block(Role.MODEL) is not None, "an idea alone is no model"
    assert found[2].name.endswith(" + target_means")


def test_nobody_is_asked_for_candidates_without_end(tmp_path: Path, scene: Context) -> None:
    with attempt(tmp_path / "log") as one:
        found = Person(Answers(*["linear"] * 99), one.emit).candidates(scene)

    assert len(found) == MOST_CANDIDATES


def test_the_block_is_the_persons_choice_or_left_to_the_rule(tmp_path: Path) -> None:
    with attempt(tmp_path / "log") as one:
        person = Person(Answers("model", "most to gain"), one.emit)
        assert person.block(EFFECTS, 1) is Role.MODEL
        assert person.block(EFFECTS, 2) is None

    choices = [event for event in one.heard if isinstance(event, ChoiceMade)]
    assert [choice.answer for choice in choices] == ["model", "most to gain"]


def test_a_resumed_run_asks_only_what_was_not_answered(tmp_path: Path, scene: Context) -> None:
    with attempt(tmp_path / "log") as one:
        Person(Answers("linear", "none"), one.emit).candidates(scene)
        Person(Answers("model"), one.emit).block(EFFECTS, 1)
    again = Answers("features")
    with attempt(tmp_path / "log") as two:
        person = Person(again, two.emit)
        candidates, first, second = (
            person.candidates(scene), person.block(EFFECTS, 1), person.block(EFFECTS, 2),
        )  # fmt: skip

    assert names(candidates) == ["linear"]
    assert (first, second) == (Role.MODEL, Role.FEATURES)
    assert again.asked == ["block of step 2"]


def test_code_of_a_persons_own_is_kept_whatever_becomes_of_its_file(
    tmp_path: Path, scene: Context
) -> None:
    own = compose([load()["one_hot"], load()["kernel"]])
    file = tmp_path / "mine.py"
    file.write_text(render(own))
    with attempt(tmp_path / "log") as one:
        Person(Answers(str(file), "none"), one.emit).candidates(scene)
    file.write_text("# %% role: model\nbroken(")
    with attempt(tmp_path / "log") as two:
        (found,) = Person(Answers(), two.emit).candidates(scene)

    assert (found.digest, found.name) == (own.digest, "mine")
