"""The metric and the kind of task that a description names."""

from __future__ import annotations

import re
from collections.abc import Sequence

from mle_star.session.wording.words import (
    JUDGED,
    Finding,
    Said,
    Word,
    is_bounded,
    is_negated,
    key_of,
)
from mle_star.types import Kind

SPELLINGS = {
    "roc_auc": (
        "roc auc, auc roc, auc, auroc, roc, area under the curve, area under the roc curve, "
        "area under roc, auc of the roc curve"
    ),
    "log_loss": (
        "log loss, logistic loss, cross entropy, cross entropy loss, negative log likelihood, "
        "log likelihood, nll"
    ),
    "accuracy": "accuracy, accuracy score, share of correct predictions, error rate",
    "balanced_accuracy": (
        "balanced accuracy, balanced accuracy score, bal acc, bacc, macro recall, mean recall, "
        "average recall, unweighted average recall"
    ),
    "f1": "f1, f1 score, f score, f measure, f1 measure, f1 macro, macro f1, macro f1 score",
    "mcc": (
        "mcc, matthews, matthews correlation, matthews correlation coefficient, "
        "matthews coefficient, phi coefficient"
    ),
    "average_precision": (
        "average precision, average precision score, pr auc, auc pr, auprc, aucpr, prauc, "
        "area under the precision recall curve, area under the pr curve, precision recall auc, "
        "precision recall curve, auc of the pr curve, auc of the precision recall curve"
    ),
    "brier": "brier, brier score, brier loss, brier score loss",
    "rmse": (
        "rmse, rms error, rms, root mean squared error, root mean square error, mse, "
        "mean squared error, mean square error, squared error"
    ),
    "mae": "mae, mean absolute error, mean absolute deviation, average absolute error, "
    "absolute error",
    "rmsle": (
        "rmsle, root mean squared log error, root mean squared logarithmic error, rms log error, "
        "root mean square log error, msle, mean squared log error, log rmse, rmse of the log, "
        "rmse of logs"
    ),
    "r2": "r2, r2 score, r squared, r square, rsquared, coefficient of determination",
    "mape": (
        "mape, mean absolute percentage error, mean absolute percent error, "
        "average percentage error, percentage error"
    ),
    "pearson": "pearson, pearson correlation, pearson r, linear correlation, "
    "pearson correlation coefficient",
    "spearman": "spearman, spearman correlation, spearman rho, rank correlation, "
    "spearman rank correlation",
    "quadratic_kappa": (
        "quadratic kappa, quadratic weighted kappa, quadratically weighted kappa, qwk, "
        "weighted kappa, cohen kappa with quadratic weights"
    ),
}
"""How people write each metric; case and separators do not count."""

_METRICS = {
    key_of(spelling): name
    for name, spellings in SPELLINGS.items()
    for spelling in (name, *spellings.split(","))
}
_LONGEST = 8
_STRONG_REACH = 4
_SAME_ORDER = dict.fromkeys(
    ("mse", "meansquarederror", "meansquareerror", "squarederror", "msle", "meansquaredlogerror"),
    "its root",
) | {"errorrate": "its complement"}
"""Spellings of what ranks models just as the metric taken does."""

_KINDS = (
    (Kind.BINARY, r"binary[ -](?:classification|classifier|task|target|problem|outcome|label)"),
    (Kind.BINARY, r"(?:two|2)[ -]class(?:es)?(?: (?:classification|problem))?"),
    (Kind.MULTICLASS, r"multi[ -]?class(?: classification| classifier| task| problem)?"),
    (Kind.MULTICLASS, r"(?:three|four|five|six|seven|eight|nine|ten|[3-9]|\d\d+)[ -]class(?:es)?"),
    (Kind.REGRESSION, r"(?<!logistic )regression(?: task| problem)?|regress(?:es|or)?"),
    (None, r"classification(?: task| problem)?|classif(?:y|ies|ying|ier)"),
)
_KIND_PATTERNS = [
    (kind, re.compile(rf"(?<![\w-])(?:{pattern})(?![\w-])", re.IGNORECASE))
    for kind, pattern in _KINDS
]


def metric_named(text: str) -> str | None:
    """The metric that a whole text names, such as ``ROC-AUC``; None if it names none.

    Examples
    --------
    >>> metric_named("R^2"), metric_named("Mean absolute error"), metric_named("charm")
    ('r2', 'mae', None)
    """
    return _METRICS.get(key_of(text))


def metrics(what: Said) -> list[Finding]:
    """Metrics that a description names and does not speak against."""
    found, at = [], 0
    while at < len(what.words):
        end = _metric_end(what.words, at)
        if end and not is_negated(what, at, end):
            found.append(_metric(what.words, at, end))
        at = end or at + 1
    return found


def kinds(what: Said) -> list[Finding]:
    """Kinds of task that a description names; plain classification sets nothing by itself."""
    found: list[Finding] = []
    for kind, pattern in _KIND_PATTERNS:
        for match in pattern.finditer(what.text):
            taken = any(f.start < match.end() and match.start() < f.end for f in found)
            inside = what.places(*match.span())
            if not taken and inside and not is_negated(what, inside[0], inside[-1] + 1):
                shown = str(kind) if kind else "classes, two or more as the target has"
                found.append(Finding("task", kind and str(kind), *match.span(), shown))
    return found


def _metric_end(words: Sequence[Word], at: int) -> int:
    """Where the longest spelling that begins at a word ends; 0 if none begins there."""
    key, best = "", 0
    for end in range(at, min(len(words), at + _LONGEST)):
        if end > at and words[end].ends_clause:
            break
        key += key_of(words[end].text)
        if key in _METRICS and is_bounded(words, at, end + 1):
            best = end + 1
    return best


def _metric(words: Sequence[Word], at: int, end: int) -> Finding:
    key = key_of("".join(word.text for word in words[at:end]))
    name = _METRICS[key]
    first, strong = _judged_from(words, at)
    if not strong and words[end : end + 1] and words[end].text == "metric":
        strong, end = True, end + 1
    shown = f"{name}, {_SAME_ORDER[key]}" if key in _SAME_ORDER else name
    span = (words[first].start, words[end - 1].end)
    return Finding("metric", name, *span, shown, strong=strong)


def _judged_from(words: Sequence[Word], at: int) -> tuple[int, bool]:
    """The word from which a metric is spoken of, and whether it is said to be what counts."""
    for back in range(at - 1, max(-1, at - 1 - _STRONG_REACH), -1):
        if words[back + 1].ends_sentence:
            break
        if words[back].text in JUDGED:
            return back, True
    return at, False
