"""What a run without holdout rows is judged by."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pandas as pd
import pytest
from tests.engine.phases.session_of import Scene, scene

from mle_star.judge.evaluation import Evaluation, Fidelity, Fold, Score, Splits
from mle_star.judge.gates import FAIL, PASS, SKIPPED, Gate
from mle_star.judge.metrics import ScoreError
from mle_star.phases import deployment, gating, validation
from mle_star.phases.context import Context
from mle_star.phases.gating import Limits
from mle_star.phases.nested import nested
from mle_star.phases.validation import Validation
from mle_star.solution.block import checked
from mle_star.solution.solution import Ensemble, Solution
from mle_star.types import Role

OF_HOLDOUT = ("improvement over baseline (holdout)", "holdout against cross-validation")


def solution(name: str) -> Solution:
    return Solution((checked(Role.CLEAN, f"def clean(columns):\n    return {name!r}\n"),), name)


def context_of(values: Sequence[Sequence[float]], folds: Sequence[Sequence[int]]) -> Context:
    """Candidates whose score of some rows is the mean of what they have there."""
    rows = np.arange(1 + max(max(fold) for fold in folds))
    cut = tuple(Fold(np.setdiff1d(rows, fold), np.array(fold)) for fold in folds)

    def score(matrix: np.ndarray, at: np.ndarray) -> float:
        if not np.isfinite(matrix).all():
            raise ScoreError("undefined")
        return float(matrix.mean())

    judge = SimpleNamespace(
        oof_rows=rows,
        score=score,
        splits=Splits(cut, np.zeros(0, int), np.zeros(0, int), "folds"),
        metric=SimpleNamespace(greater_is_better=True),
    )
    found = []
    for number, of_rows in enumerate(values):
        matrix = np.array(of_rows)[:, None]
        means = tuple(float(matrix[np.array(fold)].mean()) for fold in folds)
        own = Score("x", True, means)
        found.append(
            Evaluation(solution(f"c{number}"), Fidelity(), own, oof=lambda matrix=matrix: matrix)  # type: ignore[misc]
        )
    context = SimpleNamespace(judge=judge)
    context.comparable = lambda: sorted(found, key=lambda e: -e.score.mean if e.score else 0.0)
    return cast("Context", context)


def best(context: Context) -> tuple[Ensemble, Score]:
    first = context.comparable()[0]
    assert first.score is not None
    return Ensemble((first.solution,)), first.score


def test_the_luck_of_the_best_of_many_equals_is_not_in_the_score() -> None:
    owns, founds = [], []
    for seed in range(20):
        values = np.random.default_rng(seed).normal(size=(40, 50))
        context = context_of(values.tolist(), np.arange(50).reshape(5, 10).tolist())
        ensemble, own = best(context)
        found = nested(context, ensemble, own)
        assert found is not None
        assert len(found.folds) == 5
        owns.append(own.mean)
        founds.append(found.mean)

    assert np.mean(owns) > 0.25  # about two standard errors above their true score, 0
    assert abs(np.mean(founds)) < 0.1


def test_one_that_is_truly_better_keeps_its_score() -> None:
    rng = np.random.default_rng(0)
    values = rng.normal(size=(10, 50))
    values[3] += 5.0
    context = context_of(values.tolist(), np.arange(50).reshape(5, 10).tolist())
    ensemble, own = best(context)

    assert nested(context, ensemble, own) == own


def test_a_choice_that_was_not_made_by_its_score_is_not_made_better() -> None:
    rng = np.random.default_rng(0)
    values = rng.normal(size=(10, 50))
    values[3] += 5.0
    context = context_of(values.tolist(), np.arange(50).reshape(5, 10).tolist())
    poor = context.comparable()[-1]
    assert poor.score is not None

    assert nested(context, Ensemble((poor.solution,)), poor.score) == poor.score


def test_other_repeats_which_hold_the_same_rows_do_not_choose() -> None:
    """Each of two candidates is good on one half; by rows it was not chosen on, each is bad."""
    halves = [[0, 1], [2, 3]]
    values = [[1.0, 1.0, 0.0, 0.0], [0.0, 0.0, 1.1, 1.1]]
    once, twice = (context_of(values, halves * n) for n in (1, 2))

    for context in (once, twice):
        ensemble, own = best(context)
        found = nested(context, ensemble, own)
        assert found is not None
        assert set(found.folds) == {0.0}


def test_a_single_fold_is_cut_in_pieces() -> None:
    rng = np.random.default_rng(1)
    context = context_of(rng.normal(size=(40, 50)).tolist(), [list(range(50))])
    ensemble, own = best(context)

    found = nested(context, ensemble, own)

    assert found is not None
    assert len(found.folds) == 5
    assert found.mean < own.mean - 0.1
    assert found.test_share == pytest.approx(0.25)


def test_without_predictions_out_of_fold_nothing_is_claimed() -> None:
    context = context_of([[math.nan] * 10], np.arange(10).reshape(5, 2).tolist())
    undefined = Score("x", True, (1.0,) * 5)

    assert nested(context, Ensemble((solution("c0"),)), undefined) is None
    context.comparable = list  # type: ignore[method-assign]
    assert nested(context, Ensemble((solution("c0"),)), undefined) is None


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    with scene(tmp_path_factory.mktemp("none"), holdout=0.0) as found:
        yield found


def validate(stage: Scene, *finalists: Ensemble, limits: Limits | None = None) -> Validation:
    part = stage.context.budget.share(1.0)
    choice = stage.choice(*finalists)
    return validation.run(
        stage.context, choice, stage.baseline, part, stage.prepared, limits or Limits()
    )


def gates_of(found: Validation) -> dict[str, Gate]:
    return {gate.name: gate for gate in found.gates}


@pytest.fixture(scope="module")
def validated(stage: Scene) -> Validation:
    return validate(stage, Ensemble((stage.best.solution,)), limits=Limits(quality=0.5))


def test_gates_of_the_holdout_say_why_they_were_not_measured_and_all_others_are(
    stage: Scene, validated: Validation
) -> None:
    found = gates_of(validated)

    assert {name for name, gate in found.items() if gate.verdict == SKIPPED} == set(OF_HOLDOUT)
    for name in OF_HOLDOUT:
        assert "--holdout 0" in found[name].explanation
    assert "in nested cross-validation" in found["quality threshold"].measured
    assert "scored row" in found["duplicates across splits"].explanation
    assert "without them" in found["duplicates across splits"].measured


def test_the_score_is_nested_and_nothing_is_said_of_a_holdout(
    stage: Scene, validated: Validation
) -> None:
    assert validated.is_nested
    assert validated.holdout_score is None
    assert validated.holdout_interval is None
    assert validated.holdout is None
    assert stage.best.score is not None
    assert not validated.score.better_than(stage.best.score)
    assert len(validated.fitted_rows) == len(stage.prepared.table)


def test_a_threshold_that_only_an_unnested_score_reaches_is_not_met(
    stage: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mle_star.phases.finalists.nested", lambda *_: None)
    single = Ensemble((stage.best.solution,))

    low, high = (
        gates_of(validate(stage, single, limits=Limits(quality=quality)))["quality threshold"]
        for quality in (0.5, 0.999)
    )

    assert (low.verdict, low.explanation) == (SKIPPED, gating.NOT_NESTED)
    assert high.verdict == FAIL


def test_what_was_fitted_on_all_rows_is_shipped_without_fitting_it_again(
    stage: Scene, validated: Validation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fit(*_given: Any, **_more: Any) -> Any:
        raise AssertionError("fitted again")

    monkeypatch.setattr(stage.context.judge, "fit", fit)
    paths = deployment.run(
        stage.context, stage.prepared, validated, tmp_path / "model", math.inf, stage.stamp
    )

    (card,) = [path.read_text() for path in paths if path.name == "model_card.md"]
    assert "Nested cross-validation" in card
    assert "No rows were held out" in card
    assert f"from {len(stage.prepared.table)} rows" in card


def _doubled(table: pd.DataFrame) -> pd.DataFrame:
    doubled = pd.concat([table, table.iloc[:300]], ignore_index=True)
    return doubled.sample(frac=1.0, random_state=0, ignore_index=True)


def test_planted_duplicates_are_found_across_folds(tmp_path: Path) -> None:
    with scene(tmp_path, change=_doubled, holdout=0.0) as stage:
        found = validate(stage, Ensemble((stage.best.solution,)))

    assert gates_of(found)["duplicates across splits"].verdict != PASS
