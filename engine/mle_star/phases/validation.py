"""Validation: choose among the finalists once, score the holdout once, measure the gates.

Finalists are fitted once, on the search rows; that fit predicts the selection rows (to choose), the
holdout rows (looked at only for the chosen one) and a sample of the rows it was fitted on. Without
holdout rows the score is that of nested cross-validation, and the gates rest on it. Where time is
short the choice of the ensemble phase stands, it is fitted on fewer rows, and gates are
skipped and say so.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from mle_star.budget import Slice
from mle_star.data.prepare import Prepared
from mle_star.events import GateMeasured
from mle_star.judge.evaluation import Evaluation, Score
from mle_star.judge.gates import FAIL, Gate
from mle_star.phases.context import Context
from mle_star.phases.finalists import Fits
from mle_star.phases.gating import Gating, Limits, holdout_intervals, measure, safe_score
from mle_star.solution.solution import Ensemble

if TYPE_CHECKING:
    from mle_star.phases.ensemble import EnsembleChoice


@dataclass(frozen=True, slots=True)
class Validation:
    """What the phase found.

    Parameters
    ----------
    ensemble : Ensemble
        The finalist to ship.
    score : Score
        Its cross-validated score.
    holdout_score : float or None
        Its score on the holdout rows; None if there was no time.
    holdout_interval : tuple of float or None
        The 95 % bootstrap interval of the holdout score.
    baseline : Score or None
        The baseline's cross-validated score.
    baseline_holdout : float or None
        The baseline's score on the same rows.
    gates : tuple of Gate
        All verdicts.
    reason : str
        Why this finalist.
    fitted : tuple of Path
        Its members as fitted on search rows, in order; empty if there was no time.
    fitted_rows : ndarray of int
        The rows they were fitted on: all search rows, or a sample where time is short.
    fit_seconds : tuple of float
        What fitting each member on those rows took; empty if there was no time.
    holdout : ndarray or None
        What they predict for the holdout rows; None if there was no time, or there are none.
    train, train_rows : ndarray or None
        What they predict for some rows that they were fitted on, and which rows.
    is_nested : bool
        Whether the score is of nested cross-validation because no rows are held out.
    """

    ensemble: Ensemble
    score: Score
    holdout_score: float | None = None
    holdout_interval: tuple[float, float] | None = None
    baseline: Score | None = None
    baseline_holdout: float | None = None
    gates: tuple[Gate, ...] = ()
    reason: str = ""
    fitted: tuple[Path, ...] = ()
    fitted_rows: np.ndarray = field(default_factory=lambda: np.zeros(0, dtype=int), compare=False)
    fit_seconds: tuple[float, ...] = ()
    holdout: np.ndarray | None = field(default=None, compare=False)
    train: np.ndarray | None = field(default=None, compare=False)
    train_rows: np.ndarray | None = field(default=None, compare=False)
    is_nested: bool = False

    @property
    def passed(self) -> bool:
        """Whether no gate failed."""
        return all(gate.verdict != FAIL for gate in self.gates)


def run(
    context: Context,
    choice: EnsembleChoice,
    baseline: Evaluation,
    slice: Slice,
    prepared: Prepared,
    limits: Limits = Limits(),  # noqa: B008 - frozen
) -> Validation:
    """Choose the finalist, score the holdout and measure the gates.

    Parameters
    ----------
    context : Context
        The session's.
    choice : EnsembleChoice
        Of the ensemble phase.
    baseline : Evaluation
        The simple model that must be beaten.
    slice : Slice
        What the phase may spend; with little, gates are skipped.
    prepared : Prepared
        The table and the names of its columns.
    limits : Limits
        What was asked for beyond what every model must meet.

    Returns
    -------
    Validation
        Its gates have been emitted too.
    """
    fits = Fits(context, choice, baseline, slice)
    fits.run()
    ensemble, reason = fits.choose()
    measured = fits.measured(ensemble)
    gating = Gating(context, prepared, measured, slice, limits)
    intervals = holdout_intervals(gating)
    gates = []
    for gate in measure(gating, intervals):
        context.emit(
            GateMeasured(gate.name, gate.verdict, gate.measured, gate.threshold, gate.explanation)
        )
        gates.append(gate)
    return Validation(
        ensemble=ensemble,
        score=measured.score,
        holdout_score=_on_holdout(context, measured.holdout),
        holdout_interval=intervals[0] if intervals else None,
        baseline=measured.baseline,
        baseline_holdout=_on_holdout(context, measured.baseline_holdout),
        gates=tuple(gates),
        reason=reason,
        fitted=measured.fitted,
        fitted_rows=fits.fit_rows,
        fit_seconds=tuple(result.fit_seconds for result in measured.fits),
        holdout=measured.holdout,
        train=measured.train,
        train_rows=measured.train_rows,
        is_nested=measured.is_nested,
    )


def _on_holdout(context: Context, matrix: np.ndarray | None) -> float | None:
    if matrix is None:
        return None
    score = safe_score(context, matrix, context.judge.splits.holdout)
    return score if math.isfinite(score) else None
