"""The score of a choice among candidates where no rows are held out: nested cross-validation.

The best of many candidates by cross-validation looks better than it is, for it was chosen by those
scores. Ensembles are scored on folds that their members and weights were not chosen on; here the
same is done for a single candidate: the best by all other folds is scored on the one left out.
"""

from __future__ import annotations

import numpy as np

from mle_star.judge.evaluation import Score
from mle_star.judge.metrics import ScoreError
from mle_star.phases.context import Context
from mle_star.solution.solution import Ensemble

CANDIDATES = 40
"""Candidates that are chosen among, or combined, at most, the best first."""

_PIECES = 5
"""What a single fold is cut into."""


def nested(context: Context, ensemble: Ensemble, score: Score) -> Score | None:
    """What choosing anew without the rows of each fold scores on them.

    Parameters
    ----------
    context : Context
        Its ledger holds the candidates.
    ensemble : Ensemble
        What was chosen.
    score : Score
        As it was chosen by; nested already where it combines several.

    Returns
    -------
    Score or None
        The worse of that and `score`, so that luck flatters nobody; None where there is nothing
        to nest: no out-of-fold predictions, or the metric is undefined on a part of the rows.

    References
    ----------
    Varma and Simon, Bias in error estimation when using cross-validation for model selection, BMC
    Bioinformatics 7:91, 2006.
    """
    if len(ensemble.members) > 1:
        return score
    held = parts(context)
    values = _values(context, held)
    if values is None:
        return None
    sign = 1.0 if score.greater_is_better else -1.0
    apart = _apart(held)
    if not apart.any(axis=1).all():
        return None
    ranks = [(sign * values[:, others]).mean(axis=1).argmax() for others in apart]
    folds = tuple(float(values[rank, number]) for number, rank in enumerate(ranks))
    share = float(np.mean([len(part) for part in held]) / len(context.judge.oof_rows))
    test_share = score.test_share if len(context.judge.splits.folds) > 1 else share / (1 - share)
    found = Score(score.metric, score.greater_is_better, folds, test_share)
    return score if found.better_than(score) else found


def _values(context: Context, held: list[np.ndarray]) -> np.ndarray | None:
    """Scores of the candidates, one a row, on the parts, one a column."""
    judge, rows = context.judge, context.judge.oof_rows
    candidates = [e for e in context.comparable() if e.oof is not None][:CANDIDATES]
    matrices = [e.oof() for e in candidates if e.oof is not None]
    try:
        found = [[judge.score(m[at], rows[at]) for at in held] for m in matrices]
    except ScoreError:
        return None
    return np.asarray(found) if found else None


def parts(context: Context) -> list[np.ndarray]:
    """Positions among the out-of-fold rows of each fold; a single fold is cut in five."""
    rows, folds = context.judge.oof_rows, context.judge.splits.folds
    if len(folds) == 1:
        return np.array_split(np.arange(len(rows)), _PIECES)
    return [np.searchsorted(rows, np.sort(fold.score)) for fold in folds]


def _apart(held: list[np.ndarray]) -> np.ndarray:
    """Which parts share no row with which: those of other repeats do share some."""
    sets = [set(part.tolist()) for part in held]
    return np.array([[one.isdisjoint(other) for other in sets] for one in sets])
