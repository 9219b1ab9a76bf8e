"""Where a search stands: the best candidate and the baseline, at the session's fidelity."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from mle_star.budget import Slice
from mle_star.errors import BudgetError
from mle_star.events import IncumbentChanged
from mle_star.judge.evaluation import NOT_JUDGED, Evaluation, Fidelity
from mle_star.judge.stats import compare
from mle_star.phases.context import Context
from mle_star.recipes.catalogue import standard
from mle_star.recipes.recipe import Recipe
from mle_star.solution.solution import Solution
from mle_star.types import Role

TREE = "plain_tree"
"""The baseline that every booster is made of many of."""

BASELINES = ("constant", TREE, "linear")
"""Names of the simple models that the others must beat, the cheapest first."""


FURTHEST = 0.05
"""Share of the way from the best to the worst that what is not far behind the best may lie."""


@dataclass(slots=True)
class Stand:
    """Judges candidates and keeps the best.

    Parameters
    ----------
    context : Context
        Whose judge and ledger are used, and who hears of a new best.
    baselines : collection of str
        Names of the simple solutions that gains are measured against.
    quick : Fidelity
        Of the first look, to fall back on.
    standing : Evaluation or None, default None
        The best so far; None: none yet.
    """

    context: Context
    baselines: Collection[str]
    quick: Fidelity = field(default_factory=Fidelity)
    standing: Evaluation | None = None

    def solution(self, recipe: Recipe) -> Solution:
        """The usual solution around a model, under the recipe's name."""
        return standard(recipe, self.context.facts, self.context.recipes)

    def judge(self, solutions: Sequence[Solution], slice: Slice) -> list[Evaluation]:
        """Judge at the session's fidelity, record, and see whether a better one stands."""
        found = self.screen(solutions, slice, self.context.fidelity)
        self.consider(found)
        return found

    def screen(
        self, solutions: Sequence[Solution], slice: Slice, fidelity: Fidelity
    ) -> list[Evaluation]:
        """Judge at any fidelity and record what was tried.

        None is ended for being far behind the best on its first fold: an ensemble may want it.
        """
        found = self.context.judge.evaluate(solutions, slice=slice, fidelity=fidelity)
        self.context.record(e for e in found if not e.failure.startswith(NOT_JUDGED))
        return found

    def settle(self, fidelity: Fidelity) -> None:
        """Compare at this fidelity from now on."""
        if fidelity != self.context.fidelity:
            self.context.fidelity = fidelity
            self.standing = None

    def fall_back(self) -> None:
        """Compare at the first look's fidelity where nothing has a score at the session's.

        Raises
        ------
        BudgetError
            If nothing has a score there either.
        """
        if not self.ranked():
            self.settle(self.quick)
            self.consider(self.ranked())
        if not self.ranked():
            raise _nothing_usable(self.context.ledger)

    def consider(self, evaluations: Sequence[Evaluation]) -> None:
        """Emit an event if one of these is better than the best before them."""
        before = self.standing
        for evaluation in evaluations:
            if _preferred(evaluation, self.standing):
                self.standing = evaluation
        if self.standing is not None and self.standing is not before:
            self._announce(self.standing)

    def ranked(self) -> list[Evaluation]:
        """Those with a score at the session's fidelity, best first; the simpler of equals."""
        return sorted(self.context.comparable(), key=lambda e: (loss(e), _size(e)))

    def worthy(self) -> list[Evaluation]:
        """The baseline and those that are no worse, best first."""
        limit = loss(self.baseline())
        return [evaluation for evaluation in self.ranked() if loss(evaluation) <= limit]

    def baseline(self) -> Evaluation:
        """The best simple solution; the weakest candidate where no simple one has a score."""
        ranked = [e for e in self.ranked() if not e.solution.parent]
        return next((e for e in ranked if e.solution.name in self.baselines), ranked[-1])

    def best(self) -> Evaluation:
        """The best so far.

        A single tree is best only beyond noise: what is made of many is nearly always better on
        new rows, and few folds tell little.
        """
        best = self.standing if self.standing is not None else self.ranked()[0]
        others = [e for e in self.ranked() if e.solution.name not in self.baselines]
        if best.solution.name != TREE or not others or compare(best, others[0]).beyond_noise:
            return best
        return others[0]

    def _announce(self, evaluation: Evaluation) -> None:
        score, base = evaluation.score, self.baseline().score
        if score is None or base is None:
            return
        self.context.emit(
            IncumbentChanged(
                digest=evaluation.solution.digest,
                name=evaluation.solution.name,
                score=score.mean,
                spread=score.spread,
                gain_over_baseline=score.gain_over(base) + 0.0,  # never -0.0
            )
        )


def near(ranked: Sequence[Evaluation], best: Evaluation) -> list[Evaluation]:
    """Those of a ranking that lie not far behind the best, see :data:`FURTHEST`."""
    if not ranked:
        return []
    reach = FURTHEST * (loss(ranked[-1]) - loss(best))
    return [evaluation for evaluation in ranked if loss(evaluation) - loss(best) <= reach]


def kind_of(evaluation: Evaluation) -> str:
    """Which kind of model it is: the name of its recipe, or else the digest of its own code."""
    block = evaluation.solution.block(Role.MODEL)
    return (block.recipe or block.digest) if block else ""


def loss(evaluation: Evaluation) -> float:
    """The score with its direction taken away: lower is better, infinite where there is none."""
    score = evaluation.score
    if score is None:
        return math.inf
    return -score.mean if score.greater_is_better else score.mean


def _preferred(evaluation: Evaluation, best: Evaluation | None) -> bool:
    """Whether it is better than the best so far, or as good and simpler."""
    if evaluation.score is None or best is None:
        return evaluation.score is not None
    return (loss(evaluation), _size(evaluation)) < (loss(best), _size(best))


def _size(evaluation: Evaluation) -> int:
    return sum(len(block.source) for block in evaluation.solution.blocks)


def _nothing_usable(ledger: Sequence[Evaluation]) -> BudgetError:
    reasons = "; ".join(f"{e.solution.name}: {e.failure}" for e in ledger[:5] if e.failure)
    return BudgetError(
        f"none of {len(ledger)} candidates tried has a score ({reasons or 'no time for any'})",
        "allow more time (--time-budget) or more evaluations (--evaluations), "
        "or look into the reasons given",
    )
