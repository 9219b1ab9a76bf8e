"""A server of workers that is still importing ends with its engine."""

from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from mle_star.judge.handles import WorkerHandle, ZygoteHandle
from mle_star.judge.pool import Pool
from mle_star.judge.wire import LOAD

BUSY = (
    "from mle_star.judge.hangup import end_with; end_with({0}); "
    "print('begun', flush=True); sum(1 for _ in range(10**10))"
)


def test_it_ends_while_it_reads_nothing() -> None:
    ours, theirs = socket.socketpair()
    with theirs:
        busy = subprocess.Popen(
            [sys.executable, "-c", BUSY.format(theirs.fileno())],
            pass_fds=[theirs.fileno()],
            stdout=subprocess.PIPE,
        )
    assert busy.stdout is not None
    with busy.stdout:
        busy.stdout.readline()
        ours.sendall(LOAD)  # a command that waits is no end
        with pytest.raises(subprocess.TimeoutExpired):
            busy.wait(0.3)
        ours.close()
        assert busy.wait(30) == 0


def test_a_server_whose_engine_ended_before_it_began_ends(tmp_path: Path) -> None:
    zygote = ZygoteHandle(tmp_path)

    zygote._socket.close()

    assert zygote._process.wait(30) == 0
    zygote.close()


def test_a_worker_that_ended_before_it_began_is_replaced_and_its_server_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pool = Pool(1, tmp_path)
    pool.load(pd.DataFrame({"a": [1.0]}), {"widths": []})
    server, sound = pool._zygote, ZygoteHandle.fork
    assert server is not None
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    pids = [ended.pid]
    monkeypatch.setattr(
        ZygoteHandle, "fork", lambda self, *passed: pids.pop() if pids else sound(self, *passed)
    )
    try:
        worker: WorkerHandle = pool._start()
        assert pool._zygote is server
        worker.end()
    finally:
        pool.close()
