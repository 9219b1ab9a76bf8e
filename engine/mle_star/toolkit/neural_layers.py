"""A multilayer perceptron on embedded numbers: its weights, forward and backward by hand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

_CHUNK_CELLS = 4_000_000


@dataclass(frozen=True, slots=True)
class NetShape:
    """How large a net is.

    Parameters
    ----------
    inputs : int
        Columns it is given.
    embedded : int
        How many of them, from the first, are numbers to embed.
    outputs : int
        Numbers it returns a row.
    width : int
        Units of a hidden layer.
    depth : int
        Hidden layers.
    waves : int
        Cosines of each number.
    mixed : int
        Weighted sums of the cosines, which enter the net beside the number.
    """

    inputs: int
    embedded: int
    outputs: int
    width: int
    depth: int
    waves: int
    mixed: int

    def arrays(self) -> dict[str, tuple[int, ...]]:
        """Shape of every array of weights, by name."""
        found: dict[str, tuple[int, ...]] = {}
        if self.embedded:
            found["frequencies"] = (self.embedded, self.waves, 1)
            found["phases"] = (self.embedded, self.waves, 1)
            found["mixing"] = (self.embedded, self.mixed, self.waves)
            found["mixing_bias"] = (self.embedded, self.mixed, 1)
        sizes = [self.inputs + self.embedded * self.mixed, *[self.width] * self.depth, self.outputs]
        found["scale"] = (sizes[0], 1)
        for i, (before, after) in enumerate(pairwise(sizes)):
            found[f"weights_{i}"] = (after, before)
            found[f"bias_{i}"] = (after, 1)
        return found


class NetPass:
    """One way of rows through a net and back; arrays are (units, rows), the rows last.

    Parameters
    ----------
    values : mapping of str to ndarray
        The weights; see :meth:`NetShape.arrays`.
    """

    def __init__(self, values: Mapping[str, np.ndarray]) -> None:
        self.values = values
        self.depth = sum(name.startswith("weights_") for name in values) - 1

    def forward(self, x: np.ndarray, masks: list[np.ndarray] | None = None) -> np.ndarray:
        """Outputs of shape (n_outputs, n_rows); remembers what going back needs.

        Parameters
        ----------
        x : ndarray of float32, shape (n_columns, n_rows)
            Inputs.
        masks : list of ndarray or None, default None
            What each hidden layer is multiplied with (dropout).
        """
        self.enter(x)
        for i in range(self.depth):
            self.climb(i, None if masks is None else masks[i])
        return self._weighed(self.depth)

    def enter(self, x: np.ndarray) -> None:
        """The first layer's inputs: columns and embedded numbers, each times its scale."""
        if "mixing" in self.values:
            self.numbers = x[: len(self.values["mixing"])]
            self.angles = self.values["frequencies"] * self.numbers[:, None, :]
            self.angles += self.values["phases"]
            self.cosines = np.cos(self.angles)
            mixed = np.matmul(self.values["mixing"], self.cosines)
            mixed += self.values["mixing_bias"]
            x = np.concatenate([x, mixed.reshape(-1, x.shape[1])])
        self.unscaled = x
        self.hidden = [x * self.values["scale"]]
        self.slopes: list[np.ndarray] = []

    def climb(self, i: int, mask: np.ndarray | None = None) -> None:
        """Through hidden layer `i`, the layers below it done."""
        out, slope = _silu(self._weighed(i))
        if mask is not None:
            out *= mask
            slope *= mask
        self.hidden.append(out)
        self.slopes.append(slope)

    def backward(self, slope: np.ndarray, gradients: Mapping[str, np.ndarray]) -> None:
        """Write the loss's gradients, given its slope in the outputs of the last forward pass."""
        for i in range(self.depth, -1, -1):
            np.matmul(slope, self.hidden[i].T, out=gradients[f"weights_{i}"])
            gradients[f"bias_{i}"][:, 0] = slope.sum(axis=1)
            slope = self.values[f"weights_{i}"].T @ slope
            if i:
                slope *= self.slopes[i - 1]
        gradients["scale"][:, 0] = np.einsum("ij,ij->i", slope, self.unscaled)
        if "mixing" in self.values:
            self._backward_front(slope, gradients)

    def _backward_front(self, slope: np.ndarray, gradients: Mapping[str, np.ndarray]) -> None:
        mixing, mixed = self.values["mixing"], gradients["mixing_bias"].size
        slope = (slope[-mixed:] * self.values["scale"][-mixed:]).reshape(*mixing.shape[:2], -1)
        np.matmul(slope, self.cosines.transpose(0, 2, 1), out=gradients["mixing"])
        gradients["mixing_bias"][:, :, 0] = slope.sum(axis=2)
        turned = np.matmul(mixing.transpose(0, 2, 1), slope)
        turned *= np.sin(self.angles, out=self.angles)
        np.negative(turned, out=turned)
        gradients["phases"][:, :, 0] = turned.sum(axis=2)
        np.matmul(turned, self.numbers[:, :, None], out=gradients["frequencies"])

    def _weighed(self, i: int) -> np.ndarray:
        summed = self.values[f"weights_{i}"] @ self.hidden[i]
        summed += self.values[f"bias_{i}"]
        return np.asarray(summed)


def net_outputs(values: Mapping[str, np.ndarray], x: np.ndarray) -> np.ndarray:
    """Outputs for many rows.

    Parameters
    ----------
    values : mapping of str to ndarray
        The weights.
    x : ndarray of float32, shape (n_rows, n_columns)
        Inputs.

    Returns
    -------
    ndarray of float32, shape (n_rows, n_outputs)
    """
    cells = max(values["scale"].size, values["frequencies"].size if "mixing" in values else 0)
    step = max(1, _CHUNK_CELLS // max(cells, len(values["bias_0"])))
    parts = [
        NetPass(values).forward(np.ascontiguousarray(x[start : start + step].T)).T
        for start in range(0, max(1, len(x)), step)
    ]
    return np.concatenate(parts)


def _silu(z: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The activation z * sigmoid(z), and its slope."""
    sigmoid = np.tanh(z * np.float32(0.5))
    sigmoid *= np.float32(0.5)
    sigmoid += np.float32(0.5)
    out = z * sigmoid
    slope = np.float32(1.0) - sigmoid
    slope *= out
    slope += sigmoid
    return out, slope
