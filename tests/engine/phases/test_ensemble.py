"""Combinations are scored on folds they did not learn from, and chosen only if they help."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from tests.engine.phases.written_judge import OofJudge, context

from mle_star.budget import Budget
from mle_star.events import EnsembleCompared, Event
from mle_star.judge.combine import MEMBERS, STRATEGIES
from mle_star.judge.evaluation import Evaluation
from mle_star.judge.losses import Loss, loss_of
from mle_star.phases import ensemble
from mle_star.phases.compared import Compared
from mle_star.solution.block import checked
from mle_star.solution.build import cells_of
from mle_star.solution.solution import Ensemble, Solution
from mle_star.types import Kind, Output, Role, Task

REGRESSION = Task((Output("y", "y", Kind.REGRESSION),), "rmse")
BINARY = Task((Output("y", "y", Kind.BINARY, ("no", "yes")),), "roc_auc")


def classes(count: int, metric: str = "log_loss") -> Task:
    labels = tuple(str(code) for code in range(count))
    return Task((Output("y", "y", Kind.MULTICLASS, labels),), metric)


def softmax(scores: np.ndarray) -> np.ndarray:
    odds = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return np.asarray(odds / odds.sum(axis=-1, keepdims=True))


def named(name: str) -> Solution:
    source = f"def model(columns, hyperparameters):\n    return {name!r}"
    return Solution((checked(Role.MODEL, source),), name)


class Session:
    """A ledger of candidates with given out-of-fold predictions; the best of them stands."""

    def __init__(
        self,
        task: Task,
        labels: np.ndarray,
        predictions: Mapping[str, np.ndarray],
        *,
        fit_seconds: Mapping[str, float] | None = None,
        jobs: int = 1,
        clock: float = 0.0,
        folds: int = 5,
    ) -> None:
        self.budget = Budget(lambda: clock, 1e6)
        self.judge = OofJudge(task, labels, self.budget, folds)
        self.events: list[Event] = []
        self.context = context(self.judge, self.events, task=task, jobs=jobs, rows=len(labels))
        costs = fit_seconds or {}
        self.context.record(
            self.judge.evaluation(named(name), oof, fit_seconds=costs.get(name, 1.0))
            for name, oof in predictions.items()
        )
        self.best: Evaluation = self.context.comparable()[0]

    def run(self, refit_seconds: float = np.inf) -> ensemble.EnsembleChoice:
        self.choice = ensemble.run(self.context, self.best, self.budget.share(1.0), refit_seconds)
        return self.choice

    def strategy(self, name: str) -> Compared:
        return next(one for one in self.choice.strategies if one.strategy == name)


def noisy_numbers(rows: int = 1500, seed: int = 0, scale: float = 1.0) -> Session:
    """a and b are the truth with independent errors, b's twice as large: best weights 0.8, 0.2."""
    random = np.random.default_rng(seed)
    truth = scale * random.normal(size=rows)
    errors = {"a": 0.5, "b": 1.0, "far": 4.0}
    predictions = {
        name: (truth + scale * size * random.normal(size=rows))[:, None]
        for name, size in errors.items()
    }
    return Session(REGRESSION, truth, predictions)


def members(found: Ensemble) -> list[str]:
    return [solution.name for solution in found.members]


def combined(found: Ensemble, predictions: list[np.ndarray]) -> np.ndarray:
    """What the combine cell makes of the members' predictions, run as the bundle runs it."""
    assert found.combine is not None
    cell = cells_of(Solution((found.combine,)))["combine"]
    return np.asarray(cell().apply(predictions))


def test_greedy_selection_finds_the_best_known_weights() -> None:
    session = noisy_numbers()
    session.run()

    weights = dict(zip(*_weights(session.strategy("greedy selection")), strict=True))
    assert weights["a"] == pytest.approx(0.8, abs=0.06)
    assert weights["b"] == pytest.approx(0.2, abs=0.06)
    assert "far" not in weights or weights["far"] < 0.05


def test_stacking_finds_the_best_known_weights_and_scale_does_not_matter() -> None:
    for scale in (1.0, 1e5):
        session = noisy_numbers(scale=scale)
        session.run()

        stacked = dict(zip(*_weights(session.strategy("linear stacking")), strict=True))
        assert stacked["a"] / (stacked["a"] + stacked["b"]) == pytest.approx(0.8, abs=0.05)


def _weights(one: Compared) -> tuple[tuple[str, ...], tuple[float, ...]]:
    assert one.weights is not None
    return one.members, one.weights


def test_a_combination_that_helps_is_chosen_and_its_cell_gives_the_promised_score() -> None:
    session = noisy_numbers()
    choice = session.run()

    assert choice.ensemble.combine is not None
    assert choice.score.better_than(session.choice.strategies[0].score or choice.score)
    by_name = {e.solution.name: e.oof() for e in session.context.ledger if e.oof}
    mixed = combined(choice.ensemble, [by_name[m] for m in members(choice.ensemble)])
    direct = session.judge.score(mixed, session.judge.oof_rows)
    assert direct == pytest.approx(choice.score.mean, rel=0.02)


@pytest.mark.parametrize(
    "task", [BINARY, classes(2), classes(4), classes(3, "accuracy")], ids=lambda t: t.metric
)
def test_classes_stay_probabilities_whatever_combines_them(task: Task) -> None:
    random = np.random.default_rng(1)
    width = task.width
    truth = 1.5 * random.normal(size=(1200, width))
    labels = np.array([random.choice(width, p=p) for p in softmax(truth)])
    predictions = {
        f"m{i}": softmax(truth + (0.5 + 0.1 * i) * random.normal(size=truth.shape))
        for i in range(5)
    }
    session = Session(task, labels, predictions)
    session.run()

    for one in session.choice.strategies[1:]:
        assert one.ensemble is not None
        if one.ensemble.combine is not None:
            mixed = combined(one.ensemble, [predictions[m] for m in one.members])
            np.testing.assert_allclose(mixed.sum(axis=1), 1.0, atol=1e-9)
            assert mixed.min() >= 0
    assert any(one.ensemble and one.ensemble.combine for one in session.choice.strategies)


@pytest.mark.parametrize("task", [REGRESSION, BINARY], ids=lambda t: t.metric)
def test_a_constant_is_never_a_member(task: Task) -> None:
    random = np.random.default_rng(9)
    truth = random.normal(size=900)
    constant = np.repeat(0.3 + 0.001 * np.arange(5), 180)  # one a fold, as a baseline's mean is
    wide = task is BINARY
    labels = (truth > 0.2).astype(float) if wide else truth
    predictions = {}
    for name in ("a", "b", "constant"):
        column = truth + random.normal(size=900)
        column = constant if name == "constant" else 1 / (1 + np.exp(-column)) if wide else column
        predictions[name] = np.column_stack([1 - column, column]) if wide else column[:, None]
    session = Session(task, labels, predictions)
    session.run()

    assert not any("constant" in one.members for one in session.choice.strategies)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("kind", ["binary", "regression"])
def test_thirty_candidates_of_noise_do_not_beat_the_best_single(kind: str, seed: int) -> None:
    random = np.random.default_rng(seed)
    rows = 300
    truth = random.normal(size=rows)
    if kind == "regression":
        noise = {f"n{i}": random.normal(size=(rows, 1)) for i in range(30)}
        labels = truth + 0.5 * random.normal(size=rows)
        session = Session(REGRESSION, labels, {"good": truth[:, None], **noise})
    else:
        labels = (truth + 0.5 * random.normal(size=rows) > 0).astype(float)
        positive = 1 / (1 + np.exp(-2 * truth))
        noise = {f"n{i}": softmax(random.normal(size=(rows, 2))) for i in range(30)}
        good = np.column_stack([1 - positive, positive])
        session = Session(BINARY, labels, {"good": good, **noise})

    choice = session.run()

    single = choice.strategies[0].score or choice.score
    gained = choice.score.gain_over(single)
    assert members(choice.ensemble) == ["good"] or gained < 0.01 * abs(single.mean)


def test_a_lucky_fit_to_pure_noise_is_seen_through() -> None:
    random = np.random.default_rng(5)
    labels = random.integers(0, 2, size=200).astype(float)
    noise = {f"n{i}": softmax(random.normal(size=(200, 2))) for i in range(30)}
    session = Session(BINARY, labels, noise)
    lucky = session.best.score or session.run().score
    session.run()

    assert lucky.mean > 0.54  # the best of thirty looks like a find
    for one in session.choice.strategies:
        assert one.score is None or abs(one.score.mean - 0.5) < 0.08  # and none is, looked at well


def test_minimise_and_maximise_choose_alike() -> None:
    random = np.random.default_rng(2)
    truth = random.normal(size=800)
    predictions = {
        name: (truth + size * random.normal(size=800))[:, None]
        for name, size in {"a": 0.5, "b": 0.6, "c": 0.7}.items()
    }
    down = Session(REGRESSION, truth, predictions)
    up = Session(Task(REGRESSION.outputs, "r2"), truth, predictions)

    assert down.run().ensemble.members == up.run().ensemble.members
    assert down.choice.ensemble.combine == up.choice.ensemble.combine


def test_members_must_fit_into_the_seconds_for_refitting() -> None:
    random = np.random.default_rng(3)
    truth = random.normal(size=800)
    predictions = {f"m{i}": (truth + random.normal(size=800))[:, None] for i in range(10)}
    costs = dict.fromkeys(predictions, 8.0)  # on four fifths of the rows, so ten on all
    for limit, jobs, most in [(1e9, 1, MEMBERS), (30.0, 1, 3), (30.0, 2, 6)]:
        session = Session(REGRESSION, truth, predictions, fit_seconds=costs, jobs=jobs)
        choice = session.run(refit_seconds=limit)
        assert all(len(found.members) <= most for found in choice.finalists)
        assert len(choice.ensemble.members) > 1


def test_the_best_single_is_always_a_finalist_and_there_are_few() -> None:
    session = noisy_numbers()
    choice = session.run()

    assert choice.finalists[0] == choice.ensemble
    assert Ensemble((session.best.solution,)) in choice.finalists[1:3] == choice.finalists[1:]


def test_diversity_and_correlation_are_measured() -> None:
    random = np.random.default_rng(4)
    truth = random.normal(size=1000)
    shared = 0.5 * random.normal(size=1000)

    def pair(own: float) -> Compared:
        predictions = {
            name: (truth + shared + own * random.normal(size=1000))[:, None] for name in "ab"
        }
        session = Session(REGRESSION, truth, predictions)
        session.run()
        return session.strategy("plain average")

    alike, apart = pair(0.1), pair(1.0)
    assert (alike.correlation or 0) > 0.9 > 0.3 > (apart.correlation or 1)
    assert (apart.diversity or 0) > 0.3 > 0.05 > (alike.diversity or 1)


def test_every_way_is_told_and_one_is_chosen() -> None:
    session = noisy_numbers()
    session.run()

    told = [event for event in session.events if isinstance(event, EnsembleCompared)]
    assert [e.strategy for e in told if e.reason] == list(STRATEGIES)
    assert sum(e.chosen for e in told) == 1


def test_several_outputs_are_averaged_but_not_stacked() -> None:
    random = np.random.default_rng(6)
    task = Task((REGRESSION.outputs[0], Output("z", "z", Kind.REGRESSION)), "rmse")
    truth = random.normal(size=(600, 2))
    predictions = {n: truth + 0.5 * random.normal(size=truth.shape) for n in "abc"}
    session = Session(task, truth, predictions)
    choice = session.run()

    assert len(choice.ensemble.members) > 1
    assert session.strategy("linear stacking").ensemble is None


def test_one_fold_is_cut_into_parts() -> None:
    random = np.random.default_rng(7)
    truth = random.normal(size=1000)
    predictions = {n: (truth + 0.5 * random.normal(size=1000))[500:, None] for n in "ab"}
    session = Session(REGRESSION, truth, predictions, folds=1)
    choice = session.run()

    assert len(choice.score.folds) == 5


def test_with_nothing_to_combine_the_best_single_is_the_choice() -> None:
    session = noisy_numbers()
    session.context.ledger[:] = []
    choice = session.run()

    assert choice.ensemble == Ensemble((session.best.solution,))
    assert choice.score == session.best.score
    assert "no second candidate" in choice.strategies[0].reason


def test_out_of_time_the_best_single_is_the_choice() -> None:
    session = noisy_numbers()
    ended = session.budget.share(1.0).part(1e-12)
    session.budget.clock = lambda: 1e9
    choice = ensemble.run(session.context, session.best, ended)

    assert choice.ensemble == Ensemble((session.best.solution,))
    assert "time" in choice.strategies[0].reason


def test_the_same_session_gives_the_same_ensemble() -> None:
    assert noisy_numbers().run() == noisy_numbers().run()


def test_many_candidates_are_looked_at_on_some_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    random = np.random.default_rng(8)
    truth = 2 * random.normal(size=(20_000, 10))
    labels = (random.random((20_000, 1)) > softmax(truth).cumsum(axis=1)[:, :-1]).sum(axis=1)
    one, two = random.normal(size=(2, 20_000, 10))
    predictions = {f"m{i}": softmax(truth + one * i / 20 + two * np.sin(i)) for i in range(40)}
    measured: list[int] = []

    def counted(metric: Any, widths: tuple[int, ...]) -> Loss:
        loss = loss_of(metric, widths)

        def measure(views: np.ndarray, labels: np.ndarray) -> np.ndarray:
            measured.append(len(views) * len(labels))
            return loss.measure(views, labels)

        return replace(loss, measure=measure)

    monkeypatch.setattr(ensemble, "loss_of", counted)
    Session(classes(10), labels, predictions).run()

    assert 0 < sum(measured) < 4e7  # 1.8e7; with all rows 7.3e7


def test_the_combine_cell_holds_its_constants_as_literals() -> None:
    block = noisy_numbers().run().ensemble.combine

    assert block is not None
    assert "mle_star.toolkit.ensemble" in block.source
    assert block == checked(Role.COMBINE, block.source)
