from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from tests.engine.phases.session_of import Scene, scene

from mle_star.events import GateMeasured, Noted
from mle_star.judge import parts
from mle_star.judge.evaluation import FitRequest, FitResult
from mle_star.judge.gates import FAIL, PASS, SKIPPED
from mle_star.phases import finalists, validation
from mle_star.phases.validation import Validation
from mle_star.solution.solution import Ensemble, Solution

GATES = {
    "improvement over baseline (folds)",
    "improvement over baseline (holdout)",
    "fold spread",
    "holdout against cross-validation",
    "train against validation",
    "duplicates across splits",
    "single-column proxies",
    "shuffled target at chance",
    "latency",
    "memory",
}


@pytest.fixture(scope="module")
def honest(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    with scene(tmp_path_factory.mktemp("honest")) as found:
        yield found


def verdicts(found: Validation) -> dict[str, str]:
    return {gate.name: gate.verdict for gate in found.gates}


def validate(stage: Scene, *finalists: Ensemble, seconds: float = 250.0) -> Validation:
    budget = stage.context.budget
    part = budget.share(min(1.0, seconds / budget.left()))
    choice = stage.choice(*finalists)
    return validation.run(stage.context, choice, stage.baseline, part, stage.prepared)


def test_all_gates_are_measured_emitted_and_none_fails_on_honest_data(honest: Scene) -> None:
    found = validate(honest, honest.pair)

    assert set(verdicts(found)) == GATES
    assert SKIPPED not in verdicts(found).values()
    assert found.passed, found.gates
    assert [e.gate for e in honest.of(GateMeasured)] == [gate.name for gate in found.gates]


def test_the_holdout_score_is_that_of_a_fit_on_the_search_rows(honest: Scene) -> None:
    found = validate(honest, Ensemble((honest.best.solution,)))

    judge = honest.context.judge
    (alone,) = judge.fit(
        [FitRequest(honest.best.solution, judge.splits.search, judge.splits.holdout)]
    )
    assert alone.predictions is not None
    assert found.holdout_score == judge.score(alone.predictions, judge.splits.holdout)
    assert found.holdout_interval is not None
    assert found.holdout_interval[0] < found.holdout_score < found.holdout_interval[1]
    assert all(path.is_file() for path in found.fitted)


def test_the_baseline_shipped_as_the_best_is_said(honest: Scene) -> None:
    found = validate(honest, Ensemble((honest.baseline.solution,)))

    explained = {gate.name: gate.explanation for gate in found.gates}
    assert "itself the best" in explained["improvement over baseline (holdout)"]


def test_without_time_everything_that_costs_is_skipped_and_the_choice_stands(
    honest: Scene,
) -> None:
    found = validate(honest, honest.pair, seconds=0.0)

    assert found.ensemble == honest.pair
    assert found.holdout_score is None
    assert verdicts(found)["shuffled target at chance"] == SKIPPED
    assert verdicts(found)["holdout against cross-validation"] == SKIPPED
    assert verdicts(found)["fold spread"] != SKIPPED
    assert found.passed


def test_finalists_are_chosen_among_on_the_selection_rows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parts, "LEAST_SELECTION", 250)
    with scene(tmp_path, rows=5_000) as stage:
        assert len(stage.context.judge.splits.selection)
        weak, strong = Ensemble((stage.baseline.solution,)), Ensemble((stage.best.solution,))

        found = validate(stage, weak, strong)

    assert found.ensemble == strong
    assert "best of 2 finalists" in found.reason


def test_a_finalist_that_can_be_paid_for_takes_the_place_of_one_that_cannot(
    honest: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    single, dear = Ensemble((honest.best.solution,)), Ensemble((honest.baseline.solution,))
    stage = replace(honest, baseline=honest.best)

    def cost(_: object, solution: Solution, rows: int) -> float:
        return 0.1 if solution == honest.best.solution else 1e4

    monkeypatch.setattr(finalists, "fit_cost", cost)
    found = validate(stage, dear, single, seconds=20.0)

    assert found.ensemble == single
    assert found.reason == "the finalist that there was time to fit"
    assert found.holdout_score is not None


def test_a_slow_baseline_takes_no_model_its_place(
    honest: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    single, other = (Ensemble((one.solution,)) for one in (honest.best, honest.baseline))

    def cost(_: object, solution: Solution, rows: int) -> float:
        return 0.1 if solution == honest.best.solution else 1e4

    monkeypatch.setattr(finalists, "fit_cost", cost)
    found = validate(honest, single, other, seconds=20.0)

    assert found.ensemble == single
    assert found.holdout_score is not None
    assert verdicts(found)["improvement over baseline (holdout)"] == SKIPPED
    assert verdicts(found)["improvement over baseline (folds)"] == PASS


def test_where_a_member_is_not_fitted_in_time_the_best_of_the_others_is_taken_alone(
    honest: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    judge, late = honest.context.judge, honest.baseline.solution
    fit = judge.fit

    def some(requests: Sequence[FitRequest], **limits: float) -> list[FitResult]:
        return [
            replace(result, predictions=None, failure="time limit")
            if one.solution == late
            else result
            for one, result in zip(requests, fit(requests, **limits), strict=True)
        ]

    monkeypatch.setattr(judge, "fit", some)
    found = validate(honest, honest.pair)

    assert found.ensemble == Ensemble((honest.best.solution,))
    assert found.reason == "the best member that there was time to fit"
    assert found.score == honest.best.score
    assert found.holdout_score is not None


def test_where_all_rows_cannot_be_fitted_fewer_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with scene(tmp_path, rows=3_000) as stage:
        monkeypatch.setattr(finalists, "fit_cost", lambda *_: 30.0)

        found = validate(stage, Ensemble((stage.best.solution,)), seconds=20.0)

        assert 500 <= len(found.fitted_rows) < len(stage.context.judge.splits.search)
        assert found.holdout_score is not None
        assert any("there was no time for all of them" in e.message for e in stage.of(Noted))


def test_what_predicting_takes_is_planned_for(tmp_path: Path) -> None:
    with scene(tmp_path, rows=3_000) as stage:
        slow = replace(stage.best, seconds=stage.best.seconds + 100.0)
        stage.context.ledger[:] = [slow, stage.baseline]

        found = validate(stage, Ensemble((stage.best.solution,)), seconds=20.0)

        assert len(found.fitted_rows) < len(stage.context.judge.splits.search)


def _leaking(table: pd.DataFrame) -> pd.DataFrame:
    doubled = pd.concat([table, table.iloc[:300]], ignore_index=True)
    shuffled = doubled.sample(frac=1.0, random_state=0, ignore_index=True)
    return shuffled.assign(Refund=np.where(shuffled["Label"] == "yes", 3.0, 1.0))


def test_planted_duplicates_and_a_planted_copy_of_the_target_are_found(
    tmp_path: Path,
) -> None:
    with scene(tmp_path, change=_leaking) as stage:
        found = validate(stage, Ensemble((stage.best.solution,)))

    by_name = {gate.name: gate for gate in found.gates}
    assert by_name["single-column proxies"].verdict == FAIL
    assert "'Refund'" in by_name["single-column proxies"].measured
    assert by_name["duplicates across splits"].verdict != PASS
    assert not found.passed
