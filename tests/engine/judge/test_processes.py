"""Worker processes: none is left behind, whatever happens to the engine."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest
from tests.engine.judge.conftest import Opened, Problem, logistic, planted

from mle_star.judge import processes
from mle_star.judge.evaluation import FitRequest

ENGINE = """
import sys, time
from pathlib import Path
from tests.engine.judge.conftest import make_problem, planted
problem = make_problem(Path(sys.argv[1]))
judge = problem.judge(jobs=2)
fork = (
    "import subprocess; subprocess.Popen(['sleep', '61'], start_new_session=True); "
    "open(os.environ['MARK'], 'a').write('x'); time.sleep(60)"
)
judge.evaluate([planted(fork)], slice=problem.slice())
"""


def gone(alive: Callable[[], list[psutil.Process]], seconds: float = 3.0) -> bool:
    end = time.monotonic() + seconds
    while alive() and time.monotonic() < end:
        time.sleep(0.05)
    return not alive()


def of_session(mark: str) -> list[psutil.Process]:
    """Living processes that were started with this value in their environment."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.environ().get("MARK") == mark and processes.is_alive(process):
                found.append(process)
        except psutil.Error:
            continue
    return found


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_workers_and_what_they_started_end_with_the_engine(
    root: Path, tmp_path: Path, how: signal.Signals
) -> None:
    mark = str(tmp_path / "mark")
    with subprocess.Popen(
        [sys.executable, "-c", ENGINE, str(tmp_path / "work")],
        cwd=root,
        env={**os.environ, "MARK": mark},
        stderr=subprocess.DEVNULL,
    ) as engine:
        end = time.monotonic() + 60
        while not (Path(mark).exists() and Path(mark).stat().st_size == 2):
            assert time.monotonic() < end
            assert engine.poll() is None
            time.sleep(0.05)
        assert len(of_session(mark)) >= 6  # engine, server, two workers, two sleepers
        engine.send_signal(how)
    assert gone(lambda: of_session(mark))


def test_closing_ends_all_processes(problem: Problem) -> None:
    before = processes.descendants(os.getpid())
    judge = problem.judge(jobs=2)
    judge.evaluate([logistic()], slice=problem.slice())
    started = [p for p in processes.descendants(os.getpid()) if p not in before]
    assert len(started) == 3
    judge.close()
    assert not any(processes.is_alive(process) for process in started)


def test_idle_workers_end_when_told_to_rest_and_others_take_their_place(
    problem: Problem, opened: Opened
) -> None:
    judge = opened(jobs=2)
    judge.evaluate([logistic()], slice=problem.slice())
    workers = [psutil.Process(worker.pid) for worker in judge._pool._workers]
    assert len(workers) == 2

    judge.rest()

    assert not any(processes.is_alive(worker) for worker in workers)
    [found] = judge.evaluate([logistic(2.0)], slice=problem.slice())
    assert found.failure == ""


def test_closing_while_threads_wait_ends_them_as_interrupted(problem: Problem) -> None:
    before = processes.descendants(os.getpid())
    judge = problem.judge(jobs=2)
    ended: list[BaseException] = []

    def evaluate(number: int) -> None:
        slow = planted(f"import time; time.sleep(60 + {number})")
        try:
            judge.branch(problem.budget).evaluate([slow], slice=problem.slice())
        except BaseException as error:  # what a task of a workflow ends with
            ended.append(error)

    threads = [threading.Thread(target=evaluate, args=(n,)) for n in range(3)]
    for thread in threads:
        thread.start()
    end = time.monotonic() + 60
    while len([p for p in processes.descendants(os.getpid()) if p not in before]) < 3:
        assert time.monotonic() < end
        time.sleep(0.02)
    judge.close()
    for thread in threads:
        thread.join(20)

    assert [type(error) for error in ended] == [KeyboardInterrupt] * 3
    assert gone(lambda: [p for p in processes.descendants(os.getpid()) if p not in before])


def test_a_worker_killed_from_outside_is_replaced(problem: Problem, opened: Opened) -> None:
    judge = opened(jobs=2)
    judge.evaluate([logistic()], slice=problem.slice())
    workers = [psutil.Process(worker.pid) for worker in judge._pool._workers]
    for worker in workers:
        worker.kill()
    assert gone(lambda: [worker for worker in workers if processes.is_alive(worker)])
    [found] = judge.evaluate([logistic(2.0)], slice=problem.slice())
    assert found.failure == ""


def test_a_worker_server_that_died_is_replaced(problem: Problem) -> None:
    judge = problem.judge()
    fold = problem.splits.folds[0]
    request = FitRequest(logistic(), fold.train, fold.score)
    assert judge.fit([request])[0].failure == ""
    assert judge._pool._zygote is not None
    os.kill(judge._pool._zygote._process.pid, signal.SIGKILL)
    time.sleep(0.2)
    assert judge.fit([request])[0].failure == ""
    judge.close()


def test_a_tree_is_ended_whole() -> None:
    code = "import subprocess, time; subprocess.Popen(['sleep', '62']); time.sleep(62)"
    with subprocess.Popen([sys.executable, "-c", code], start_new_session=True) as parent:
        while not processes.descendants(parent.pid):
            time.sleep(0.02)
        child = processes.descendants(parent.pid)[0]
        processes.end_tree(parent.pid)
    assert gone(lambda: [child] if processes.is_alive(child) else [])


def test_workers_use_one_thread_each(problem: Problem, opened: Opened) -> None:
    look = (
        "from threadpoolctl import threadpool_info; "
        "assert {lib['num_threads'] for lib in threadpool_info()} == {1}; "
        "import joblib; assert joblib.cpu_count() == 1"
    )
    assert opened().evaluate([planted(look)], slice=problem.slice())[0].failure == ""


def test_starting_returns_at_once(tmp_path: Path) -> None:
    from mle_star.judge.pool import Pool

    pool = Pool(2, tmp_path)
    started = time.monotonic()
    pool.warm()
    taken = time.monotonic() - started
    pool.close()
    assert taken < 0.5
