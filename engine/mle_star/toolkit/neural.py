"""A small neural net that stops by itself."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.metrics import log_loss
from sklearn.neural_network import MLPClassifier, MLPRegressor

from mle_star.toolkit.early_stopping import inner_split


class NeuralNets(BaseEstimator):
    """The mean of several multilayer perceptrons, each stopped on its own inner rows.

    Parameters
    ----------
    kind : str
        ``"regression"``, or anything else for classes.
    in_order : bool, default False
        Rows are sorted by time: stop on the last ones.
    nets : int, default 3
        Nets averaged.
    width : int, default 128
        Units of the first hidden layer; the second has half.
    alpha : float, default 1e-3
        Strength of the L2 penalty.
    learning_rate : float, default 2e-3
        Of Adam; divided by five once the net stops getting better.
    epochs : int, default 60
        Passes over the rows at most; fewer with many rows.
    seed : int, default 0
        Seed of the first net.
    """

    def __init__(
        self,
        kind: str,
        in_order: bool = False,
        nets: int = 3,
        width: int = 128,
        alpha: float = 1e-3,
        learning_rate: float = 2e-3,
        epochs: int = 60,
        seed: int = 0,
    ) -> None:
        self.kind = kind
        self.in_order = in_order
        self.nets = nets
        self.width = width
        self.alpha = alpha
        self.learning_rate = learning_rate
        self.epochs = epochs
        self.seed = seed

    def fit(self, X: Any, y: np.ndarray) -> NeuralNets:
        """Fit the nets."""
        X = X.astype(np.float32)
        targets = np.asarray(y)
        if self.kind == "regression":
            self.centre_, self.width_ = float(targets.mean()), float(targets.std()) or 1.0
            targets = ((targets - self.centre_) / self.width_).astype(np.float32)
        else:
            self.classes_, targets = np.unique(targets, return_inverse=True)
        self.nets_ = []
        if self.kind == "regression" or len(self.classes_) > 1:
            self.nets_ = [self._net(X, targets, self.seed + i) for i in range(self.nets)]
        return self

    def predict(self, X: Any) -> np.ndarray:
        """Predict numbers or class codes."""
        if self.kind != "regression":
            return np.asarray(self.classes_[self.predict_proba(X).argmax(axis=1)])
        X = X.astype(np.float32)
        mean = np.mean([net.predict(X) for net in self.nets_], axis=0, dtype=float)
        return np.asarray(mean * self.width_ + self.centre_)

    def predict_proba(self, X: Any) -> np.ndarray:
        """Predict class probabilities, columns as in ``classes_``."""
        if not self.nets_:
            return np.ones((X.shape[0], 1))
        X = X.astype(np.float32)
        mean = np.mean([net.predict_proba(X) for net in self.nets_], axis=0, dtype=float)
        return np.asarray(mean / mean.sum(axis=1, keepdims=True))

    def _net(self, X: Any, y: np.ndarray, seed: int) -> Any:
        classes = self.kind != "regression"
        inner, outer = inner_split(y, 0.12, classes, self.in_order, seed)
        net = (MLPClassifier if classes else MLPRegressor)(
            hidden_layer_sizes=(self.width, self.width // 2),
            alpha=self.alpha,
            learning_rate_init=self.learning_rate,
            batch_size=int(np.clip(len(inner) // 40, 32, 512)),
            random_state=seed,
        )
        best, best_loss, stale = None, np.inf, 0
        for _ in range(max(8, min(self.epochs, 1_500_000 // len(y)))):
            if classes:
                net.partial_fit(X[inner], y[inner], classes=np.arange(len(self.classes_)))
            else:
                net.partial_fit(X[inner], y[inner])
            loss = _inner_loss(net, X[outer], y[outer], classes)
            if loss < best_loss:
                best, best_loss, stale = _weights(net), loss, 0
                continue
            stale += 1
            if stale == 5:
                net._optimizer.learning_rate_init /= 5
            if stale >= 9:
                break
        if best is not None:
            net.coefs_, net.intercepts_ = best
        # What only training needs would double the size of the saved net.
        net._optimizer = None
        return net


def _inner_loss(net: Any, X: Any, y: np.ndarray, classes: bool) -> float:
    if not classes:
        return float(np.mean((net.predict(X) - y) ** 2))
    found = net.predict_proba(X).astype(float)
    found /= found.sum(axis=1, keepdims=True)
    return float(log_loss(y, found, labels=np.arange(found.shape[1])))


def _weights(net: Any) -> tuple[list[np.ndarray], list[np.ndarray]]:
    return [w.copy() for w in net.coefs_], [b.copy() for b in net.intercepts_]
