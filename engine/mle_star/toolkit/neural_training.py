"""Training a neural net: data-driven start, Adam on one flat vector, the best moment kept."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import logsumexp, softmax

from mle_star.toolkit.neural_layers import NetPass, NetShape, net_outputs

_START_ROWS = 1_000
_MOST_JUDGED = 10_000
_RATES = {"frequencies": 2.0}
_FREQUENCY = 2.0
_MOMENTUM, _SQUARES = 0.9, 0.95
_TINY = np.float32(1e-30)


@dataclass(frozen=True, slots=True)
class NetRows:
    """Rows to learn from or to judge by.

    Parameters
    ----------
    x : ndarray of float32, shape (n_rows, n_columns)
        Inputs.
    y : ndarray, shape (n_rows,)
        Class codes (int), or standardised numbers (float32).
    weights : ndarray of float32 or None, shape (n_rows,)
        How much each row counts, 1 on average.
    """

    x: np.ndarray
    y: np.ndarray
    weights: np.ndarray | None = None

    @property
    def classes(self) -> bool:
        """Whether labels are class codes."""
        return self.y.dtype.kind == "i"

    def some(self, positions: np.ndarray) -> NetRows:
        """The rows at these positions."""
        weights = None if self.weights is None else self.weights[positions]
        return NetRows(self.x[positions], self.y[positions], weights)


@dataclass(frozen=True, slots=True)
class NetTraining:
    """How a net is trained.

    Parameters
    ----------
    steps : int
        Batches in all.
    batch : int
        Rows of a batch.
    checks : int
        How often the net is judged, at even distances.
    learning_rate : float
        Of Adam at its highest, for a weight of unit size.
    decay : float
        Weight decay, times the learning rate.
    dropout : float
        Share of the hidden units left out of a step.
    patience : float, default 0.7
        Share of the steps without improvement after which training ends: more than the second
        wave of the learning rate takes.
    """

    steps: int
    batch: int
    checks: int
    learning_rate: float
    decay: float
    dropout: float
    patience: float = 0.7


class FlatWeights:
    """A net's weights and their gradients, each one vector with named views.

    Parameters
    ----------
    shape : NetShape
        Size of the net.
    """

    def __init__(self, shape: NetShape) -> None:
        arrays = shape.arrays()
        size = sum(int(np.prod(dims)) for dims in arrays.values())
        self.flat = np.zeros(size, dtype=np.float32)
        self.slopes = np.zeros(size, dtype=np.float32)
        self.rates = np.empty(size, dtype=np.float32)
        self.decays = np.empty(size, dtype=np.float32)
        self.values: dict[str, np.ndarray] = {}
        self.gradients: dict[str, np.ndarray] = {}
        start = 0
        for name, dims in arrays.items():
            part = slice(start, start + int(np.prod(dims)))
            self.values[name] = self.flat[part].reshape(dims)
            self.gradients[name] = self.slopes[part].reshape(dims)
            self.rates[part] = _rate_of(name, dims)
            self.decays[part] = 0.0 if name.startswith("bias_") else 1.0
            start = part.stop

    def start(self, x: np.ndarray, rng: np.random.Generator) -> None:
        """Fill in weights that bring every unit's sum to deviation 1 on rows (columns, rows)."""
        values = self.values
        if "mixing" in values:
            reach = 1 / np.sqrt(values["mixing"].shape[2])
            values["frequencies"][...] = _FREQUENCY * rng.normal(size=values["frequencies"].shape)
            values["phases"][...] = rng.uniform(-np.pi, np.pi, values["phases"].shape)
            for name in ("mixing", "mixing_bias"):
                values[name][...] = rng.uniform(-reach, reach, values[name].shape)
        values["scale"][...] = 1.0
        there = NetPass(values)
        there.enter(x)
        for i in range(there.depth + 1):
            hidden = there.hidden[i]
            weights = rng.normal(size=values[f"weights_{i}"].shape)
            spread = (weights @ hidden).std(axis=1, keepdims=True)
            weights /= np.where(spread > 1e-3, spread, 1.0)
            values[f"weights_{i}"][...] = weights
            summed = values[f"weights_{i}"] @ hidden
            values[f"bias_{i}"][:, 0] = -_between_rows(summed, rng)
            if i < there.depth:
                there.climb(i)


class Adam:
    """Adam with decoupled weight decay and a rate of its own for every weight.

    Parameters
    ----------
    weights : FlatWeights
        What is trained, in place.

    References
    ----------
    Loshchilov and Hutter, Decoupled weight decay regularization, ICLR 2019.
    """

    def __init__(self, weights: FlatWeights) -> None:
        self.weights = weights
        self.mean = np.zeros_like(weights.flat)
        self.square = np.zeros_like(weights.flat)
        self.change = np.empty_like(weights.flat)
        self.steps = 0

    def step(self, rate: float, decay: float) -> None:
        """Move the weights against their gradients, which are used up."""
        self.steps += 1
        slopes, change = self.weights.slopes, self.change
        self.mean *= np.float32(_MOMENTUM)
        self.mean += np.multiply(slopes, np.float32(1 - _MOMENTUM), out=change)
        # Weights without any gradient would shrink to numbers that processors are slow with.
        self.mean += _TINY
        slopes *= slopes
        self.square *= np.float32(_SQUARES)
        self.square += np.multiply(slopes, np.float32(1 - _SQUARES), out=slopes)
        self.square += _TINY
        np.sqrt(self.square, out=change)
        change *= np.float32(1 / np.sqrt(1 - _SQUARES**self.steps))
        change += np.float32(1e-8)
        np.divide(self.mean, change, out=change)
        change *= self.weights.rates
        change *= np.float32(rate / (1 - _MOMENTUM**self.steps))
        if decay:
            np.multiply(self.weights.decays, np.float32(rate * decay), out=slopes)
            change += np.multiply(self.weights.flat, slopes, out=slopes)
        self.weights.flat -= change


def train_net(
    shape: NetShape, inner: NetRows, outer: NetRows, training: NetTraining, seed: int
) -> dict[str, np.ndarray]:
    """Train a net and return its weights where the loss on the outer rows was lowest.

    Parameters
    ----------
    shape : NetShape
        Its size.
    inner : NetRows
        To learn from.
    outer : NetRows
        To judge by.
    training : NetTraining
        How.
    seed : int
        Of the weights, the order of the rows and the dropout.

    Returns
    -------
    dict of str to ndarray of float32
        See :meth:`NetShape.arrays`.
    """
    rng = np.random.default_rng(seed)
    weights = FlatWeights(shape)
    weights.start(inner.x[rng.permutation(len(inner.x))[:_START_ROWS]].T, rng)
    judged = outer.some(np.sort(rng.permutation(len(outer.y))[:_MOST_JUDGED]))
    adam = Adam(weights)
    order = _Order(len(inner.y), rng)
    best, best_loss, best_at = weights.flat.copy(), np.inf, 0
    marks = set(np.linspace(0, training.steps, training.checks + 1).round().astype(int)[1:])
    for done in range(1, training.steps + 1):
        t = (done - 1) / training.steps
        gap = training.dropout * _faded(t)
        _learn(weights, inner.some(order.take(training.batch)), gap, rng)
        adam.step(training.learning_rate * _rate(t), training.decay * _faded(t))
        if done not in marks:
            continue
        loss = _loss(weights.values, judged)
        if loss < best_loss:
            best, best_loss, best_at = weights.flat.copy(), loss, done
        elif done - best_at > training.patience * training.steps:
            break
    weights.flat[:] = best
    return {name: value.copy() for name, value in weights.values.items()}


class _Order:
    """Endless rows in random order, each as often as any other."""

    def __init__(self, count: int, rng: np.random.Generator) -> None:
        self.count, self.rng = count, rng
        self.left = rng.permutation(count)

    def take(self, batch: int) -> np.ndarray:
        if len(self.left) < batch:
            self.left = np.concatenate([self.left, self.rng.permutation(self.count)])
        rows, self.left = self.left[:batch], self.left[batch:]
        return rows


def _learn(weights: FlatWeights, rows: NetRows, gap: float, rng: np.random.Generator) -> None:
    """The gradients of the mean loss on some rows."""
    there = NetPass(weights.values)
    width = len(weights.values["bias_0"])
    masks = [_mask((width, len(rows.y)), gap, rng) for _ in range(there.depth)] if gap else None
    found = there.forward(np.ascontiguousarray(rows.x.T), masks)
    if rows.classes:
        slope = softmax(found, axis=0)
        slope[rows.y, np.arange(len(rows.y))] -= 1
    else:
        slope = 2 * (found - rows.y)
    if rows.weights is not None:
        slope *= rows.weights
    slope *= np.float32(1 / len(rows.y))
    there.backward(slope, weights.gradients)


def _mask(dims: tuple[int, int], gap: float, rng: np.random.Generator) -> np.ndarray:
    cut = min(255, round(256 * gap))
    kept = np.frombuffer(rng.bytes(dims[0] * dims[1]), dtype=np.uint8).reshape(dims) >= cut
    return np.multiply(kept, np.float32(256 / (256 - cut)), dtype=np.float32)


def _loss(values: dict[str, np.ndarray], rows: NetRows) -> float:
    found = net_outputs(values, rows.x).astype(float)
    if rows.classes:
        losses = logsumexp(found, axis=1) - found[np.arange(len(found)), rows.y]
    else:
        losses = (found[:, 0] - rows.y) ** 2
    return float(np.average(losses, weights=rows.weights))


def _rate(t: float) -> float:
    """Two waves of the learning rate, the second twice as long, from zero to zero."""
    return float(0.5 - 0.5 * np.cos(2 * np.pi * np.log2(1 + 3 * t)))


def _faded(t: float) -> float:
    """One in the first half, then down to zero along a cosine."""
    return 1.0 if t < 0.5 else float(0.5 + 0.5 * np.cos(np.pi * (2 * t - 1)))


def _rate_of(name: str, dims: tuple[int, ...]) -> float:
    if name == "scale":
        return 6.0
    if name.startswith("weights_"):
        return float(1 / np.sqrt(dims[1]))
    return _RATES.get(name, 0.1)


def _between_rows(summed: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Each unit's sum at a random mixture of five rows: where its bend is put."""
    picked = rng.integers(0, summed.shape[1], (len(summed), 5))
    shares = rng.exponential(size=picked.shape)
    shares /= shares.sum(axis=1, keepdims=True)
    return np.asarray((np.take_along_axis(summed, picked, axis=1) * shares).sum(axis=1))
