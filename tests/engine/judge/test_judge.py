"""Evaluation: what is run, what is reused, what is counted, and that nothing depends on timing."""

from __future__ import annotations

import math
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.engine.judge.conftest import Opened, Problem, logistic, make_problem, planted

from mle_star.budget import Budget
from mle_star.events import BlockSeen, EvaluationFinished, EvaluationStarted
from mle_star.judge.evaluation import Evaluation, Fidelity, FitRequest, Fold, Splits
from mle_star.judge.metrics import METRICS
from mle_star.judge.splits import make_splits
from mle_star.solution.build import build
from mle_star.solution.solution import parse


def test_a_score_is_what_an_independent_computation_gives(problem: Problem, opened: Opened) -> None:
    judge = opened(jobs=2)
    [found] = judge.evaluate([logistic()], slice=problem.slice())
    expected, oof = [], np.full((300, 2), np.nan)
    y = problem.labels[:, 0].astype(int)
    for fold in problem.splits.folds:
        fitted = build(logistic(), problem.columns).fit(
            problem.table.iloc[fold.train], y[fold.train]
        )
        oof[fold.score] = fitted.predict_proba(problem.table.iloc[fold.score])
        expected.append(METRICS["roc_auc"].score(y[fold.score], oof[fold.score]))
    assert found.score is not None
    assert found.score.folds == tuple(expected)
    assert found.oof is not None
    assert np.allclose(found.oof(), oof[judge.oof_rows], atol=1e-12)
    assert judge.fold_scores(found.oof()).folds == pytest.approx(expected)
    assert found.seconds > found.fit_seconds > 0
    assert problem.budget.used == 1


def test_events_tell_what_happened_in_the_order_given(problem: Problem, opened: Opened) -> None:
    bad, good = planted("raise ValueError('no')", name="bad"), logistic()
    opened(jobs=2).evaluate([good, bad], slice=problem.slice())
    told = [event for event in problem.events if not isinstance(event, BlockSeen)]
    kinds = [(type(event), event.name) for event in told]  # type: ignore[attr-defined]
    assert kinds == [
        (EvaluationStarted, good.name),
        (EvaluationStarted, "bad"),
        (EvaluationFinished, good.name),
        (EvaluationFinished, "bad"),
    ]
    first, last = told[2], told[3]
    assert isinstance(first, EvaluationFinished)
    assert isinstance(last, EvaluationFinished)
    assert first.blocks == {str(b.role): b.digest for b in good.blocks}
    assert len(first.folds) == 5
    assert first.score == pytest.approx(np.mean(first.folds))
    assert first.rows == len(problem.splits.folds[0].train)
    assert (last.score, last.failure) == (None, "ValueError: no (in the model block)")


def test_what_was_judged_before_is_not_judged_or_counted_again(
    problem: Problem, opened: Opened
) -> None:
    judge = opened()
    renamed = replace(logistic(), name="the same under another name")
    [first] = judge.evaluate([logistic()], slice=problem.slice())
    again, twin = judge.evaluate([logistic(), renamed], slice=problem.slice())
    assert (first.cached, again.cached, twin.cached) == (False, True, True)
    assert again.score == first.score
    assert twin.solution.name == "the same under another name"
    assert problem.budget.used == 1
    assert judge.evaluate([logistic(), logistic()], slice=problem.slice())[1].oof is not None


def test_a_repeat_within_one_call_is_run_once(problem: Problem, opened: Opened) -> None:
    first, second = opened().evaluate([logistic(), logistic()], slice=problem.slice())
    assert (first.cached, second.cached) == (False, True)
    assert problem.budget.used == 1


def test_another_judge_on_the_same_folder_repeats_the_evaluation_without_running_it(
    problem: Problem, opened: Opened
) -> None:
    [first] = opened().evaluate([logistic()], slice=problem.slice())
    judge = opened()
    [again] = judge.evaluate([logistic()], slice=problem.slice())
    assert (again.score, again.seconds, again.cached) == (first.score, first.seconds, False)
    assert np.array_equal(again.oof(), first.oof())  # type: ignore[misc]
    assert problem.budget.used == 2
    assert judge._pool._workers == []


def test_other_data_other_seed_or_other_blocks_miss_the_cache(
    problem: Problem, opened: Opened
) -> None:
    opened().evaluate([logistic()], slice=problem.slice())
    files = len(list((problem.folder / "folds").iterdir()))
    assert files == 5
    opened().evaluate([logistic(2.0)], slice=problem.slice())
    opened(seed=1).evaluate([logistic()], slice=problem.slice())
    problem.table["x0"] = problem.table["x0"] + 1
    opened().evaluate([logistic()], slice=problem.slice())
    assert len(list((problem.folder / "folds").iterdir())) == 4 * files


def test_a_damaged_cache_file_is_computed_afresh(problem: Problem, opened: Opened) -> None:
    [first] = opened().evaluate([logistic()], slice=problem.slice())
    for path in (problem.folder / "folds").iterdir():
        path.write_bytes(path.read_bytes()[:100])
    [again] = opened().evaluate([logistic()], slice=problem.slice())
    assert again.score == first.score


def plain(evaluation: Evaluation) -> tuple[Any, ...]:
    oof = None if evaluation.oof is None else evaluation.oof().tobytes()
    return evaluation.solution.digest, evaluation.score, evaluation.failure, oof


def test_counted_evaluations_do_not_depend_on_the_number_of_workers(
    opened: Opened, tmp_path: Path
) -> None:
    forest = parse(
        "# %% role: model\n"
        "def model(columns, hyperparameters):\n"
        "    from sklearn.pipeline import make_pipeline\n"
        "    from sklearn.preprocessing import FunctionTransformer\n"
        "    from sklearn.ensemble import RandomForestClassifier\n"
        "    return RandomForestClassifier(20)\n"  # global seed
        "# %% role: features\n"
        "def features(columns):\n"
        "    from sklearn.compose import make_column_transformer\n"
        "    return make_column_transformer(('passthrough', columns['numeric']))\n"
    )
    bad_later = planted("if len(self.y_) and self.y_[0] == 0: raise ValueError('zero first')")
    solutions = [forest, logistic(), planted(), bad_later, logistic(2.0), logistic(3.0)]
    outcomes = []
    for jobs in (1, 2):
        problem = make_problem(tmp_path / str(jobs))
        problem.budget = Budget(time.monotonic, evaluations=6)
        judge = opened(jobs, problem)
        [incumbent] = judge.evaluate([logistic(0.5)], slice=problem.slice())
        found = judge.evaluate(solutions, slice=problem.slice(), incumbent=incumbent)
        outcomes.append([plain(e) for e in found])
        assert problem.budget.used == 6
    assert outcomes[0] == outcomes[1]
    reasons = [outcome[2] for outcome in outcomes[0]]
    assert reasons[-1] == "not judged: the budget ended"
    assert reasons[2].startswith("dropped after one fold: roc_auc 0.5 against 0.")
    assert reasons[3] in ("ValueError: zero first (in the model block)", reasons[2])


def test_a_dropped_candidate_costs_one_fold_and_may_be_judged_in_full_later(
    problem: Problem, opened: Opened
) -> None:
    judge = opened()
    [incumbent] = judge.evaluate([logistic()], slice=problem.slice())
    [dropped] = judge.evaluate([planted()], slice=problem.slice(), incumbent=incumbent)
    assert dropped.score is None
    assert dropped.failure.startswith("dropped after one fold")
    assert len(list((problem.folder / "folds").iterdir())) == 5 + 1
    [full] = judge.evaluate([planted()], slice=problem.slice())
    assert full.score is not None
    [close] = judge.evaluate([logistic(0.9)], slice=problem.slice(), incumbent=incumbent)
    assert close.score is not None
    assert len(close.score.folds) == 5


def test_at_the_deadline_what_runs_is_ended_and_what_waits_is_not_judged(
    problem: Problem, opened: Opened
) -> None:
    judge = opened(jobs=2)
    judge.evaluate([logistic()], slice=problem.slice())
    problem.budget = judge._budget = Budget(time.monotonic, seconds=3.0)
    sleepy = [planted(f"time.sleep(30 + {k})") for k in range(3)]
    started = time.monotonic()
    found = judge.evaluate([logistic(7.0), *sleepy], slice=problem.budget.share(1.0))
    assert time.monotonic() - started < 25  # they sleep for 30
    assert found[0].score is not None
    assert {e.failure for e in found[1:]} == {"not judged: the budget ended"}
    late = judge.evaluate([logistic(8.0)], slice=problem.budget.share(1.0))
    assert late[0].failure == "not judged: the budget ended"
    assert judge.evaluate([sleepy[0]], slice=Budget(time.monotonic, seconds=0.1).share(1.0))


def test_the_time_limit_is_for_all_folds_together(problem: Problem, opened: Opened) -> None:
    judge = opened(candidate_seconds=1.0)
    [found] = judge.evaluate([planted("time.sleep(0.4)")], slice=problem.slice())
    assert found.failure == "time limit of 1 s"
    [found] = judge.evaluate([planted("time.sleep(0.1)")], slice=problem.slice())
    assert found.score is not None


def test_fidelity_bounds_rows_and_folds(problem: Problem, opened: Opened) -> None:
    judge = opened()
    size = planted("self.n_ = len(y)", "p = self.n_ / 1000; return np.tile([1 - p, p], (n, 1))")
    seen = judge.evaluate([size], slice=problem.slice(), fidelity=Fidelity(rows=50, folds=2))[0]
    assert seen.score is not None
    assert len(seen.score.folds) == 2
    assert seen.oof is None
    whole = judge.evaluate([size], slice=problem.slice(), fidelity=Fidelity(rows=50))[0]
    assert whole.oof is not None
    assert abs(whole.oof()[0, 1] * 1000 - 50) <= 1
    assert not whole.cached


def test_the_row_sample_is_the_same_for_every_candidate(problem: Problem, opened: Opened) -> None:
    judge = opened()
    told = "p = float(self.y_.mean() * 1e-3 + X['x0'].sum() * 0 + self.m_); "
    told += "return np.tile([1 - p, p], (n, 1))"
    one = planted("self.m_ = 1 / (2 + abs(X['x0'].sum()))", told)
    two = planted("self.m_ = 1 / (2 + abs(X['x0'].sum()));  # again", told)
    a, b = judge.evaluate([one, two], slice=problem.slice(), fidelity=Fidelity(rows=60))
    assert a.solution.digest != b.solution.digest
    assert np.array_equal(a.oof(), b.oof())  # type: ignore[misc]


def test_repeats_are_averaged_out_of_fold(problem: Problem, opened: Opened) -> None:
    problem.splits = make_splits(problem.task, problem.labels, seed=0)
    judge = opened()
    [found] = judge.evaluate([logistic()], slice=problem.slice())
    rows = problem.splits.folds
    [one, *_] = judge.fit([FitRequest(logistic(), f.train, f.score) for f in rows])
    assert found.score is not None
    assert len(found.score.folds) == 15
    assert found.oof is not None
    assert found.oof().shape == (240, 2)
    at = np.searchsorted(judge.oof_rows, rows[0].score)
    assert one.predictions is not None
    assert not np.allclose(found.oof()[at], one.predictions)
    assert np.allclose(found.oof()[at], one.predictions, atol=0.15)


def test_scored_rows_are_thinned_once_for_all(problem: Problem, opened: Opened) -> None:
    judge = opened(max_score_rows=20)
    [found] = judge.evaluate([logistic()], slice=problem.slice())
    assert found.oof is not None
    assert len(judge.oof_rows) == 100 == len(found.oof())
    assert judge.fold_scores(found.oof()).folds == found.score.folds  # type: ignore[union-attr]
    again = opened(max_score_rows=20)
    assert np.array_equal(again.oof_rows, judge.oof_rows)


def test_peak_memory_is_measured(problem: Problem, opened: Opened) -> None:
    [small] = opened().evaluate([planted()], slice=problem.slice())
    [large] = opened().evaluate([planted("self.a = np.ones(2**24)")], slice=problem.slice())
    assert small.peak_mib < 60
    assert 128 <= large.peak_mib < 250


def test_training_rows_come_in_the_order_of_time(problem: Problem, opened: Opened) -> None:
    times = np.random.default_rng(1).permutation(300).astype(float)
    problem.table["x0"] = times
    problem.splits = make_splits(problem.task, problem.labels, times=times)
    watch = planted("assert list(X['x0']) == sorted(X['x0'])")
    judge = opened()
    [found] = judge.evaluate([watch], slice=problem.slice(), fidelity=Fidelity(rows=40))
    [refit] = judge.fit([FitRequest(watch, problem.splits.search, problem.splits.holdout)])
    assert found.failure == ""
    assert refit.failure == ""


def test_an_undefined_metric_is_an_explicit_failure(problem: Problem, opened: Opened) -> None:
    fold = problem.splits.folds[0]
    ones = np.flatnonzero(problem.labels[:, 0] == 1)[:10]
    train = np.setdiff1d(fold.train, ones)
    problem.splits = Splits((Fold(train, ones),), np.array([], int), problem.splits.holdout, "")
    [found] = opened().evaluate([logistic()], slice=problem.slice())
    assert found.failure == "roc_auc is undefined: the scored rows hold one class only"


def test_candidate_seconds_may_be_changed_at_any_time(problem: Problem, opened: Opened) -> None:
    judge = opened(candidate_seconds=math.inf)
    judge.candidate_seconds = 0.3
    [found] = judge.evaluate([planted("time.sleep(1)")], slice=problem.slice())
    assert found.failure == "time limit of 0.3 s"
