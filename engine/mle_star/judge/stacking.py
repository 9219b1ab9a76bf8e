"""Linear stacking with few constants: one coefficient a member, none below zero."""

from __future__ import annotations

import numpy as np
from scipy.optimize import minimize, nnls

from mle_star.toolkit.ensemble import LinearStack, log_probabilities

Array = np.ndarray
_SHRINK = 0.01
_POWERS = (1.0, 1.15, 1.35, 1.6, 2.0, 2.5, 3.2)


def fit_stack(predictions: Array, labels: Array, prior: Array) -> LinearStack:
    """Fit a stack whose coefficients are drawn towards given ones.

    Parameters
    ----------
    predictions : ndarray of shape (n_members, n_rows, width)
        Out-of-fold predictions; width 1 for regression, else one column a class.
    labels : ndarray of shape (n_rows,)
        Numbers, or class codes.
    prior : ndarray of shape (n_members,)
        The coefficients of an average that is known to do well.

    Returns
    -------
    LinearStack
        With its constants; no coefficient is below zero.
    """
    if predictions.shape[2] == 1:
        weights, intercepts = _ridge(predictions[:, :, 0], labels, prior)
        kind = "regression"
    else:
        weights, intercepts = _logistic(predictions, labels.astype(int), prior)
        kind = "classification"
    return LinearStack(
        [round(float(w), 6) for w in weights], [float(f"{b:.8g}") for b in intercepts], kind
    )


def sharpened(predictions: Array, labels: Array) -> Array:
    """Each member's probabilities to the one power, 1 or more, that suits the rows best.

    A stack does so with whatever it is given; averages that tell which members go well together
    have to as well, or a forest that orders classes well but timidly is never among them.

    Parameters
    ----------
    predictions : ndarray of shape (n_members, n_rows, n_classes)
        Out-of-fold probabilities.
    labels : ndarray of shape (n_rows,)
        Class codes.

    Returns
    -------
    ndarray of shape (n_members, n_rows, n_classes)

    References
    ----------
    Guo et al., On calibration of modern neural networks, ICML 2017 (temperature scaling).
    """
    rows, codes, none = np.arange(len(labels)), labels.astype(int), [0.0] * predictions.shape[2]

    def loss(member: Array) -> float:
        return -float(np.log(np.clip(member[rows, codes], 1e-15, None)).mean())

    def best(member: Array) -> Array:
        stacks = [LinearStack([power], none, "classification") for power in _POWERS]
        return min((stack.apply([member]) for stack in stacks), key=loss)

    return np.stack([best(member) for member in predictions])


def _ridge(numbers: Array, target: Array, prior: Array) -> tuple[Array, Array]:
    """Least squares with an L2 penalty on the distance from the prior."""
    count, rows = numbers.shape
    centre, offset = numbers.mean(axis=1), target.mean()
    scale = float((target - offset).std()) or 1.0
    penalty = np.sqrt(_SHRINK * rows) * scale * np.eye(count)
    goal = np.concatenate([target - offset, penalty @ prior])
    weights, _ = nnls(np.vstack([(numbers - centre[:, None]).T, penalty]), goal)
    return weights, np.array([offset - centre @ weights])


def _logistic(probabilities: Array, codes: Array, prior: Array) -> tuple[Array, Array]:
    """Softmax regression over log-probabilities, with the same kind of penalty."""
    logs = log_probabilities(probabilities)
    count, rows, width = logs.shape
    start = np.concatenate([prior, np.zeros(width)])
    truth = np.eye(width)[codes]

    def loss(parameters: Array) -> tuple[float, Array]:
        scores = np.tensordot(parameters[:count], logs, axes=1) + parameters[count:]
        scores -= scores.max(axis=1, keepdims=True)
        odds = np.exp(scores)
        total = odds.sum(axis=1, keepdims=True)
        wrong = (odds / total - truth) / rows
        away = parameters - start
        value = float(np.mean(np.log(total[:, 0]) - scores[np.arange(rows), codes]))
        slope = np.concatenate([np.tensordot(logs, wrong, axes=2), wrong.sum(axis=0)])
        return value + _SHRINK / 2 * float(away @ away), slope + _SHRINK * away

    bounds = [(0.0, None)] * count + [(None, None)] * width
    found = minimize(loss, start, jac=True, bounds=bounds, method="L-BFGS-B").x
    return found[:count], found[count:]
