"""Bugs of published implementations of MLE-STAR in taking what a language model says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.engine.agents.ask.questions import Plan, question
from tests.engine.agents.language.office import REFUSED, Office
from tests.engine.agents.language.test_editor import PLAN
from tests.engine.agents.language.test_editor import question as wanted

from mle_star.agents.ask.completion import first_object
from mle_star.agents.ask.request import Answer
from mle_star.agents.base import Proposal
from mle_star.agents.language.editor import Editor
from mle_star.errors import EditError
from mle_star.solution.block import checked
from mle_star.types import Role


class TestLlmReturnsProseTwoFencesBadJsonRefusal:
    """One repair call, then skip."""

    PROSE = "Certainly! Here is an improved block that should score 0.95."
    CODE = "def features(columns):\n    return None"
    FENCE = f"```python\n{CODE}\n```"
    WRONG: tuple[Answer | dict[str, Any], ...] = (
        Answer(failure="wrong shape: no JSON object in the answer", cost=0.0),
        {"plan": ["one", "two"]},
        {"plans": "one"},
        {},
    )
    """Prose or broken JSON, as back ends tell of it, and objects of another form."""

    def proposed(self, here: Office) -> list[Proposal]:
        return Editor(here.team).propose(wanted())

    @pytest.mark.parametrize("said", [PROSE, FENCE, f"{FENCE}\nor\n{FENCE}", "{"])
    def test_what_is_no_code_is_never_taken_for_a_block(self, said: str) -> None:
        with pytest.raises(EditError, match="does not parse"):
            checked(Role.FEATURES, said)

    @pytest.mark.parametrize(
        ("said", "value"),
        [
            (PROSE, None),
            (FENCE, None),
            ('{"plan": "half', None),
            ('```json\n{"plan": "a"}\n```\nor\n```json\n{"plan": "b"}\n```', {"plan": "a"}),
        ],
    )
    def test_of_two_fences_the_first_answer_counts_and_of_none_there_is_none(
        self, said: str, value: dict[str, Any] | None
    ) -> None:
        assert first_object(said) == value

    @pytest.mark.parametrize("wrong", WRONG)
    def test_an_answer_of_the_wrong_shape_is_asked_for_once_more_and_then_skipped(
        self, tmp_path: Path, wrong: Any
    ) -> None:
        here = Office(tmp_path, [wrong, wrong, {"plan": "too late"}])

        asked = here.asker.ask(question(), Plan)

        assert asked.value is None
        assert asked.failure.startswith("wrong shape: ")
        assert here.steps == ["step 1", "step 1 (repair)"]

    @pytest.mark.parametrize("wrong", WRONG)
    def test_an_editor_without_a_plan_or_code_of_the_right_shape_proposes_nothing(
        self, tmp_path: Path, wrong: Any
    ) -> None:
        no_plan = Office(tmp_path / "plan", [wrong, wrong])
        no_code = Office(tmp_path / "code", [PLAN, wrong, wrong])

        assert self.proposed(no_plan) == self.proposed(no_code) == []
        assert no_code.steps == [
            "step 1, try 1: plan",
            "step 1, try 1: code",
            "step 1, try 1: code (repair)",
        ]

    @pytest.mark.parametrize("wrong", WRONG)
    def test_a_repair_that_is_right_is_taken(self, tmp_path: Path, wrong: Any) -> None:
        good = {"source": self.CODE, "reason": ""}

        [found] = self.proposed(Office(tmp_path, [PLAN, wrong, good]))

        assert (found.block.source, found.refusal) == (self.CODE, "")

    @pytest.mark.parametrize("said", [PROSE, FENCE, f"{FENCE}\nor\n{FENCE}", "{"])
    def test_prose_or_fences_where_code_should_be_are_repaired_once_and_then_refused(
        self, tmp_path: Path, said: str
    ) -> None:
        wrong, good = ({"source": text, "reason": ""} for text in (said, self.CODE))
        mended = Office(tmp_path / "mended", [PLAN, wrong, good])
        hopeless = Office(tmp_path / "hopeless", [PLAN, wrong, wrong, good])

        [taken], [refused] = self.proposed(mended), self.proposed(hopeless)

        assert (taken.block.source, taken.refusal) == (self.CODE, "")
        assert "does not parse" in mended.prompts[2]
        assert "does not parse" in refused.refusal
        assert refused.block.source != said
        assert len(hopeless.asked) == 3

    def test_a_refusal_is_not_argued_with(self, tmp_path: Path) -> None:
        here = Office(tmp_path, [REFUSED, {"plan": "after all"}])

        assert self.proposed(here) == []
        assert len(here.asked) == 1
