"""Validation gates as pure functions: numbers in, a verdict with its reason out.

What is a fair scale? A ratio to the mean misleads where the mean is close to zero by right (a good
log loss, an R2 of a noisy target). So every "per cent" here is of :func:`scale`: the mean, or its
distance from chance (the best constant prediction) if that is larger.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from mle_star.judge.evaluation import Comparison, Score

PASS, WARN, FAIL, SKIPPED = "pass", "warn", "fail", "skipped"

P_VALUE = 0.05
FOLD_SPREAD = 0.05
HOLDOUT_DRIFT = 0.03
TRAIN_GAP = 0.05
SINGLE_ROW_MS = 100.0
MEMORY_SHARE = 0.5


@dataclass(frozen=True, slots=True)
class Gate:
    """One measured requirement.

    Parameters
    ----------
    name : str
        What is measured, in a few words.
    verdict : str
        ``"pass"``, ``"warn"``, ``"fail"`` or ``"skipped"``.
    measured, threshold : str
        The value found and the value asked for, as a person reads them.
    explanation : str
        One sentence: what the verdict means here.
    """

    name: str
    verdict: str
    measured: str
    threshold: str
    explanation: str


def skipped(name: str, why: str) -> Gate:
    """A gate that could not be measured, and why."""
    return Gate(name, SKIPPED, "not measured", "", why)


def scale(mean: float, chance: float | None) -> float:
    """What a per cent is taken of: the mean, or its distance from chance if larger.

    Parameters
    ----------
    mean : float
        Score in the metric's own units.
    chance : float or None
        Score of a constant prediction; None where it is undefined.
    """
    gap = 0.0 if chance is None else abs(mean - chance)
    return max(abs(mean), gap, 1e-12)


def improvement_on_folds(
    score: Score, baseline: Score, comparison: Comparison, *, confirmed: bool = False
) -> Gate:
    """Better than the baseline on the folds, beyond noise (corrected resampled t-test).

    Two or three folds can hardly show that, however large the gain: where it is `confirmed` beyond
    chance on the holdout rows, that they do not is a warning.
    """
    unproven = WARN if confirmed else FAIL
    beyond = PASS if comparison.p_value < P_VALUE else unproven
    verdict = beyond if comparison.gain > 0 else FAIL
    text = {
        PASS: "The gain over the baseline is larger than the noise between folds.",
        WARN: "The folds are too few or too different to exclude chance; the holdout rows do.",
        FAIL: "The gain over the baseline could be chance: the model may not be worth its cost.",
    }
    return Gate(
        "improvement over baseline (folds)",
        verdict,
        f"{score.mean:.4g} against {baseline.mean:.4g}, p = {comparison.p_value:.2g}",
        f"better, p < {P_VALUE}",
        text[verdict],
    )


def improvement_on_holdout(gain: float, low: float, high: float) -> Gate:
    """Better than the baseline on rows never used before.

    Parameters
    ----------
    gain : float
        How much better, in the metric's units; positive means better.
    low, high : float
        95 % bootstrap interval of the gain, over the same rows for both.
    """
    verdict = FAIL if gain <= 0 else PASS if low > 0 else WARN
    text = {
        PASS: "The gain holds on rows that no decision has seen.",
        WARN: "There is a gain on the holdout rows, but they are too few to exclude chance.",
        FAIL: "There is no gain on rows that no decision has seen.",
    }
    measured = f"gain {gain:.4g} (95 % interval {low:.4g} to {high:.4g})"
    return Gate("improvement over baseline (holdout)", verdict, measured, "above 0", text[verdict])


def baseline_itself(name: str) -> Gate:
    """Nothing found is better than the baseline, so the baseline is what is shipped."""
    return Gate(name, WARN, "no gain", "above 0", "The simple baseline is itself the best found.")


def fold_spread(score: Score, chance: float | None, *, ordered: bool = False) -> Gate:
    """Folds agree with one another. Beyond the threshold a warning, a failure beyond three times.

    Small folds differ by chance alone, so a spread above the threshold need not be a defect.

    Parameters
    ----------
    score : Score
        Of cross-validation.
    chance : float or None
        Score of a constant prediction, for the scale.
    ordered : bool, default False
        Whether the folds follow one another in time: they then differ by right, and the verdict
        is a warning at most.
    """
    if len(score.folds) < 2:
        return skipped("fold spread", "There is one fold, so there is no spread.")
    ratio = score.spread / scale(score.mean, chance)
    verdict = PASS if ratio < FOLD_SPREAD else WARN if ordered or ratio < 3 * FOLD_SPREAD else FAIL
    text = {
        PASS: "The score depends little on which rows are held out.",
        WARN: "The score depends noticeably on which rows are held out.",
        FAIL: "The score depends so much on which rows are held out that its mean says little.",
    }
    measured = f"{score.mean:.4g} ± {score.spread:.2g} ({ratio:.1%})"
    return Gate("fold spread", verdict, measured, f"< {FOLD_SPREAD:.0%}", text[verdict])


def holdout_agrees(
    holdout: float,
    low: float,
    high: float,
    folds: Score,
    chance: float | None,
    *,
    sampled: bool = False,
) -> Gate:
    """The holdout confirms cross-validation: within 3 %, or within what chance explains.

    Parameters
    ----------
    holdout : float
        Score on the holdout rows.
    low, high : float
        Its 95 % bootstrap interval.
    folds : Score
        Of cross-validation.
    chance : float or None
        Score of a constant prediction, for the scale.
    sampled : bool, default False
        Whether cross-validation was done on a sample of the training rows: then the holdout may
        well be better.
    """
    better = (holdout - folds.mean) * (1 if folds.greater_is_better else -1)
    ratio = better / scale(folds.mean, chance)
    error = 1.96 * folds.spread / np.sqrt(len(folds.folds))
    by_chance = low - error <= folds.mean <= high + error
    agrees = abs(ratio) <= HOLDOUT_DRIFT or by_chance or (sampled and ratio > 0)
    verdict = PASS if agrees else WARN if ratio > 0 else FAIL
    more = " (cross-validation used fewer training rows)" if sampled else ""
    text = {
        PASS: f"Rows that no decision has seen confirm the cross-validated score{more}.",
        WARN: "The holdout rows are easier than the folds: look for rows shared between the two.",
        FAIL: "The model does worse on unseen rows than cross-validation promised.",
    }
    measured = f"{holdout:.4g} ({low:.4g} to {high:.4g}) against {folds.mean:.4g} ({ratio:+.1%})"
    threshold = f"within {HOLDOUT_DRIFT:.0%} or the 95 % interval"
    return Gate("holdout against cross-validation", verdict, measured, threshold, text[verdict])


def train_gap(train: float, folds: Score, chance: float | None) -> Gate:
    """How much better the model is on the rows it was fitted on.

    Boosted trees and forests fit their training rows almost perfectly and still generalise, so a
    gap is a warning. It fails only if almost nothing of the gain over chance is left out of fold:
    then the model has learnt its rows by heart.

    Parameters
    ----------
    train : float
        Score on rows the model was fitted on.
    folds : Score
        Of cross-validation.
    chance : float or None
        Score of a constant prediction.
    """
    sign = 1 if folds.greater_is_better else -1
    ratio = sign * (train - folds.mean) / scale(folds.mean, chance)
    kept = None if chance is None else _kept(sign, train, folds.mean, chance)
    by_heart = ratio >= TRAIN_GAP and kept is not None and kept < 0.1
    verdict = PASS if ratio < TRAIN_GAP else FAIL if by_heart else WARN
    text = {
        PASS: "The model does about as well on new rows as on those it was fitted on.",
        WARN: "The model fits its training rows more closely than new ones: usual for trees; "
        "trust the cross-validated score, not the training one.",
        FAIL: "Almost nothing of the gain on training rows is left on new ones: learnt by heart.",
    }
    measured = f"{train:.4g} against {folds.mean:.4g} ({ratio:+.1%})"
    return Gate("train against validation", verdict, measured, f"< {TRAIN_GAP:.0%}", text[verdict])


def _kept(sign: int, train: float, validation: float, chance: float) -> float:
    gained = sign * (train - chance)
    return 1.0 if gained <= 0 else sign * (validation - chance) / gained


def quality(score: float, threshold: float, *, greater_is_better: bool, where: str) -> Gate:
    """The score that was asked for, against the one measured on rows never used before."""
    met = score >= threshold if greater_is_better else score <= threshold
    sign = ">=" if greater_is_better else "<="
    text = "The score that was asked for is reached." if met else "It is not as good as asked for."
    return Gate(
        "quality threshold",
        PASS if met else FAIL,
        f"{score:.5g} {where}",
        f"{sign} {threshold:g}",
        text,
    )


def latency(single_ms: float, batch_ms: float, limit_ms: float = SINGLE_ROW_MS) -> Gate:
    """Time of a prediction: one row alone, and a row within a batch, in milliseconds.

    Parameters
    ----------
    single_ms, batch_ms : float
        As measured.
    limit_ms : float, default SINGLE_ROW_MS
        For one row alone. The default is a habit, so missing it by less than ten times is a
        warning; a limit that was asked for is one.
    """
    patience = 10.0 if limit_ms == SINGLE_ROW_MS else 1.0
    verdict = PASS if single_ms < limit_ms else WARN if single_ms < patience * limit_ms else FAIL
    text = {
        PASS: "Fast enough to answer single requests.",
        WARN: "Slow for single requests; better used on batches.",
        FAIL: "Too slow for single requests.",
    }
    measured = f"{single_ms:.3g} ms for one row, {batch_ms:.3g} ms a row in a batch"
    return Gate("latency", verdict, measured, f"< {limit_ms:g} ms for one row", text[verdict])


def memory(model_mib: float, peak_mib: float, total_mib: float) -> Gate:
    """Memory that fitting took, against that of the machine; size of the fitted model."""
    fits = peak_mib < MEMORY_SHARE * total_mib
    return Gate(
        "memory",
        PASS if fits else FAIL,
        f"model {model_mib:.3g} MiB, fitting took {peak_mib:.0f} MiB",
        f"fitting below {MEMORY_SHARE * total_mib:.0f} MiB",
        "Fitting and holding the model leaves room on a machine like this one."
        if fits
        else "Fitting takes more than half of this machine's memory.",
    )


def bootstrap(
    scores: Callable[[np.ndarray], Sequence[float]], rows: int, seed: int, draws: int = 200
) -> list[tuple[float, float]]:
    """95 % percentile intervals of scores over resampled rows.

    Parameters
    ----------
    scores : callable
        Positions (with repetition) in, scores out; draws in which one is not finite are left out
        (without a single positive row there is no AUC).
    rows : int
        Number of rows.
    seed : int
        Of the resampling.
    draws : int, default 200
        Resamples.

    Returns
    -------
    list of (float, float)
        Low and high of every score; NaN if no draw had scores.

    References
    ----------
    Efron, Bootstrap methods: another look at the jackknife, Annals of Statistics 7(1), 1979.
    """
    rng = np.random.default_rng(seed)
    found = np.array([scores(rng.integers(0, rows, rows)) for _ in range(draws)], dtype=float)
    kept = found[np.isfinite(found).all(axis=1)]
    if not len(kept):
        return [(float("nan"), float("nan"))] * found.shape[1]
    low, high = np.quantile(kept, [0.025, 0.975], axis=0)
    return list(zip(low.tolist(), high.tolist(), strict=True))
