"""What an agent wrote is fitted as recipes are, and nothing it leaves or says is believed."""

from __future__ import annotations

from pathlib import Path

import joblib
import pytest
from tests.engine.judge.cage.conftest import Bench, attack, foreign
from tests.engine.judge.conftest import logistic, planted

from mle_star.recipes import catalogue


def test_nothing_is_carried_from_one_fold_to_another(bench: Bench) -> None:
    places = "('/tmp', '/dev/shm', '/var/tmp', os.getcwd(), os.path.dirname(np.__file__))"
    code = f"""
import builtins, sys, ctypes
found = [hasattr(builtins, 'kept'), hasattr(np, 'kept'), 'KEPT' in os.environ]
for place in {places}:
    path = os.path.join(place, 'kept')
    found.append(os.path.exists(path))
    try:
        np.save(path, self.y_)
    except OSError:
        pass
shared = ctypes.CDLL(None).shmget(4711, 4096, 0o666)
made = ctypes.CDLL(None).shmget(4711, 4096, 0o1666)
assert not any(found) and shared < 0 and made < 0, ('remembered', found)
builtins.kept = np.kept = self.y_
os.environ['KEPT'] = '1'
"""
    [found] = bench.judge.evaluate([attack(code)], slice=bench.problem.slice())

    assert found.failure == ""
    assert found.score is not None
    assert found.score.folds == (0.5,) * 5


def test_a_patched_library_does_not_reach_the_next_candidate(bench: Bench) -> None:
    [honest] = bench.judge.evaluate([logistic(0.7)], slice=bench.problem.slice())
    patch = "np.ndarray.__array_priority__; np.mean = np.exp = np.asarray = lambda *a, **k: 1 / 0"

    bench.fit(attack(patch))
    [caged] = bench.judge.evaluate([foreign(logistic(0.71))], slice=bench.problem.slice())

    assert honest.score is not None
    assert caged.score is not None
    assert caged.score.mean == pytest.approx(honest.score.mean, abs=0.02)


def test_what_a_candidate_says_it_took_is_not_believed(bench: Bench) -> None:
    code = """
import struct, time
from mle_star.judge.wire import Reply, encode
time.sleep(0.3)
message = encode(Reply(77, np.full((ROWS, 2), 0.5), FAILURE, -1e9, -5.0, -7.0))
for fd in range(3, 20):
    try:
        os.write(fd, struct.pack('!i', len(message)) + message)
    except OSError:
        pass
time.sleep(60)
"""
    code = code.replace("ROWS", str(len(bench.problem.splits.folds[0].score)))
    good = bench.fit(attack(code.replace("FAILURE", "''")))
    sly = bench.fit(attack(code.replace("FAILURE", "'not judged: \\x1b[2J'")))

    assert good.failure == ""
    assert 0.3 <= good.fit_seconds < 60
    assert good.predict_seconds == 0.0
    assert good.peak_mib > 0
    assert sly.failure.startswith("the candidate said: not judged")
    assert "\x1b" not in sly.failure


def test_the_score_is_the_same_as_outside(bench: Bench) -> None:
    [plain] = bench.judge.evaluate([logistic(1.25)], slice=bench.problem.slice())
    bench.judge.verdicts = type(bench.judge.verdicts)()
    for path in (bench.problem.folder / "folds").glob("*.fold"):
        path.unlink()
    [caged] = bench.judge.evaluate([foreign(logistic(1.25))], slice=bench.problem.slice())

    assert plain.score is not None
    assert caged.score == plain.score
    assert caged.oof is not None
    assert plain.oof is not None
    assert (caged.oof() == plain.oof()).all()


def test_a_candidates_pipeline_is_saved_where_the_engine_wants_it(
    bench: Bench, tmp_path: Path
) -> None:
    path = tmp_path / "model.joblib"

    found = bench.fit(foreign(logistic(2.5)), save=path)

    assert found.failure == ""
    assert [each.name for each in tmp_path.iterdir()] == ["model.joblib"]
    assert joblib.load(path).predict_proba(bench.problem.table.iloc[:3]).shape == (3, 2)


@pytest.mark.parametrize(
    "code",
    [
        "raise ValueError",
        "while True: pass",
        "for fd in range(3, 20):\n  try:\n    while True: os.write(fd, bytes(2**20))\n"
        "  except OSError: 0\nwhile True: pass",
    ],
)
def test_nothing_is_left_of_a_pipeline_that_was_not_saved(
    bench: Bench, tmp_path: Path, code: str
) -> None:
    found = bench.fit(attack(code), seconds=0.5, save=tmp_path / "model.joblib")

    assert found.failure
    assert list(tmp_path.iterdir()) == []


def test_threads_work_in_the_cage(bench: Bench) -> None:
    code = """
import threading, numpy
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from threadpoolctl import threadpool_limits
from mle_star.toolkit import table
rng = numpy.random.default_rng(0)
X, y = rng.normal(size=(400, 5)), rng.integers(0, 2, 400)
with threadpool_limits(2):
    HistGradientBoostingClassifier(max_iter=5).fit(X, y)
RandomForestClassifier(8, n_jobs=2).fit(X, y)
import lightgbm
lightgbm.LGBMClassifier(n_estimators=3, num_threads=2, verbose=-1).fit(X, y)
"""
    assert bench.fit(attack(code)).failure == ""


def test_recipes_stay_in_warm_workers_that_idle_for_no_job(bench: Bench) -> None:
    assert bench.fit(logistic(4.0)).failure == ""
    warm = {worker.pid for worker in bench.pool._workers}

    solutions = [logistic(4.1), foreign(logistic(4.2)), foreign(planted()), logistic(4.3)]
    found = bench.judge.evaluate(solutions, slice=bench.problem.slice())

    assert [each.failure for each in found] == [""] * 4
    assert warm <= {worker.pid for worker in bench.pool._workers}
    assert not any(worker.caged for worker in bench.pool._workers)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["linear", "lightgbm", "xgboost", "random_forest", "neural_net"])
def test_a_model_of_the_library_scores_the_same_in_the_cage(bench: Bench, name: str) -> None:
    recipes = catalogue.load()
    features = recipes[recipes[name].features or "ordinal"]
    solution = catalogue.compose([recipes["standard"], features, recipes[name]], name=name)

    plain = bench.fit(solution, seconds=60.0)
    for path in (bench.problem.folder / "folds").glob("*.fold"):
        path.unlink()
    caged = bench.fit(foreign(solution), seconds=60.0)

    assert (plain.failure, caged.failure) == ("", "")
    assert caged.predictions is not None
    assert plain.predictions is not None
    assert (caged.predictions == plain.predictions).all()
