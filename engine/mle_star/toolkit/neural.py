"""Neural nets for tables, averaged, each stopped by itself."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.special import softmax
from sklearn.base import BaseEstimator
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from mle_star.toolkit.early_stopping import inner_split
from mle_star.toolkit.neural_inputs import NetInputs
from mle_star.toolkit.neural_layers import NetShape, net_outputs
from mle_star.toolkit.neural_training import NetRows, NetTraining, train_net

_MOST_WORK = 4e10
_MOST_EMBEDDED = 128
_MIXED = 3


class NeuralNets(BaseEstimator):
    """The mean of several multilayer perceptrons, each judged on its own inner rows.

    Numbers enter scaled and clipped, beside learnt mixtures of cosines of them; the inputs have
    learnt scales, the weights start from the data, and the learning rate comes in two waves. Each
    net keeps the weights with the lowest loss on its inner rows. With many rows or columns it makes
    fewer passes than `epochs`, so that a fit stays a matter of seconds.

    Parameters
    ----------
    kind : str
        ``"regression"``, or anything else for classes.
    in_order : bool, default False
        Rows are sorted by time: judge on the last ones.
    nets : int, default 3
        Nets averaged.
    width : int, default 128
        Units of a hidden layer.
    depth : int, default 3
        Hidden layers.
    learning_rate : float or None, default None
        Of Adam at its highest; by default 0.04 for classes and 0.15 for numbers.
    decay : float, default 0.02
        Weight decay.
    dropout : float or None, default None
        Share of the hidden units left out of a step; by default 0.2 for classes and 0.1 for
        numbers.
    waves : int, default 16
        Cosines of each number; 0 leaves numbers as they are.
    epochs : int, default 28
        Passes over the rows.
    seed : int, default 0
        Seed of the first net.

    Attributes
    ----------
    classes_ : ndarray
        Class codes seen in training, sorted (classification).
    nets_ : list of dict of str to ndarray
        The weights of each net.

    References
    ----------
    Holzmueller et al., Better by default: strong pre-tuned MLPs and boosted trees on tabular
    data, NeurIPS 2024.
    """

    def __init__(
        self,
        kind: str,
        in_order: bool = False,
        nets: int = 3,
        width: int = 128,
        depth: int = 3,
        learning_rate: float | None = None,
        decay: float = 0.02,
        dropout: float | None = None,
        waves: int = 16,
        epochs: int = 28,
        seed: int = 0,
    ) -> None:
        self.kind = kind
        self.in_order = in_order
        self.nets = nets
        self.width = width
        self.depth = depth
        self.learning_rate = learning_rate
        self.decay = decay
        self.dropout = dropout
        self.waves = waves
        self.epochs = epochs
        self.seed = seed

    def fit(self, X: np.ndarray, y: np.ndarray, sample_weight: Any = None) -> NeuralNets:
        """Fit the nets on a matrix without missing numbers, on one core.

        The matrices are small: on several cores fitting takes up to forty times as long where
        others use them too.
        """
        with threadpool_limits(limits=1, user_api="blas"):
            return self._fit(X, y, sample_weight)

    def _fit(self, X: np.ndarray, y: np.ndarray, sample_weight: Any) -> NeuralNets:
        self.inputs_ = NetInputs().fit(X)
        weights = None if sample_weight is None else np.asarray(sample_weight, dtype=np.float32)
        rows = NetRows(self.inputs_.transform(X), self._targets(np.asarray(y)), weights)
        self.nets_ = []
        if self.kind == "regression" or len(self.classes_) > 1:
            self.nets_ = [self._net(rows, self.seed + i) for i in range(self.nets)]
        return self

    def predict(self, X: np.ndarray) -> np.ndarray:
        """Predict numbers (within the range seen in training) or class codes."""
        if self.kind != "regression":
            return np.asarray(self.classes_[self.predict_proba(X).argmax(axis=1)])
        mean = np.mean([found[:, 0] for found in self._found(X)], axis=0)
        return np.asarray(np.clip(mean * self.spread_ + self.centre_, self.low_, self.high_))

    def predict_proba(self, X: np.ndarray) -> np.ndarray:
        """Predict class probabilities, columns as in ``classes_``."""
        if not self.nets_:
            return np.ones((X.shape[0], 1))
        return np.asarray(np.mean([softmax(found, axis=1) for found in self._found(X)], axis=0))

    def _found(self, X: np.ndarray) -> list[np.ndarray]:
        x = self.inputs_.transform(X)
        return [net_outputs(net, x).astype(float) for net in self.nets_]

    def _targets(self, y: np.ndarray) -> np.ndarray:
        if self.kind != "regression":
            self.classes_, codes = np.unique(y, return_inverse=True)
            return np.asarray(codes)
        self.centre_, self.spread_ = float(y.mean()), float(y.std()) or 1.0
        self.low_, self.high_ = float(y.min()), float(y.max())
        return ((y - self.centre_) / self.spread_).astype(np.float32)

    def _net(self, rows: NetRows, seed: int) -> dict[str, np.ndarray]:
        inner, outer = inner_split(rows.y, 0.12, rows.classes, self.in_order, seed)
        shape = self.shape(rows.x.shape[1])
        training = self.training(len(inner), shape)
        return train_net(shape, rows.some(inner), rows.some(outer), training, seed)

    def shape(self, columns: int) -> NetShape:
        """Size of a net on so many columns of the inputs."""
        numbers = len(self.inputs_.numbers_)
        return NetShape(
            inputs=columns,
            embedded=numbers if self.waves and numbers <= _MOST_EMBEDDED else 0,
            outputs=1 if self.kind == "regression" else len(self.classes_),
            width=self.width,
            depth=self.depth,
            waves=self.waves,
            mixed=_MIXED,
        )

    def training(self, rows: int, shape: NetShape) -> NetTraining:
        """How a net of this shape is trained on so many rows."""
        numbers = self.kind == "regression"
        rate = self.learning_rate or (0.15 if numbers else 0.04)
        dropout = (0.1 if numbers else 0.2) if self.dropout is None else self.dropout
        batch = int(np.clip(rows // 4, 32, 256))
        work = sum(float(np.prod(dims)) for dims in shape.arrays().values())
        steps = max(10, round(min(self.epochs * rows, _MOST_WORK / work) / batch))
        return NetTraining(steps, batch, min(self.epochs, steps), rate, self.decay, dropout)
