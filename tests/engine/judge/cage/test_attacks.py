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

import psutil
import pytest
from tests.engine.judge.cage.conftest import Bench, attack, below_server

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
import os, signal, resource, fcntl, socket, struct
pair = socket.socketpair()
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
        lambda: fcntl.fcntl(pair[0], fcntl.F_SETOWN, pid),
        lambda: fcntl.ioctl(pair[0], 0x8901, struct.pack('i', pid)),
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
