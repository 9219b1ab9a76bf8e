"""What went wrong in published implementations of MLE-STAR, one class a bug, by its name.

The rules themselves are tested where they are made; here each bug is provoked as it happened. The
rows that take whole runs stand in ``test_published_bugs_in_runs.py``, those about what a language
model says in ``test_published_bugs_in_answers.py``.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest
from tests.engine.agents.language.cells import LEAKY
from tests.engine.judge.conftest import Opened, Problem, logistic, opened, planted, pool, problem
from tests.engine.phases.fake_judge import Verdict
from tests.engine.phases.test_foundation import SIMPLE
from tests.engine.phases.test_foundation import Run as Founding
from tests.engine.phases.test_refinement import Step, features
from tests.engine.phases.test_written_blocks import Written, code
from tests.engine.session.test_graph import done, graph, task

from mle_star.agents.guard import why_not
from mle_star.errors import BudgetError, EditError
from mle_star.judge.evaluation import Evaluation, Score
from mle_star.judge.predictions import PredictionError, checked
from mle_star.session.graph import Work
from mle_star.session.handover import Handover
from mle_star.solution.block import Block
from mle_star.solution.block import checked as checked_block
from mle_star.solution.solution import Solution, parse, render
from mle_star.types import Kind, Output, Role, Task
from mle_star.workflow.workflow import WorkflowTask

__all__ = ["opened", "pool", "problem"]

K = 4
BINARY = Task((Output("y", "y", Kind.BINARY, ("no", "yes")),), "roc_auc")
REGRESSION = Task((Output("y", "y", Kind.REGRESSION),), "rmse")


def judged(opened: Opened, problem: Problem, *found: Solution, **how: Any) -> list[Evaluation]:
    judge = opened(2, **how)
    return judge.evaluate(list(found), slice=problem.slice())


class TestKInnerTries:
    """Exactly K executed, K eligible, each planner call sees all earlier (plan, score)."""

    @pytest.mark.parametrize("best", range(K))
    def test_each_of_k_tries_runs_and_may_win(self, best: int) -> None:
        gains: dict[str, float | str] = {f"f{i}": 0.2 if i == best else 0.01 for i in range(K)}
        step = Step([features(f"f{i}") for i in range(K + 2)], gains)

        refined = step.run()

        assert len(step.judge.judged) == K
        assert refined.best.solution.digest == step.judge.judged[best].digest
        plans = [[plan for plan, _ in asked.tried] for asked in step.agent.questions]
        assert plans == [[f"f{i}: do it" for i in range(n)] for n in range(K)]
        assert all(gain is not None for asked in step.agent.questions for _, gain in asked.tried)


class TestBlockNotFoundFoundTwiceEmptyWhitespaceChanged:
    """Refused with a reason, never a global replace."""

    TEXT = (
        "# %% role: clean\ndef clean(columns):\n    return None\n\n\n"
        "# %% role: features\ndef features(columns):\n    return None\n\n\n"
        "# %% role: model\ndef model(columns, hyperparameters):\n    return None\n"
    )

    def test_an_edit_replaces_one_cell_whatever_text_the_others_share(self) -> None:
        solution = parse(self.TEXT)
        new = checked_block(Role.FEATURES, "def features(columns):\n    return 1")

        edited = render(solution.with_block(new))

        assert edited == self.TEXT.replace(
            "features(columns):\n    return None", "features(columns):\n    return 1"
        )

    def test_a_block_that_is_not_there_is_added_and_nothing_else_changes(self) -> None:
        solution = parse(self.TEXT)

        edited = solution.with_block(checked_block(Role.POST, "def post(estimator):\n    return 1"))

        assert edited.blocks[:3] == solution.blocks

    @pytest.mark.parametrize("empty", ["", "\n\n", "   ", "# nothing"])
    def test_an_empty_block_is_refused(self, empty: str) -> None:
        with pytest.raises(EditError, match="must define 'features'"):
            checked_block(Role.FEATURES, empty)

    def test_a_block_found_twice_is_refused(self) -> None:
        with pytest.raises(EditError, match="one block a role"):
            parse(self.TEXT + "\n\n# %% role: model\ndef model(columns, h):\n    return 2\n")

    def test_blank_lines_around_a_block_are_no_edit_and_those_within_are(self) -> None:
        source = "def features(columns):\n    return None"

        assert checked_block(Role.FEATURES, f"\n{source}\n\n") == Block(Role.FEATURES, source)
        assert checked_block(Role.FEATURES, source.replace("\n", "\n\n")).source != source


class TestScoreLine:
    """Parsed or rejected explicitly; never 0 or 1e9 as a number: nothing printed is ever read."""

    SAID = ("1.0", "1e-3", "-0.2", "nan", "inf", "0.85 (AUC)", "", "1.0\\nFinal: 0.1")

    def test_whatever_a_candidate_prints_its_score_is_the_engines(
        self, problem: Problem, opened: Opened
    ) -> None:
        honest = logistic()
        said = [
            planted(fit=f'print("Final Validation Performance: {text}", flush=True)')
            for text in self.SAID
        ]
        first, *others = judged(opened, problem, honest, *said)

        assert first.score is not None
        assert first.score.mean > 0.7
        for other in others:
            assert other.score is not None
            assert other.score.folds == (0.5,) * 5

    def test_a_score_forged_after_the_end_is_a_failure_without_a_number(
        self, problem: Problem, opened: Opened
    ) -> None:
        forged = planted(predict="os.write(1, b'Final Validation Performance: 1.0'); os._exit(0)")
        missing = planted(predict="return np.full((n, 2), np.nan)")

        for found in judged(opened, problem, forged, missing):
            assert found.score is None
            assert found.failure


class TestDirection:
    """Minimise and maximise symmetric, ties keep the simpler script."""

    @pytest.mark.parametrize("greater", [True, False])
    def test_the_better_and_of_equals_the_simpler_is_kept(self, greater: bool) -> None:
        longer, shorter, worse = features("f0", 5000), features("f1", 1), features("f2", 0)
        step = Step([longer, shorter, worse], {"f2": -0.1}, greater=greater)

        refined = step.run()

        assert [t.accepted for t in refined.proposals] == [False, True, False]

    def test_no_negative_score_loses_to_a_failure_taken_for_zero(self) -> None:
        below: dict[str, Verdict] = {
            **dict.fromkeys(SIMPLE, -3.0),
            "a": -1.0,
            "b": "broken",
            "c": -2.0,
        }

        assert Founding(below).go().best.solution.name == "a"

    def test_better_mirrors(self) -> None:
        up = [Score("m", True, (value,)) for value in (1.0, 2.0)]
        down = [Score("m", False, (-value,)) for value in (1.0, 2.0)]

        for one, two in (up, down):
            assert two.better_than(one)
            assert not one.better_than(two)
            assert not one.better_than(one)


class TestAllCandidatesFailMergeFailsExitCode9TimeOutWithGrandchildren:
    """The run continues or ends with a clear report, no orphan process."""

    def test_where_all_candidates_fail_the_report_names_the_reasons(self) -> None:
        failing = dict.fromkeys([*SIMPLE, *"abc"], "the worker process ended")

        with pytest.raises(BudgetError, match="plain_tree: the worker process ended") as caught:
            Founding(failing).go()
        assert caught.value.remedy

    def test_a_merge_that_fails_leaves_the_best_and_the_next_merge(self) -> None:
        verdicts: dict[str, Verdict] = {"a": 0.9, "b": 0.8, "c": 0.7}
        verdicts |= {"average of a and b": "MemoryError", "average of a and c": 0.95}

        assert Founding(verdicts).go().best.solution.name == "average of a and c"

    def test_killed_and_timed_out_candidates_cost_only_themselves_and_leave_nothing(
        self, problem: Problem, opened: Opened, tmp_path: Path
    ) -> None:
        mark = tmp_path / "pids"
        fork = (
            "import subprocess\n"
            "        child = subprocess.Popen(['sleep', '60'], start_new_session=True)\n"
            f"        open({str(mark)!r}, 'a').write(f'{{child.pid}} ')\n        "
        )
        killed, hung = (
            planted(fit=f"{fork}os.kill(os.getpid(), 9)"),
            planted(fit=f"{fork}time.sleep(60)"),
        )

        found = judged(opened, problem, killed, hung, logistic(), candidate_seconds=2.0)

        assert "worker process ended" in found[0].failure
        assert "time limit" in found[1].failure
        assert found[2].score is not None
        pids = [int(pid) for pid in mark.read_text().split()]
        assert pids
        assert not [pid for pid in pids if psutil.pid_exists(pid)]


class TestLeakyScript:
    """Flagged, not selected even if its score is best."""

    def test_learning_before_the_split_is_flagged_with_its_line(self) -> None:
        leaky = checked_block(
            Role.FEATURES,
            "from sklearn.preprocessing import StandardScaler\n\n"
            "def features(columns):\n"
            "    class Whole(StandardScaler):\n"
            "        def transform(self, X):\n"
            "            return self.fit_transform(X)\n"
            "    return Whole()",
        )

        assert "line 6: Whole learns from the rows it is to predict" in why_not(leaky)

    def test_a_leaky_block_that_would_score_best_is_refused_counted_and_never_judged(
        self, tmp_path: Path
    ) -> None:
        leaky = {"source": f"{LEAKY}\n\n\nNAME = 'leaky'", "reason": "It scores best."}
        written = Written(tmp_path, [leaky, leaky, code("f1")], {"leaky": 0.15, "f1": 0.1})

        refined = written.step.run()

        first, second = refined.proposals[:2]
        assert (first.attempt, first.digest, first.proposer) == (0, "", "agent")
        assert first.reason.startswith("refused: the features block may not run: line 7")
        assert (second.attempt, second.accepted) == (1, True)
        assert "- failed: plan 1" in written.asked(": plan")[1]
        assert written.judged[0] == "f1"
        assert "leaky" not in render(refined.best.solution)
        assert not [e for e in written.step.context.ledger if "leaky" in render(e.solution)]

    def test_a_script_that_knows_its_training_labels_by_heart_is_not_the_best(
        self, problem: Problem, opened: Opened
    ) -> None:
        by_heart = planted(
            fit="self.known_ = dict(zip(X['x0'], y))",
            predict="p = np.array([self.known_.get(v, 0.5) for v in X['x0']], dtype=float); "
            "return np.column_stack([1 - p, p])",
        )

        leaky, honest = judged(opened, problem, by_heart, logistic())

        assert leaky.score is not None
        assert honest.score is not None
        assert leaky.score.folds == (0.5,) * 5
        assert honest.score.better_than(leaky.score)


class TestSubmission:
    """Row count, ids, columns, NaN, label domain checked by the host."""

    @pytest.mark.parametrize(
        ("task", "matrix", "reason"),
        [
            (BINARY, None, "predictions have none"),
            (BINARY, np.full((2, 2), 0.5), r"shape \(2, 2\), expected shape \(3, 2\)"),
            (BINARY, np.full((3, 3), 0.5), r"shape \(3, 3\), expected shape \(3, 2\)"),
            (BINARY, np.full((3, 2), np.nan), "not finite in 3 of 3 rows"),
            (BINARY, np.array([[0.5, 0.5], [2.0, -1.0], [0, 1]]), "outside"),
            (BINARY, np.full((3, 2), 0.9), "do not sum to 1"),
            (REGRESSION, np.array([[1.0], [np.inf], [2.0]]), "not finite in 1 of 3 rows"),
            (REGRESSION, np.full((4, 1), 1.0), r"shape \(4, 1\), expected shape \(3, 1\)"),
        ],
    )
    def test_predictions_that_cannot_be_submitted_are_refused_with_the_reason(
        self, task: Task, matrix: np.ndarray | None, reason: str
    ) -> None:
        with pytest.raises(PredictionError, match=reason):
            checked(matrix, task, 3)

    def test_predictions_for_other_rows_score_like_noise(
        self, problem: Problem, opened: Opened
    ) -> None:
        shifted = planted(
            fit="from sklearn.linear_model import LogisticRegression\n"
            "        self.m_ = LogisticRegression().fit(X[['x0', 'x1']], y)",
            predict="return self.m_.predict_proba(X[['x0', 'x1']])[::-1]",
        )

        [found] = judged(opened, problem, shifted)

        assert found.score is not None
        assert abs(found.score.mean - 0.5) < 0.15


class TestTwoBranches:
    """Really overlap in time."""

    def test_two_tasks_wait_for_each_other(self) -> None:
        both = threading.Barrier(2, timeout=20)

        def doing(one: WorkflowTask, before: Sequence[Handover]) -> Work:
            both.wait()
            return done(one, before)

        one, _ = graph([task("a"), task("b")], doing)

        assert set(one.run()) == {"a", "b"}

    def test_two_fits_wait_for_each_other(
        self, problem: Problem, opened: Opened, tmp_path: Path
    ) -> None:
        together = planted(
            fit=f"here = {str(tmp_path / 'here')!r}; os.makedirs(here, exist_ok=True)\n"
            "        open(f'{here}/{os.getpid()}-{time.monotonic_ns()}', 'w').close()\n"
            "        while len(os.listdir(here)) < 2: time.sleep(0.01)"
        )

        [found] = judged(opened, problem, together, candidate_seconds=30.0)

        assert found.failure == ""
