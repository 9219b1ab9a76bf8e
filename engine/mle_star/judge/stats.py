"""Whether a difference between two candidates is more than noise."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from scipy.stats import t as student

from mle_star.judge.evaluation import Comparison, Evaluation


def compare(a: Evaluation, b: Evaluation) -> Comparison:
    """Compare two evaluations over the same folds.

    Parameters
    ----------
    a, b : Evaluation
        Both scored at the same fidelity.

    Returns
    -------
    Comparison
        A positive gain means that `a` is better.

    Raises
    ------
    ValueError
        If one has no score, or their folds differ.
    """
    if a.score is None or b.score is None:
        raise ValueError("only evaluations with a score can be compared")
    score = a.score
    return compare_folds(score.folds, b.score.folds, score.greater_is_better, score.test_share)


def compare_folds(
    a_folds: Sequence[float],
    b_folds: Sequence[float],
    greater_is_better: bool,
    test_share: float,
) -> Comparison:
    """Corrected resampled t-test on paired fold values.

    Folds share training rows, so their differences are not independent; the variance of the mean
    is taken as ``(1 / n_folds + test_share) * variance`` rather than ``variance / n_folds``.

    Parameters
    ----------
    a_folds, b_folds : sequence of float
        Metric values, one a fold, of the same folds in the same order.
    greater_is_better : bool
        Direction of the metric.
    test_share : float
        Rows scored / rows trained on, such as 0.25 for five folds.

    References
    ----------
    Nadeau and Bengio, Inference for the generalization error, Machine Learning 52, 2003.
    """
    if len(a_folds) != len(b_folds) or not a_folds:
        raise ValueError(f"folds differ: {len(a_folds)} against {len(b_folds)}")
    sign = 1.0 if greater_is_better else -1.0
    differences = sign * (np.asarray(a_folds, dtype=float) - np.asarray(b_folds, dtype=float))
    n, gain = len(differences), float(np.mean(differences))
    if n == 1:
        return Comparison(gain, -math.inf, math.inf, 1.0, False)
    error = math.sqrt((1.0 / n + test_share) * float(np.var(differences, ddof=1)))
    if error == 0.0:
        return Comparison(gain, gain, gain, float(gain == 0.0), gain > 0.0)
    half = float(student.ppf(0.975, n - 1)) * error
    p_value = 2.0 * float(student.sf(abs(gain) / error, n - 1))
    return Comparison(gain, gain - half, gain + half, p_value, gain > error)
