"""The members of ensembles: which there are, what fitting them takes, how they are combined."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import numpy as np

from mle_star.bundle.caged import Caged, free_mib
from mle_star.errors import SandboxError
from mle_star.judge.evaluation import Evaluation, Fidelity
from mle_star.phases.context import Context
from mle_star.phases.pace import grown, predict_seconds
from mle_star.solution.build import combiner_of
from mle_star.solution.solution import Ensemble, Solution

LONGEST_COMBINE = 60.0
"""Seconds that combining predictions in the sandbox may take."""


def distinct_members(ensembles: Iterable[Ensemble]) -> list[Solution]:
    """Every member once, in the order of first appearance."""
    found: dict[str, Solution] = {}
    for ensemble in ensembles:
        for member in ensemble.members:
            found.setdefault(member.digest, member)
    return list(found.values())


def combined(context: Context, ensemble: Ensemble, matrices: Sequence[np.ndarray]) -> np.ndarray:
    """Combine the members' prediction matrices, given in their order.

    Raises
    ------
    StateError
        If an agent wrote how, and that fails in the sandbox.
    """
    if ensemble.combine is None:
        return matrices[0]
    if ensemble.combine.foreign:
        return caged(context, LONGEST_COMBINE).combine(ensemble, matrices)
    return np.asarray(combiner_of(ensemble).apply(list(matrices)))


def caged(context: Context, seconds: float) -> Caged:
    """The session's sandbox, each process in it limited to some seconds.

    Raises
    ------
    SandboxError
        If the session has none.
    """
    if context.cage is None:
        raise SandboxError(
            "the model holds code that an agent wrote, and this run has no sandbox for it",
            "mle-star doctor tells what this machine has",
        )
    return Caged(context.cage, seconds, free_mib(), context.folder.resolve())


def fit_cost(context: Context, solution: Solution, rows: int) -> float:
    """Seconds that one fit on `rows` rows is expected to take, by its evaluations so far.

    Returns
    -------
    float
        Of the evaluations on the most rows the quickest, see
        :func:`~mle_star.phases.pace.grown`; 0 if it was never judged.
    """
    own = _judged(context, solution)
    most = max((_trained_rows(context, e.fidelity) for e in own), default=0.0)
    whole = [e for e in own if _trained_rows(context, e.fidelity) == most]
    return min((refit_cost(context, e, rows) for e in whole), default=0.0)


def refit_cost(context: Context, evaluation: Evaluation, rows: int) -> float:
    """Seconds that fitting what was judged on `rows` rows is expected to take."""
    growth = rows / _trained_rows(context, evaluation.fidelity)
    return grown(context, evaluation.solution, evaluation.fit_seconds, growth)


def _trained_rows(context: Context, fidelity: Fidelity) -> float:
    """Rows that one is trained on in the mean of the folds, of which the first may be short."""
    rows = fidelity.rows or math.inf
    return float(np.mean([min(len(fold.train), rows) for fold in context.judge.splits.folds]))


def predict_cost(context: Context, solution: Solution, rows: int) -> float:
    """Seconds that predicting `rows` rows is expected to take, by its quickest evaluation so far.

    0 if it was never judged. Hundreds of trees for each of several classes take a third as long
    to run over the rows of a fold as to grow.
    """
    tested = float(np.mean([len(fold.score) for fold in context.judge.splits.folds]))
    own = map(predict_seconds, _judged(context, solution))
    return rows / tested * min(own, default=0.0)


def _judged(context: Context, solution: Solution) -> list[Evaluation]:
    """Its evaluations of which the seconds are known."""
    return [e for e in context.ledger if e.solution.digest == solution.digest and e.fit_seconds > 0]
