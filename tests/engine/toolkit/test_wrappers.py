from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from lightgbm import LGBMClassifier, LGBMRegressor
from sklearn.base import BaseEstimator
from sklearn.linear_model import LinearRegression
from sklearn.metrics import log_loss
from sklearn.neighbors import KNeighborsClassifier
from sklearn.tree import DecisionTreeClassifier

from mle_star.toolkit.averaging import MeanClassifier
from mle_star.toolkit.bagging import SeedBag
from mle_star.toolkit.calibration import Calibrated
from mle_star.toolkit.early_stopping import EarlyStopped, inner_split
from mle_star.toolkit.linear import LinearModel
from mle_star.toolkit.targets import Clipped, TransformedTarget
from mle_star.toolkit.weights import BalancedClasses, RecentRows


def booster(kind: Any, **settings: Any) -> Any:
    return kind(**{"verbosity": -1, "n_jobs": 1, "random_state": 0, **settings})


def noisy_rows(rows: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(rows, 4))
    return X, (X[:, 0] + 2 * rng.normal(size=rows) > 0).astype(int)


def test_the_inner_split_keeps_every_class_to_learn_from() -> None:
    y = np.array([0] * 95 + [1] * 4 + [2])
    inner, outer = inner_split(y, 0.2, classes=True, in_order=False, seed=0)
    assert sorted([*inner, *outer]) == list(range(100))
    assert set(y[inner]) == {0, 1, 2}
    assert 2 not in y[outer]


def test_rows_in_order_are_stopped_on_the_last_ones() -> None:
    inner, outer = inner_split(np.arange(50.0), 0.2, classes=False, in_order=True, seed=0)
    assert inner.tolist() == list(range(40))
    assert outer.tolist() == list(range(40, 50))


def test_a_booster_stops_before_it_learns_the_noise() -> None:
    X, y = noisy_rows(3000)
    stopped = EarlyStopped(booster(LGBMClassifier, n_estimators=1000, learning_rate=0.1)).fit(X, y)
    assert 1 <= stopped.rounds_ < 200
    assert stopped.model_.n_estimators == stopped.rounds_  # fitted again on all rows


def test_more_rows_bear_more_trees() -> None:
    X, y = noisy_rows(3000)
    model = booster(LGBMClassifier, n_estimators=1000, learning_rate=0.1)
    found = EarlyStopped(model, share=0.2, refit_below=0).fit(X, y).rounds_
    assert EarlyStopped(model, share=0.2).fit(X, y).rounds_ == round(found / 0.8)


def test_few_rows_get_a_fixed_number_of_trees() -> None:
    X, y = noisy_rows(100)
    few = EarlyStopped(booster(LGBMClassifier, n_estimators=1000), few_rounds=7).fit(X, y)
    assert few.rounds_ == 7


def test_many_classes_share_the_trees_that_may_be_grown() -> None:
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(1200, 3)), rng.integers(0, 30, 1200)
    few = EarlyStopped(booster(LGBMClassifier, n_estimators=1000, num_leaves=3), few=2000)

    assert few.fit(X, y).rounds_ == 200, "6,000 trees"
    assert few.fit(X, y % 15).rounds_ == 300, "as many as with two classes: rows are few"
    stopped = EarlyStopped(booster(LGBMClassifier, n_estimators=1000, num_leaves=3), most_trees=90)
    assert stopped.set_params(least_rounds=2, patience=500).fit(X, y).rounds_ <= 3


@pytest.mark.parametrize("classes", [0, 2, 3])
def test_a_booster_predicts_what_its_own_estimator_does(classes: int) -> None:
    X, _ = noisy_rows(500)
    y = (X[:, 0] > 0).astype(int) + (X[:, 1] > 0.5) * (classes > 2) if classes else X[:, 0]
    model = EarlyStopped(booster(LGBMClassifier if classes else LGBMRegressor, n_estimators=20))
    found = model.fit(X, y).predict_proba(X) if classes else model.fit(X, y).predict(X)
    own = model.model_.predict_proba(X) if classes else model.model_.predict(X)
    assert np.array_equal(found, own)


def test_rows_in_order_grow_a_least_number_of_trees() -> None:
    X, y = noisy_rows(2000)
    model = booster(LGBMRegressor, n_estimators=1000, learning_rate=0.3)
    assert EarlyStopped(model, in_order=True, least_rounds=99).fit(X, y).rounds_ >= 99


@pytest.mark.parametrize("scale", ["log", "root", "power"])
def test_a_transformed_target_comes_back_on_its_own_scale(scale: str) -> None:
    x = np.linspace(0.5, 5, 200)
    y = {"log": np.expm1(x), "root": x**2, "power": np.exp(x)}[scale]
    found = TransformedTarget(LinearRegression(), scale).fit(x[:, None], y).predict(x[:, None])
    assert np.corrcoef(found, y)[0, 1] > 0.97
    assert np.abs(found - y).mean() < 0.2 * y.std()


def test_predictions_stay_in_the_training_range() -> None:
    x = np.arange(10.0)[:, None]
    clipped = Clipped(LinearRegression()).fit(x, x.ravel())
    assert clipped.predict(np.array([[-9.0], [5.0], [99.0]])) == pytest.approx([0.0, 5.0, 9.0])


class Remembers(BaseEstimator):
    """Keeps the weights it is given."""

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Remembers:
        self.weights_ = sample_weight
        return self


def test_rare_classes_and_late_rows_weigh_more() -> None:
    X, y = np.zeros((100, 1)), np.array([0] * 90 + [1] * 10)
    weights = BalancedClasses(Remembers(), power=1.0).fit(X, y).model_.weights_
    assert weights[y == 1].sum() == pytest.approx(weights[y == 0].sum())
    recent = RecentRows(Remembers(), half_life=0.5).fit(X, y).model_.weights_
    assert recent[99] / recent[49] == pytest.approx(2.0)
    assert recent.mean() == pytest.approx(1.0)


def test_seeds_differ_within_a_bag() -> None:
    X, y = noisy_rows(300)
    model = booster(LGBMClassifier, n_estimators=20, subsample=0.5, subsample_freq=1)
    bag = SeedBag(EarlyStopped(model), seeds=3).fit(X, y)
    parts = [member.predict_proba(X) for member in bag.models_]
    assert not np.allclose(parts[0], parts[1])
    assert bag.predict_proba(X) == pytest.approx(np.mean(parts, axis=0))


@pytest.mark.parametrize("method", ["sigmoid", "isotonic"])
def test_calibration_tames_an_overconfident_model(method: str) -> None:
    X, y = noisy_rows(3000)
    model = booster(LGBMClassifier, n_estimators=300, learning_rate=0.3)
    new, truth = X[2000:], y[2000:]
    raw = log_loss(truth, model.fit(X[:2000], y[:2000]).predict_proba(new))
    calibrated = Calibrated(model, method).fit(X[:2000], y[:2000]).predict_proba(new)
    assert log_loss(truth, calibrated) < 0.8 * raw


def test_a_linear_model_finds_a_strong_penalty_where_columns_are_noise() -> None:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(200, 100))
    assert LinearModel("binary").fit(X, rng.integers(0, 2, 200)).strength_ >= 10
    assert LinearModel("regression").fit(X, X[:, 0]).strength_ <= 1


def test_a_part_that_takes_no_weights_does_without_and_the_others_keep_theirs() -> None:
    X, y = noisy_rows(200)
    weights = np.where(y == 1, 5.0, 1.0)
    tree, neighbours = DecisionTreeClassifier(max_depth=1), KNeighborsClassifier()
    mean = MeanClassifier([tree, neighbours]).fit(X, y, sample_weight=weights)
    alone = tree.fit(X, y, sample_weight=weights).predict_proba(X)
    assert mean.estimators_[0].predict_proba(X).tolist() == alone.tolist()
    assert mean.predict_proba(X).shape == (200, 2)
