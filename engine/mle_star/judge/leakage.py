"""Looking for leaks: rows in two parts, columns that give the target away, scores from nothing."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy.stats import t as student
from sklearn.metrics import roc_auc_score
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from mle_star.judge.evaluation import Fold
from mle_star.judge.gates import FAIL, HOLDOUT_DRIFT, PASS, WARN, Gate, skipped

DUPLICATE_SHARE = 0.01
PROXY_FAIL, PROXY_WARN = 0.99, 0.95
CHANCE_P = 0.001


def repeated_rows(table: pd.DataFrame, seen: np.ndarray, fresh: np.ndarray) -> np.ndarray:
    """Which fresh rows stand among the seen ones too, feature by feature.

    Parameters
    ----------
    table : DataFrame
        Feature columns only.
    seen, fresh : ndarray of int
        Row positions.

    Returns
    -------
    ndarray of bool, shape (n_fresh,)
    """
    hashes = pd.util.hash_pandas_object(table, index=False).to_numpy()
    return np.isin(hashes[fresh], hashes[seen])


def repeated_in_folds(table: pd.DataFrame, folds: Sequence[Fold], rows: np.ndarray) -> np.ndarray:
    """Which rows stand, in a fold that they are scored in, among its training rows too.

    Parameters
    ----------
    table : DataFrame
        Feature columns only.
    folds : sequence of Fold
        Of the cross-validation.
    rows : ndarray of int
        Sorted positions of the rows that are scored.

    Returns
    -------
    ndarray of bool, shape (n_rows,)
    """
    hashes = pd.util.hash_pandas_object(table, index=False).to_numpy()
    found = np.zeros(len(rows), dtype=bool)
    for fold in folds:
        found[np.searchsorted(rows, fold.score)] |= np.isin(hashes[fold.score], hashes[fold.train])
    return found


def duplicates(
    repeated: np.ndarray,
    score: float | None,
    without: float | None,
    size: float,
    what: str = "holdout",
) -> Gate:
    """Rows that are scored and whose features also stand in training rows.

    Parameters
    ----------
    repeated : ndarray of bool
        See :func:`repeated_rows`.
    score : float or None
        On all those rows; None if it was not measured.
    without : float or None
        On the rows that are not repeated, None if it cannot be computed.
    size : float
        How much worse `without` is than `score` as a share of the scale (positive: worse).
    what : str, default "holdout"
        What rows they are, in a word.
    """
    share = float(repeated.mean()) if len(repeated) else 0.0
    rests = score is not None and (without is None or size > HOLDOUT_DRIFT)
    verdict = PASS if share <= DUPLICATE_SHARE else FAIL if rests else WARN
    text = {
        PASS: f"Hardly any {what} row was seen in training.",
        WARN: f"Some {what} rows also stand in the training rows, but the score does not rest "
        "on them.",
        FAIL: f"The score rests on {what} rows that also stand in the training rows: new rows "
        "will score like the rest.",
    }
    alone = (
        ""
        if score is None or without is None
        else f"; score {score:.4g}, without them {without:.4g}"
    )
    threshold = f"at most {DUPLICATE_SHARE:.0%}"
    return Gate(
        "duplicates across splits", verdict, f"{share:.1%} of rows{alone}", threshold, text[verdict]
    )


def column_powers(
    table: pd.DataFrame, labels: np.ndarray, *, classification: bool, seed: int
) -> dict[str, float]:
    """How well each column alone tells the target, on rows it was not fitted on.

    Parameters
    ----------
    table : DataFrame
        Feature columns: numbers, strings or dates.
    labels : ndarray of shape (n_rows,)
        Class codes or numbers.
    classification : bool
        Whether labels are classes.
    seed : int
        Of the two halves.

    Returns
    -------
    dict of str to float
        In [0, 1]: for classes the area under the ROC curve of a small tree (one class against
        the rest, weighted by class), for numbers the rank correlation or the tree's R2,
        whichever is larger. 1 is perfect.
    """
    half = np.random.default_rng(seed).permutation(len(labels)) % 2 == 0
    power = _class_power if classification else _number_power
    return {name: max(0.0, power(table[name], labels, half)) for name in table.columns}


def _class_power(column: pd.Series, labels: np.ndarray, half: np.ndarray) -> float:
    found = []
    for fit, score in ((half, ~half), (~half, half)):
        values = _numbers(column, labels, fit)
        tree = DecisionTreeClassifier(max_leaf_nodes=32, min_samples_leaf=5, random_state=0)
        tree.fit(values[fit], labels[fit])
        chances = tree.predict_proba(values[score])
        found.append(_mean_auc(chances, labels[score], tree.classes_))
    return float(np.mean(found))


def _number_power(column: pd.Series, labels: np.ndarray, half: np.ndarray) -> float:
    found = []
    for fit, score in ((half, ~half), (~half, half)):
        values = _numbers(column, labels, fit)
        tree = DecisionTreeRegressor(max_leaf_nodes=64, min_samples_leaf=5, random_state=0)
        tree.fit(values[fit], labels[fit])
        explained = tree.score(values[score], labels[score])
        found.append(max(explained, _rank_correlation(values[score, 0], labels[score])))
    return float(np.mean(found))


def _numbers(column: pd.Series, labels: np.ndarray, fit: np.ndarray) -> np.ndarray:
    """A column as numbers, shape (n_rows, 1); a category is its mean label over the `fit` rows."""
    if pd.api.types.is_numeric_dtype(column.dtype):
        return column.to_numpy(dtype=float).reshape(-1, 1)
    if pd.api.types.is_datetime64_any_dtype(column.dtype):
        stamps = column.astype("int64").to_numpy(dtype=float)
        return np.where(column.isna(), np.nan, stamps).reshape(-1, 1)
    means = pd.Series(labels[fit], dtype=float).groupby(column[fit].to_numpy(dtype=object)).mean()
    return column.map(means).to_numpy(dtype=float).reshape(-1, 1)


def _mean_auc(chances: np.ndarray, labels: np.ndarray, classes: np.ndarray) -> float:
    areas, weights = [], []
    for position, label in enumerate(classes):
        truth = labels == label
        if 0 < truth.sum() < len(truth):
            areas.append(roc_auc_score(truth, chances[:, position]))
            weights.append(truth.sum())
    return float(np.average(areas, weights=weights)) if areas else 0.5


def _rank_correlation(values: np.ndarray, labels: np.ndarray) -> float:
    known = np.isfinite(values)
    if known.mean() < 0.9 or len(np.unique(values[known])) < 3:
        return 0.0
    ranks = pd.DataFrame({"a": values[known], "b": labels[known]}).rank()
    return abs(float(ranks["a"].corr(ranks["b"])))


def proxies(powers: dict[str, float]) -> Gate:
    """No single column may all but equal the target.

    Parameters
    ----------
    powers : dict of str to float
        By the column's name in the user's file; see :func:`column_powers`.
    """
    if not powers:
        return skipped("single-column proxies", "There is no column to look at.")
    ranked = sorted(powers.items(), key=lambda item: -item[1])
    top = ranked[0][1]
    verdict = FAIL if top > PROXY_FAIL else WARN if top > PROXY_WARN else PASS
    named = [f"{name!r} ({power:.3f})" for name, power in ranked if power > PROXY_WARN]
    measured = ", ".join(named[:5]) or f"strongest: {ranked[0][0]!r} ({top:.3f})"
    text = {
        PASS: "No column gives the target away by itself.",
        WARN: "This column alone comes close to the target: make sure that it is known "
        "when predicting.",
        FAIL: "This column alone tells the target: if it is not known when predicting, "
        "leave it out with --drop.",
    }
    return Gate("single-column proxies", verdict, measured, f"at most {PROXY_FAIL}", text[verdict])


def shuffled_target(
    found: Sequence[float], chance: Sequence[float], greater_is_better: bool
) -> Gate:
    """Models fitted on shuffled labels must not, taken together, beat chance.

    One such model may do well or badly by luck (a random direction through correlated columns), so
    several shuffles are held against chance with a one-sided t-test.

    Parameters
    ----------
    found : sequence of float
        Score of each model on rows that it was not fitted on.
    chance : sequence of float
        Score of the same predictions handed to the wrong rows.
    greater_is_better : bool
        The metric's direction.

    References
    ----------
    Ojala and Garriga, Permutation tests for studying classifier performance, JMLR 11, 2010.
    """
    name = "shuffled target at chance"
    if len(found) < 3:
        return skipped(name, "Fewer than three models were fitted on shuffled labels.")
    sign = 1.0 if greater_is_better else -1.0
    ahead = sign * (np.asarray(found, dtype=float) - np.asarray(chance, dtype=float))
    error = max(float(ahead.std(ddof=1)) / np.sqrt(len(ahead)), 1e-9 * abs(float(np.mean(chance))))
    p_value = float(student.sf(ahead.mean() / max(error, 1e-12), len(ahead) - 1))
    verdict = FAIL if p_value < CHANCE_P else PASS
    return Gate(
        name,
        verdict,
        f"{np.mean(found):.4g} over {len(found)} shuffles, chance {np.mean(chance):.4g}",
        f"p >= {CHANCE_P}",
        "Fitted on shuffled labels the model knows nothing, as it should."
        if verdict == PASS
        else "Fitted on shuffled labels the model still predicts: it gets labels from elsewhere.",
    )
