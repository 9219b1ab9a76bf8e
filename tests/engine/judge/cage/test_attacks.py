"""Candidates that attack: each fails alone, gets nothing, and the next one runs normally."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import joblib
import psutil
import pytest
from tests.engine.judge.cage.conftest import Bench, attack, foreign
from tests.engine.judge.conftest import logistic, planted

from mle_star.judge import processes
from mle_star.recipes import catalogue

SECRET = "canary-7d1f5c"

READ = """
import os, pathlib
got = []
for path in {paths!r}:
    for way in (path, '/proc/self/root' + path, '/proc/1/root' + path):
        try:
            got.append(open(way, 'rb').read(4096))
        except OSError:
            pass
        for make in (os.symlink, os.link):
            for place in ('/tmp/link', '/dev/shm/link', 'link'):
                try:
                    make(path, place)
                    got.append(open(place, 'rb').read(4096))
                except OSError:
                    pass
for path in pathlib.Path('/proc').glob('[0-9]*'):
    if path.name != str(os.getpid()):
        for name in ('environ', 'cmdline', 'maps', 'mem', 'fd/0'):
            try:
                got.append((path / name).open('rb').read(4096))
            except OSError:
                pass
raise RuntimeError('got ' + repr(got)[:250])
"""
CONNECT = """
import socket
for family, kind, address in {places!r}:
    for way in ('connect', 'sendto'):
        try:
            sock = socket.socket(family, kind)
            sock.settimeout(1)
            if way == 'connect':
                sock.connect(address)
                sock.send(b'x')
            else:
                sock.sendto(b'x', address)
        except OSError:
            pass
try:
    socket.getaddrinfo('localhost', 80)
    socket.create_connection(('192.0.2.1', 80), 1)
except OSError:
    raise RuntimeError('no network')
"""
EXHAUST = {
    "fork bomb": ("import os\nwhile True: os.fork()", "PermissionError"),
    "detached child": (
        "import subprocess\nsubprocess.Popen(['sleep', '64'], start_new_session=True)",
        "PermissionError",
    ),
    "raw clone": (
        "import ctypes\nlibc = ctypes.CDLL(None, use_errno=True)\n"
        "found = [libc.syscall(n, 17, 0, 0, 0, 0) for n in (56, 57, 58, 220, 435, 0x40000038)]\n"
        "raise RuntimeError('children' if max(found) > 0 or min(found) == 0 else 'no child')",
        "RuntimeError: no child",
    ),
    "memory": ("a = []\nwhile True: a.append(np.ones(2**22))", "memory limit of 600 MiB"),
    "shared memory": ("import mmap\nmmap.mmap(-1, 2**31)", "PermissionError"),
    "disk": (
        "for place in ('x', '/tmp/x', '/dev/shm/x', '/var/tmp/x'):\n"
        "    try:\n        open(place, 'wb').write(bytes(2**20))\n"
        "    except OSError: continue\n"
        "    raise RuntimeError('written')\n"
        "raise ValueError('nowhere')",
        "ValueError: nowhere",
    ),
    "handles": ("a = []\nwhile True: a.append(open('/dev/null'))", "OSError: [Errno 24]"),
    "output": ("while True: print('x' * 2**20); os.write(2, b'x' * 2**16)", "time limit of 0.5 s"),
    "threads": (
        "import threading, time\nthreading.stack_size(2**16)\n"
        "for _ in range(2000): threading.Thread(target=time.sleep, args=(60,)).start()\n"
        "time.sleep(60)",
        "thread",  # too many of them, or a new one that could not be started
    ),
    "deaf": (
        "import signal\nfor n in signal.valid_signals() - {9, 19}: signal.signal(n, 1)\n"
        "while True: pass",
        "time limit of 0.5 s",
    ),
    "end of the process": ("os._exit(0)", "the worker process ended"),
    "nonsense": (
        "for fd in range(3, 20):\n  try: os.write(fd, b'x' * 99)\n  except OSError: 0",
        "",
    ),
    "half a reply": (
        "import time\nfor fd in range(3, 20):\n  try: os.write(fd, bytes(3))\n  except OSError: 0\n"
        "time.sleep(60)",
        "time limit of 0.5 s",
    ),
    "a trickle": (
        "import time, itertools\nfds = [int(n) for n in os.listdir('/proc/self/fd')]\n"
        "data = bytes([0, 0, 1, 0])\n"
        "for k in itertools.count():\n"
        "  for fd in fds:\n"
        "    try: os.write(fd, data[k : k + 1] or b'x')\n"
        "    except OSError: 0\n"
        "  time.sleep(0.1)",
        "time limit of 0.5 s",
    ),
    "an endless reply": (
        "for fd in range(3, 20):\n  try:\n    while True: os.write(fd, bytes([127]) * 65536)\n"
        "  except OSError: 0",
        "not a worker's reply",
    ),
}


@contextlib.contextmanager
def listening(folder: Path) -> Iterator[tuple[list[socket.socket], list[object]]]:
    abstract = f"\0mle-star-test-{os.getpid()}"
    wanted: list[tuple[int, int, Any]] = [
        (socket.AF_INET, socket.SOCK_STREAM, ("127.0.0.1", 0)),
        (socket.AF_INET, socket.SOCK_DGRAM, ("127.0.0.1", 0)),
        (socket.AF_INET6, socket.SOCK_STREAM, ("::1", 0)),
        (socket.AF_INET6, socket.SOCK_DGRAM, ("::1", 0)),
        (socket.AF_UNIX, socket.SOCK_STREAM, str(folder / "s")),
        (socket.AF_UNIX, socket.SOCK_DGRAM, str(folder / "d")),
        (socket.AF_UNIX, socket.SOCK_STREAM, abstract),
    ]
    with contextlib.ExitStack() as stack:
        listeners: list[socket.socket] = []
        places: list[object] = []
        for family, kind, address in wanted:
            listener = stack.enter_context(socket.socket(family, kind))
            with contextlib.suppress(OSError):  # no IPv6 here
                listener.bind(address)
                listener.setblocking(False)
                if kind is socket.SOCK_STREAM:
                    listener.listen()
                listeners.append(listener)
                name = address if address == abstract else listener.getsockname()
                places.append((int(family), int(kind), name))
        yield listeners, places


def reached(listener: socket.socket) -> bool:
    with contextlib.suppress(BlockingIOError):
        if listener.type is socket.SOCK_STREAM:
            listener.accept()[0].close()
        else:
            listener.recv(9)
        return True
    return False


def below_server(bench: Bench) -> list[psutil.Process]:
    assert bench.pool._caged is not None
    found = processes.descendants(bench.pool._caged._process.pid)
    return [process for process in found if processes.is_alive(process)]


def test_secrets_cannot_be_read(bench: Bench) -> None:
    folder = bench.problem.folder
    for name in ("home", "truth", "other-run"):
        (folder / name).mkdir(exist_ok=True)
        (folder / name / "canary").write_text(SECRET)
    paths = [
        *(str(folder / name / "canary") for name in ("home", "truth", "other-run")),
        *(f"/proc/{os.getpid()}/{name}" for name in ("environ", "mem", "maps", "cwd", "cmdline")),
        *(str(Path.home() / name) for name in (".bashrc", ".profile", ".netrc", ".ssh/id_rsa")),
        *("/etc/shadow", "/etc/passwd", "/etc/hostname", "/proc/1/environ", "/dev/mem", "/dev/sda"),
        *(str(path) for path in bench.pool.folder.rglob("*") if path.is_file()),
    ]
    with contextlib.ExitStack() as stack:
        inherited = stack.enter_context((folder / "home" / "canary").open())
        os.set_inheritable(inherited.fileno(), True)
        found = bench.fit(attack(READ.format(paths=paths)))

    assert found.failure.startswith("RuntimeError: got []")
    assert bench.is_well()


def test_no_connection_leaves_the_cage(bench: Bench, tmp_path: Path) -> None:
    with listening(tmp_path) as (listeners, places):
        found = bench.fit(attack(CONNECT.format(places=places)))

        assert found.failure.startswith("RuntimeError: no network")
        assert len(listeners) >= 5
        assert [each.getsockname() for each in listeners if reached(each)] == []
    assert bench.is_well()


@pytest.mark.parametrize("name", EXHAUST)
def test_whoever_takes_too_much_is_ended_alone(bench: Bench, name: str) -> None:
    code, reason = EXHAUST[name]
    before, held = below_server(bench), psutil.Process().memory_info().rss

    found = bench.fit(attack(code, name), seconds=0.5 if "time limit" in reason else 20.0)

    assert reason in found.failure
    assert found.peak_mib <= 660
    end = time.monotonic() + 1
    while (left := [p for p in below_server(bench) if p not in before]) and time.monotonic() < end:
        time.sleep(0.02)
    assert left == []
    assert psutil.Process().memory_info().rss - held < 50 * 2**20
    assert bench.is_well()


def test_the_engine_and_other_workers_cannot_be_harmed(bench: Bench) -> None:
    code = """
import os, signal, resource
parents = {engine!r} + [os.getppid(), -1, 0, 1, 2, 3]
done = []
for pid in parents:
    for act in (
        lambda: os.kill(pid, signal.SIGKILL),
        lambda: os.kill(pid, 0),
        lambda: resource.prlimit(pid, resource.RLIMIT_CPU, (1, 1)),
        lambda: os.setpriority(os.PRIO_PROCESS, pid, 19),
        lambda: os.sched_setaffinity(pid, {{0}}),
        lambda: os.pidfd_open(pid),
        lambda: open(f'/proc/{{pid}}/oom_score_adj', 'w').write('1000'),
    ):
        try:
            if pid != os.getpid():
                act()
                done.append(pid)
        except (OSError, ValueError):
            pass
raise RuntimeError('done ' + repr(done))
"""
    server = bench.pool._caged
    assert server is not None
    engine = [os.getpid(), server._process.pid, *(p.pid for p in below_server(bench))]

    found = bench.fit(attack(code.format(engine=engine)))

    # 0 means oneself to some of these calls, which harms nobody else.
    text = found.failure.removeprefix("RuntimeError: done [").partition("]")[0]
    assert {pid for pid in text.split(", ") if pid} <= {"0"}
    assert signal.getsignal(signal.SIGTERM) is not None
    assert bench.is_well()


def test_files_outside_cannot_be_changed(bench: Bench, tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.write_text("as it was")
    target.chmod(0o644)
    code = f"""
import os
path = {str(target)!r}
for act in (
    lambda: os.chmod(path, 0o777),
    lambda: os.utime(path, (0, 0)),
    lambda: os.truncate(path, 0),
    lambda: os.open(path, os.O_RDONLY | os.O_TRUNC),
    lambda: os.open(path, 3 | os.O_TRUNC),
    lambda: os.rename(path, path + '2'),
    lambda: os.unlink(path),
    lambda: os.mkdir(path + '-folder'),
    lambda: os.mkfifo(path + '-pipe'),
    lambda: os.setxattr(path, 'user.x', b'x'),
):
    try:
        act()
    except OSError:
        pass
raise RuntimeError('tried')
"""
    before = target.stat()

    assert "tried" in bench.fit(attack(code)).failure

    after = target.stat()
    assert (after.st_mode, after.st_mtime_ns) == (before.st_mode, before.st_mtime_ns)
    assert [path.name for path in tmp_path.iterdir()] == ["target"]
    assert target.read_text() == "as it was"


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
