"""The person of an interactive run: asked while it goes on, and only once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mle_star.events import ChoiceMade
from mle_star.phases.context import Context
from mle_star.phases.effect import BlockEffect
from mle_star.recipes.catalogue import standard
from mle_star.recipes.recipe import Recipe
from mle_star.session.journal import Journal
from mle_star.session.question import Asker, Question
from mle_star.session.questions import block_question
from mle_star.session.suggestion import candidate_question
from mle_star.solution.solution import Solution, parse, render
from mle_star.types import Role

MOST_CANDIDATES = 10
"""Candidates of a person's own in one run."""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who is asked.

    Parameters
    ----------
    asker : callable
        Puts a question.
    journal : Journal
        Keeps the answers: a resumed run does not ask again.
    """

    asker: Asker
    journal: Journal

    def candidates(self, context: Context) -> list[Solution]:
        """Solutions of the person's own, to be judged before the others."""
        found: list[Solution] = []
        for number in range(1, MOST_CANDIDATES + 1):
            given = self._candidate(candidate_question(context.recipes, context.facts, number))
            if given is None:
                break
            found.append(_solution(given, context) if isinstance(given, Recipe) else given)
        return found

    def block(self, effects: Sequence[BlockEffect], step: int) -> Role | None:
        """The block to refine; None leaves it to the rule."""
        question = block_question(effects, step)
        answer = self.journal.once(f"answer: {question.key}", lambda: self.asker(question))
        self.journal(ChoiceMade(question.text, answer))
        return question.read(answer)

    def _candidate(self, question: Question[Recipe | Solution | None]) -> Recipe | Solution | None:
        """What is answered; code is kept as it was read then, whatever becomes of its file."""

        def ask() -> list[str | None]:
            answer = self.asker(question)
            given = question.read(answer)
            code = (given.name, render(given)) if isinstance(given, Solution) else (None, None)
            return [answer, *code]

        answer, name, code = self.journal.once(f"answer: {question.key}", ask)
        self.journal(ChoiceMade(question.text, answer))
        return question.read(answer) if code is None else parse(code, name=name)


def _solution(recipe: Recipe, context: Context) -> Solution:
    """The usual solution with a recipe in it; around the likeliest model, if it is none itself."""
    if recipe.role is Role.MODEL:
        return standard(recipe, context.facts, context.recipes)
    models = [one for one in context.recipes.values() if one.role is Role.MODEL]
    model = max(models, key=lambda one: one.applies(context.facts))
    solution = standard(model, context.facts, context.recipes)
    for block in recipe.blocks:
        name = f"{model.name} + {recipe.name}"
        solution = solution.with_block(block, name=name, origin="a person's idea")
    return solution
