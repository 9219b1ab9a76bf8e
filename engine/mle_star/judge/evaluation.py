"""What the judge says of a candidate: facts, without the machinery that finds them."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from mle_star.solution.solution import Solution


@dataclass(frozen=True, slots=True)
class Score:
    """A metric's value on every fold.

    Parameters
    ----------
    metric : str
        Name of the metric.
    greater_is_better : bool
        Its direction. Compare scores with :meth:`better_than`, never by sign.
    folds : tuple of float
        One value a fold, in the metric's own units; all finite.
    test_share : float, default 0.25
        Mean of (rows scored / rows trained on) over the folds; what makes fold values depend on
        one another, see :func:`mle_star.judge.stats.compare`.
    """

    metric: str
    greater_is_better: bool
    folds: tuple[float, ...]
    test_share: float = 0.25

    @property
    def mean(self) -> float:
        """Mean over folds, in the metric's own units."""
        return math.fsum(self.folds) / len(self.folds)

    @property
    def spread(self) -> float:
        """Standard deviation over folds (0 for a single fold)."""
        return float(np.std(self.folds, ddof=1)) if len(self.folds) > 1 else 0.0

    def gain_over(self, other: Score) -> float:
        """How much better this mean is, in the metric's units; positive means better."""
        difference = self.mean - other.mean
        return difference if self.greater_is_better else -difference

    def better_than(self, other: Score) -> bool:
        """Whether the mean is strictly better."""
        return self.gain_over(other) > 0


@dataclass(frozen=True, slots=True)
class Fidelity:
    """How much work an evaluation is worth.

    Parameters
    ----------
    rows : int or None
        Training rows a fold at most (a seeded sample, the same for every candidate); None: all.
    folds : int or None
        How many of the folds to run; None: all.
    """

    rows: int | None = None
    folds: int | None = None


NOT_JUDGED = "not judged"
DROPPED = "dropped"
"""How the failures begin of what was not judged at all, or not to the end; both may be judged
again."""


@dataclass(frozen=True, slots=True)
class Evaluation:
    """One judged candidate: exactly one of `score` and `failure` is set.

    Parameters
    ----------
    solution : Solution
        What was judged.
    fidelity : Fidelity
        At which it was judged.
    score : Score or None
        By the engine, from the candidate's predictions.
    failure : str
        Why there is no score: the last line of a traceback, "time limit of 20 s", ...
    oof : callable or None
        Reads the out-of-fold predictions for the judge's ``oof_rows``, an array of shape
        (n_oof_rows, width), repeats averaged; None where not all folds were run.
    seconds : float
        Fit and predict time summed over folds.
    fit_seconds : float
        Mean seconds of one fold's fit.
    peak_mib : float
        Highest memory of the worker above what it held before, in MiB.
    cached : bool
        Whether it came from the cache.
    """

    solution: Solution
    fidelity: Fidelity
    score: Score | None = None
    failure: str = ""
    oof: Callable[[], np.ndarray] | None = field(default=None, compare=False, repr=False)
    seconds: float = 0.0
    fit_seconds: float = 0.0
    peak_mib: float = 0.0
    cached: bool = False

    @property
    def is_final(self) -> bool:
        """Whether judging it again would say the same."""
        return not self.failure.startswith((NOT_JUDGED, DROPPED))


@dataclass(frozen=True, slots=True)
class FitRequest:
    """Fit a solution on some rows and predict others; the primitive all judging is made of.

    Parameters
    ----------
    solution : Solution
        What to fit.
    train : ndarray of int
        Positions of training rows in the session's table.
    predict : ndarray of int
        Positions of rows to predict; their labels never reach the worker.
    labels : ndarray of shape (n_train, n_outputs) or None
        Encoded labels to train on instead of the true ones (a shuffled-target run).
    save : Path or None
        Where to save the fitted pipeline (joblib, inside the session's own work folder).
    seed : int
        Seeds numpy, random and Python hashing of the step.
    """

    solution: Solution
    train: np.ndarray
    predict: np.ndarray
    labels: np.ndarray | None = None
    save: Path | None = None
    seed: int = 0


@dataclass(frozen=True, slots=True)
class FitResult:
    """What came of a :class:`FitRequest`: `predictions`, or `failure` with its reason.

    Parameters
    ----------
    predictions : ndarray of shape (n_predict, width) or None
        Checked: shape, finiteness, probabilities in [0, 1] that sum to one an output.
    failure : str
        Reason, empty on success.
    fit_seconds, predict_seconds : float
        Wall time in the worker.
    peak_mib : float
        Highest memory of the worker above what it held before, in MiB.
    """

    predictions: np.ndarray | None
    failure: str = ""
    fit_seconds: float = 0.0
    predict_seconds: float = 0.0
    peak_mib: float = 0.0


@dataclass(frozen=True, slots=True)
class Fold:
    """Positions of the rows that one fold trains on and is scored on."""

    train: np.ndarray
    score: np.ndarray


@dataclass(frozen=True, slots=True)
class Splits:
    """The division of a session's rows, made once.

    Parameters
    ----------
    folds : tuple of Fold
        Over the search rows. Repeated folds on small data; forward in time when time is set.
    selection : ndarray of int
        Rows hidden from the search, used once to choose among finalists; empty on small data.
    holdout : ndarray of int
        Rows used once, for the validation report.
    scheme : str
        In words, such as ``"5 stratified folds"``.
    times : ndarray of shape (n_rows,) or None, default None
        What orders the rows in time; training rows are handed over in this order.
    """

    folds: tuple[Fold, ...]
    selection: np.ndarray
    holdout: np.ndarray
    scheme: str
    times: np.ndarray | None = None

    @property
    def search(self) -> np.ndarray:
        """All search rows, sorted."""
        return np.unique(np.concatenate([np.concatenate([f.train, f.score]) for f in self.folds]))


@dataclass(frozen=True, slots=True)
class Comparison:
    """A paired comparison of two evaluations over the same folds.

    Parameters
    ----------
    gain : float
        How much better the first is, in the metric's units; positive means better.
    low, high : float
        95 % interval of the gain.
    p_value : float
        Two-sided, of the corrected resampled t-test; 1.0 where it cannot be computed.
    beyond_noise : bool
        Whether the gain exceeds one (corrected) standard error.
    """

    gain: float
    low: float
    high: float
    p_value: float
    beyond_noise: bool
