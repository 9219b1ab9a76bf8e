"""Process trees: made so that nothing escapes, and ended whole."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import sys
import time
from pathlib import Path

import psutil

_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36
THREAD_LIMITS = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "BLIS_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "LOKY_MAX_CPU_COUNT",
)
"""Set to 1 in a worker: the pool is the parallelism."""


SINGLE_THREADED = {
    **dict.fromkeys(THREAD_LIMITS, "1"),
    "JOBLIB_MULTIPROCESSING": "0",
    "PYTHONHASHSEED": "0",
    "OBJC_DISABLE_INITIALIZE_FORK_SAFETY": "YES",
}
"""What every worker's environment holds: one thread, no nested processes, fixed hashing."""


def worker_environment() -> dict[str, str]:
    """The environment of worker processes."""
    return {**os.environ, **SINGLE_THREADED}


def adopt_orphans() -> None:
    """Become the parent of descendants whose own parent ends, where the system can (Linux)."""
    _prctl(_PR_SET_CHILD_SUBREAPER, 1)


def die_with_parent() -> None:
    """Be killed when the parent process ends, where the system can (Linux)."""
    _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def descendants(pid: int) -> list[psutil.Process]:
    """All living processes below `pid`, itself not included."""
    return tree(pid)[1:]


def tree(pid: int) -> list[psutil.Process]:
    """A process and all below it; nothing if it has ended."""
    try:
        process = psutil.Process(pid)
        return [process, *process.children(recursive=True)]
    except psutil.Error:
        return []


def children(pid: int) -> list[psutil.Process]:
    """The living processes right below `pid`."""
    try:
        return psutil.Process(pid).children()
    except psutil.Error:
        return []


def end_tree(pid: int) -> None:
    """Kill a process and everything below it; what it starts meanwhile is killed too."""
    _signal(pid, signal.SIGSTOP)  # it cannot start more while its children are listed
    end_descendants(pid)
    _signal(pid, signal.SIGKILL)


def end_descendants(pid: int) -> None:
    """Kill everything below a process, in rounds until nothing is left."""
    for _ in range(20):
        alive = [child for child in descendants(pid) if is_alive(child)]
        if not alive:
            return
        for child in alive:
            _signal(child.pid, signal.SIGKILL)
        psutil.wait_procs(alive, timeout=0.05)


def wait_until_ended(process: psutil.Process, seconds: float) -> None:
    """Wait until a killed process is a zombie or gone, and its children have a new parent."""
    for _ in range(max(1, round(seconds / 0.002))):
        if not is_alive(process):
            return
        time.sleep(0.002)


def is_alive(process: psutil.Process) -> bool:
    """Whether a process runs (a zombie does not)."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


def tree_mib(process: psutil.Process, children: list[psutil.Process]) -> float:
    """Resident memory of a process and its children, in MiB."""
    total = 0
    for each in [process, *children]:
        with contextlib.suppress(psutil.Error):
            total += each.memory_info().rss
    return total / 2**20


def peak_mib(pid: int) -> float:
    """Highest resident memory that a process had, in MiB; 0 where the system does not tell."""
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
    return 0.0


def has_children() -> bool:
    """Whether this process has children; cheap where /proc tells, else asks psutil."""
    lists = list(Path("/proc/self/task").glob("*/children")) if sys.platform == "linux" else []
    if not lists:
        return bool(descendants(os.getpid()))
    with contextlib.suppress(OSError):
        return any(path.read_text().strip() for path in lists)
    return bool(descendants(os.getpid()))


def _signal(pid: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.kill(pid, number)


def _prctl(option: int, value: int) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(option, value, 0, 0, 0)
