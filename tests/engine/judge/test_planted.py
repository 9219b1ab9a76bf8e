"""Candidates that cheat, hang, break or waste: each is judged for what it is, alone."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import psutil
import pytest
from tests.engine.judge.conftest import Problem, logistic, planted

from mle_star.judge.evaluation import Evaluation, FitRequest
from mle_star.judge.judge import Judge
from mle_star.solution.solution import parse

Shared = tuple[Problem, Judge]


def judged(
    shared: Shared, fit: str = "pass", predict: str = "pass", seconds: float = 20.0
) -> Evaluation:
    problem, judge = shared
    judge.candidate_seconds = seconds
    return judge.evaluate([planted(fit, predict)], slice=problem.slice())[0]


@pytest.fixture(autouse=True)
def _others_go_on(shared: Shared) -> object:
    """After every planted candidate an honest one is judged as if nothing had been."""
    yield
    problem, judge = shared
    rows = problem.splits.folds[0]
    [result] = judge.fit([FitRequest(logistic(), rows.train, rows.score)])
    assert result.failure == ""
    assert result.predictions is not None
    assert judge.score(result.predictions, rows.score) > 0.7


def test_a_printed_perfect_score_changes_nothing(
    shared: Shared, capfd: pytest.CaptureFixture[str]
) -> None:
    shout = 'print("roc_auc: 1.0", flush=True); os.write(1, b"score=1.0"); os.write(2, b"1.0")'
    found = judged(shared, predict=shout)
    assert found.score is not None
    assert found.score.folds == (0.5,) * 5
    assert capfd.readouterr() == ("", "")


def test_returning_the_training_target_scores_like_noise_or_fails(shared: Shared) -> None:
    found = judged(shared, predict="return np.column_stack([1 - self.y_, self.y_])")
    assert "shape (192, 2), expected shape (48, 2)" in found.failure
    repeated = judged(
        shared, predict="p = np.resize(self.y_, n).astype(float); return np.column_stack([1-p, p])"
    )
    assert repeated.score is not None
    assert abs(repeated.score.mean - 0.5) < 0.15


def test_a_candidate_that_hangs_is_ended_at_its_limit(shared: Shared) -> None:
    started = time.monotonic()
    found = judged(
        shared,
        fit="import signal; signal.pthread_sigmask(0, range(1, 30))\n        while True: pass",
        seconds=2.0,
    )
    assert found.failure == "time limit of 2 s"
    assert time.monotonic() - started < 60


def test_a_candidate_that_eats_memory_is_refused_it(shared: Shared) -> None:
    found = judged(shared, fit="self.hoard = [np.ones(2**24) for _ in range(100)]")
    assert found.failure == "memory limit of 600 MiB"


def test_memory_eaten_by_grandchildren_counts(shared: Shared) -> None:
    eat = (
        "import subprocess\n"
        "        code = 'x = bytearray(400 * 2**20); import time; time.sleep(30)'\n"
        "        for _ in range(3): subprocess.Popen([sys.executable, '-c', code])\n"
        "        time.sleep(30)"
    )
    found = judged(shared, fit=eat)
    assert found.failure == "memory limit of 600 MiB"


@pytest.mark.parametrize("value", ["np.nan", "np.inf"])
def test_predictions_that_are_not_finite_fail(shared: Shared, value: str) -> None:
    found = judged(shared, predict=f"constant[3] = {value}")
    assert found.failure == "predictions are not finite in 1 of 48 rows"
    assert found.score is None


@pytest.mark.parametrize(
    ("predict", "reason"),
    [
        ("return np.full((n, 2), 2.0)", "outside [0, 1]"),
        ("return np.full((n, 2), 0.7)", "do not sum to 1"),
        ("return constant[:-1]", "shape (47, 2)"),
        ("return [['x', 'y']] * n", "could not convert string to float"),
    ],
)
def test_predictions_that_are_no_probabilities_fail(
    shared: Shared, predict: str, reason: str
) -> None:
    assert reason in judged(shared, predict=predict).failure


def test_probabilities_a_hair_off_are_renormalised(shared: Shared) -> None:
    found = judged(shared, predict="return constant * 1.0005")
    assert found.oof is not None
    assert np.allclose(found.oof().sum(axis=1), 1.0, atol=1e-12)


@pytest.mark.parametrize("leave", ["os._exit(0)", "os.abort()", "os.kill(os.getpid(), 9)"])
def test_a_candidate_that_ends_its_process_fails(shared: Shared, leave: str) -> None:
    assert judged(shared, fit=leave).failure == "the worker process ended"


def test_a_forged_reply_is_only_predictions_or_refused(shared: Shared) -> None:
    forge = (
        "import glob\n"
        "        for fd in range(3, 40):\n"
        "            try: os.write(fd, b'\\x00\\x00\\x00\\x05hello')\n"
        "            except OSError: pass"
    )
    assert "not a worker's reply" in judged(shared, fit=forge).failure


@pytest.mark.parametrize(
    ("fit", "reason"),
    [
        ("raise ValueError('no such luck')", "ValueError: no such luck (in the model block)"),
        ("sys.exit(0)", "SystemExit: 0 (in the model block)"),
        ("raise KeyboardInterrupt", "KeyboardInterrupt (in the model block)"),
    ],
)
def test_an_exception_is_recorded_with_its_block(shared: Shared, fit: str, reason: str) -> None:
    assert judged(shared, fit=fit).failure == reason


def test_an_exception_in_the_features_is_laid_at_their_door(shared: Shared) -> None:
    problem, judge = shared
    text = "# %% role: features\ndef features(columns):\n    return columns['absent']\n"
    broken = parse(text + logistic().blocks[-1].source.join(["# %% role: model\n", "\n"]))
    [found] = judge.evaluate([broken], slice=problem.slice())
    assert found.failure == "KeyError: 'absent' (in the features block)"


def test_grandchildren_do_not_outlive_their_candidate(shared: Shared, tmp_path: Path) -> None:
    mark = tmp_path / "pids"
    fork = (
        "import subprocess\n"
        "        child = subprocess.Popen(['sleep', '60'], start_new_session=True)\n"
        f"        open({str(mark)!r}, 'a').write(f'{{child.pid}} ')"
    )
    found = judged(shared, fit=fork)
    assert found.score is not None
    assert not [pid for pid in map(int, mark.read_text().split()) if psutil.pid_exists(pid)]


def test_orphans_of_a_candidate_that_ended_itself_are_ended(shared: Shared, tmp_path: Path) -> None:
    mark = tmp_path / "pids"
    fork = (
        "if os.fork() == 0:\n"
        "            os.setsid()\n"
        f"            open({str(mark)!r}, 'a').write(f'{{os.getpid()}} ')\n"
        "            time.sleep(60); os._exit(0)\n"
        "        time.sleep(0.3); os._exit(0)"
    )
    assert judged(shared, fit=fork).failure == "the worker process ended"
    alive = [pid for pid in map(int, mark.read_text().split()) if _runs(pid)]
    assert alive == []


def test_what_a_candidate_changes_for_the_process_is_undone(shared: Shared, tmp_path: Path) -> None:
    spoil = f"os.chdir({str(tmp_path)!r}); os.environ['SPOILT'] = '1'; import sklearn; "
    spoil += "sklearn.set_config(transform_output='pandas')"
    look = (
        "import sklearn; assert sklearn.get_config()['transform_output'] == 'default'; "
        f"assert 'SPOILT' not in os.environ; assert os.getcwd() != {str(tmp_path)!r}"
    )
    assert judged(shared, fit=spoil).failure == ""
    assert judged(shared, fit=look).failure == ""


def test_a_thread_left_behind_retires_the_worker(shared: Shared) -> None:
    leave = "import threading; threading.Thread(target=time.sleep, args=(60,), daemon=True).start()"
    assert judged(shared, fit=leave).failure == ""
    look = "import threading; assert threading.active_count() == 1"
    assert judged(shared, fit=look).failure == ""


def test_memory_left_behind_retires_the_worker(shared: Shared) -> None:
    hoard = "import sys; sys.modules['hoard'] = bytearray(b'x') * (120 * 2**20)"
    assert judged(shared, fit=hoard).failure == ""
    look = "import sys; assert 'hoard' not in sys.modules"
    assert judged(shared, fit=look).failure == ""


def _runs(pid: int) -> bool:
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
