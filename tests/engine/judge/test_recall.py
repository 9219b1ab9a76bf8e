"""What was judged before is not judged again; what is lost on disk is made anew."""

from __future__ import annotations

import shutil
import threading
from typing import Any

import numpy as np
import pytest
from tests.engine.judge.conftest import Opened, Problem, logistic, planted

from mle_star.budget import Budget
from mle_star.events import BlockSeen, EvaluationFinished
from mle_star.judge.evaluation import Evaluation, FitRequest
from mle_star.judge.judge import Judge
from mle_star.judge.pool import Pool
from mle_star.session.replay import blocks_of, evaluations_of


@pytest.fixture
def jobs_run(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many jobs each call of the pool was handed."""
    counts: list[int] = []
    run = Pool.run

    def counted(self: Pool, jobs: Any, *rest: Any) -> None:
        listed = list(jobs)
        counts.append(len(listed))
        run(self, listed, *rest)

    monkeypatch.setattr(Pool, "run", counted)
    return counts


def logged(problem: Problem, judge: Judge) -> list[Evaluation]:
    """The verdicts as a log gives them back."""
    return evaluations_of(problem.events, judge, blocks_of(problem.events))


def test_verdicts_come_back_from_their_events_as_they_were(
    problem: Problem, opened: Opened
) -> None:
    judge = opened()
    found = judge.evaluate([logistic(), planted("1 / 0")], slice=problem.slice())

    assert logged(problem, judge) == found
    assert [e.solution for e in logged(problem, judge)] == [e.solution for e in found]


def test_a_recalled_verdict_counts_once_and_runs_nothing(
    problem: Problem, opened: Opened, jobs_run: list[int]
) -> None:
    first = opened()
    (before,) = first.evaluate([logistic()], slice=problem.slice())
    told = [e for e in problem.events if not isinstance(e, BlockSeen)]
    shutil.rmtree(problem.folder / "folds")
    problem.events.clear()
    again, budget = opened(budget=Budget(problem.budget.clock)), Budget(problem.budget.clock)
    again = again.branch(budget)
    again.verdicts.remember([before])
    jobs_run.clear()

    (after,) = again.evaluate([logistic()], slice=budget.share(1.0))
    (cached,) = again.evaluate([logistic()], slice=budget.share(1.0))

    assert (after.score, after.seconds, after.cached) == (before.score, before.seconds, False)
    assert cached.cached
    assert budget.used == 1
    assert sum(jobs_run) == 0
    assert [e for e in problem.events if not isinstance(e, BlockSeen)][: len(told)] == told


def test_adopted_verdicts_count_for_nothing_and_read_their_predictions_from_new_folds(
    problem: Problem, opened: Opened
) -> None:
    (before,) = opened().evaluate([logistic()], slice=problem.slice())
    assert before.oof is not None
    expected = before.oof()
    shutil.rmtree(problem.folder / "folds")
    judge = opened()
    used = problem.budget.used
    judge.verdicts.remember([before])

    (adopted,) = judge.adopt([before])
    (known,) = judge.evaluate([logistic()], slice=problem.slice())

    assert (known.cached, problem.budget.used) == (True, used)
    assert adopted.oof is not None
    assert np.array_equal(adopted.oof(), expected)


def test_a_damaged_fold_file_is_run_again(problem: Problem, opened: Opened) -> None:
    (found,) = opened().evaluate([logistic()], slice=problem.slice())
    assert found.oof is not None
    expected = found.oof()
    for number, path in enumerate(sorted((problem.folder / "folds").glob("*.fold"))):
        path.write_bytes(path.read_bytes()[: 40 * number])

    assert np.array_equal(found.oof(), expected)


def test_a_fit_is_not_done_again_while_its_saved_file_is_intact(
    problem: Problem, opened: Opened, jobs_run: list[int]
) -> None:
    problem.folder.mkdir()
    rows = np.arange(100)
    request = FitRequest(logistic(), rows, rows + 100, save=problem.folder / "m.joblib")
    shuffled = FitRequest(logistic(), rows, rows + 100, labels=problem.labels[rows][::-1])
    (one, other) = opened().fit([request, shuffled])
    jobs_run.clear()

    again = opened().fit([request, shuffled])
    assert sum(jobs_run) == 0
    assert np.array_equal(again[0].predictions, one.predictions)  # type: ignore[arg-type]
    assert np.array_equal(again[1].predictions, other.predictions)  # type: ignore[arg-type]
    assert not np.array_equal(one.predictions, other.predictions)  # type: ignore[arg-type]

    (problem.folder / "m.joblib").write_bytes(b"torn")
    opened().fit([request, shuffled])
    assert sum(jobs_run) == 1


def test_two_threads_are_served_at_once_and_know_only_their_own(
    problem: Problem, opened: Opened
) -> None:
    judge = opened(jobs=2)
    slow = "import time; time.sleep(0.3)"
    budgets = [Budget(problem.budget.clock) for _ in range(2)]
    branches = [judge.branch(budget) for budget in budgets]
    found: dict[int, Evaluation] = {}

    def work(number: int) -> None:
        name = f"slow {number}"
        (found[number],) = branches[number].evaluate(
            [planted(slow + f"  # {number}", name=name)], slice=budgets[number].share(1.0)
        )

    threads = [threading.Thread(target=work, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    order = [e.name for e in problem.events if hasattr(e, "name")]
    assert {order[0], order[1]} == {"slow 0", "slow 1"}  # both had begun before one ended
    assert all(found[number].score is not None for number in range(2))
    assert [budget.used for budget in budgets] == [1, 1]
    assert problem.budget.used == 0
    ends = [e.digest for e in problem.events if isinstance(e, EvaluationFinished)]
    assert len(set(ends)) == 2
