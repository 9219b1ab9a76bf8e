"""More trees for the boosters of a large table, while there is time for them.

There a booster begins with few trees, so that one fit stays a matter of seconds
(:attr:`mle_star.recipes.recipe.Recipe.large`); what more of them gain depends on the time only.
Not where rows are in order of time: longer boosters were no better there.
"""

from __future__ import annotations

from collections.abc import Iterator

from mle_star.budget import Slice
from mle_star.judge.evaluation import Evaluation
from mle_star.phases.pace import Pace
from mle_star.phases.stand import Stand, kind_of
from mle_star.recipes.catalogue import TREES
from mle_star.solution.solution import Solution

TIMES = 3
"""How many times as many trees the next longer form has."""

RATE = 2 / 3
"""Times the learning rate that it has."""

_CAUTION = 1.15
_ONE_SHARE, _BATCH_SHARE = 0.3, 0.5


def lengthen(stand: Stand, slice: Slice) -> None:
    """Judge longer forms of the best booster of each kind, and longer ones yet of those that won.

    Parameters
    ----------
    stand : Stand
        What was judged; nothing happens where evaluations are counted.
    slice : Slice
        A form may take 30 % of what is left of it, those judged at once half.
    """
    context = stand.context
    if context.budget.counts_evaluations or not context.facts.is_large or context.task.time:
        return
    tried: set[str] = set()
    while batch := list(_batch(stand, tried, slice.seconds())):
        tried |= {solution.digest for solution in batch}
        stand.judge(batch, slice)


def _batch(stand: Stand, tried: set[str], left: float) -> Iterator[Solution]:
    known = tried | {evaluation.solution.digest for evaluation in stand.context.ledger}
    room, at_once = _BATCH_SHARE * left, Pace(stand.context).at_once
    for evaluation in _best_of_kinds(stand):
        solution = _longer(evaluation.solution)
        if solution is None or solution.digest in known:
            continue
        seconds = TIMES * _CAUTION * evaluation.seconds / at_once
        if seconds <= min(room, _ONE_SHARE * left):
            room -= seconds
            yield solution


def _best_of_kinds(stand: Stand) -> list[Evaluation]:
    best: dict[str, Evaluation] = {}
    for evaluation in stand.ranked():
        best.setdefault(kind_of(evaluation), evaluation)
    return list(best.values())


def _longer(solution: Solution) -> Solution | None:
    """The next longer form; None for what is no booster, or a merge of several."""
    values = solution.hyperparameters
    name, rate = next((n for n in TREES if n in values), ""), values.get("learning_rate")
    trees = values.get(name)
    if not isinstance(trees, int) or not isinstance(rate, float):
        return None
    longer = {**values, name: TIMES * trees, "learning_rate": round(RATE * rate, 6)}
    return solution.with_hyperparameters(
        longer,
        change="more trees",
        origin=f"{TIMES * trees} trees in place of {trees}, as there is time for them",
    )
