"""Neural nets for tables."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import log_loss

from mle_star.toolkit.neural import NeuralNets
from mle_star.toolkit.neural_inputs import NetInputs
from mle_star.toolkit.neural_layers import NetPass, NetShape
from mle_star.toolkit.neural_training import FlatWeights

RNG = np.random.default_rng(0)
X = RNG.normal(size=(600, 4))
CURVED = np.sin(2 * X[:, 0]) * X[:, 1] + 0.1 * RNG.normal(size=600)


def test_gradients_are_those_of_the_outputs() -> None:
    rng = np.random.default_rng(0)
    weights = FlatWeights(NetShape(5, 3, 2, width=6, depth=2, waves=4, mixed=3))
    x = rng.normal(size=(5, 9))
    weights.start(x, rng)
    values = {name: value.astype(float) for name, value in weights.values.items()}
    slopes = rng.normal(size=(2, 9))
    masks = [np.where(rng.random((6, 9)) < 0.3, 0.0, 1.4) for _ in range(2)]

    def total() -> float:
        return float((NetPass(values).forward(x, masks) * slopes).sum())

    there = NetPass(values)
    there.forward(x, masks)
    found = {name: np.zeros_like(value) for name, value in values.items()}
    there.backward(slopes.copy(), found)

    for name, value in values.items():
        for place in np.ndindex(value.shape):
            kept = value[place]
            value[place] = kept + 1e-5
            above = total()
            value[place] = kept - 1e-5
            below = total()
            value[place] = kept
            assert (above - below) / 2e-5 == pytest.approx(found[name][place], abs=1e-6), name


def test_a_curved_surface_is_learnt() -> None:
    nets = NeuralNets("regression").fit(X[:500], CURVED[:500])

    error = np.mean((nets.predict(X[500:]) - CURVED[500:]) ** 2)
    assert error < 0.3 * CURVED.var()


def test_probabilities_are_for_the_classes_as_given() -> None:
    codes = np.where(CURVED > 0, 7, 2)

    nets = NeuralNets("binary").fit(X[:500], codes[:500])

    assert nets.classes_.tolist() == [2, 7]
    assert log_loss(codes[500:], nets.predict_proba(X[500:])) < 0.55
    assert set(nets.predict(X)) == {2, 7}


def test_numbers_are_never_predicted_outside_their_range_in_training() -> None:
    nets = NeuralNets("regression").fit(X, CURVED)

    found = nets.predict(X * 1e9)

    assert found.min() >= CURVED.min()
    assert found.max() <= CURVED.max()


def test_the_order_of_time_decides_which_rows_stop_the_training() -> None:
    late = np.where(np.arange(600) < 540, CURVED, -CURVED)

    ordered = NeuralNets("regression", in_order=True, nets=1, epochs=10).fit(X, late)
    mixed = NeuralNets("regression", nets=1, epochs=10).fit(X, late)

    # The last rows contradict the others: nothing learnt from these is kept for long.
    fits = [np.corrcoef(nets.predict(X), CURVED)[0, 1] for nets in (ordered, mixed)]
    assert fits[0] < fits[1]


def test_rows_of_no_weight_are_not_learnt_from() -> None:
    spoilt = np.where(np.arange(600) % 2, CURVED, -CURVED)

    weights = (np.arange(600) % 2) * 2.0
    nets = NeuralNets("regression").fit(X, spoilt, sample_weight=weights)

    assert np.corrcoef(nets.predict(X), CURVED)[0, 1] > 0.7


def test_many_rows_mean_fewer_passes() -> None:
    def steps(rows: int) -> int:
        nets = NeuralNets("regression")
        nets.inputs_ = NetInputs().fit(X)
        return nets.training(rows, nets.shape(4)).steps

    assert steps(10_000) > 5 * steps(1_000)
    assert steps(1_000_000) == pytest.approx(steps(300_000), rel=0.01)


def test_inputs_are_on_one_scale_whatever_their_units() -> None:
    table = np.column_stack([1e6 * X[:, 0] + 5e7, (X[:, 1] > 0) * 3.0, np.ones(600)])
    inputs = NetInputs().fit(table)

    found = inputs.transform(table)

    assert found.shape == (600, 2)
    assert np.abs(found).max() < 3.0
    assert set(found[:, 1]) == {-0.5, 0.5}
    assert np.isfinite(inputs.transform(np.full((1, 3), 1e30))).all()
