"""A control group that counts processes and threads, where one can be had.

Root needs it most: no other limit of the kernel holds for its threads. Where there is none, the
host's watch ends whoever has too many.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import time
from collections.abc import Iterator
from pathlib import Path

import psutil

_MOUNT = Path("/sys/fs/cgroup")
_NAME = "mle-star"
_PATIENCE = 0.5

_numbers = itertools.count()


@contextlib.contextmanager
def task_group(most: int) -> Iterator[Path | None]:
    """A group of at most so many threads, for as long as the context lasts.

    Parameters
    ----------
    most : int
        How many. All processes in it must have been killed at the end.

    Returns
    -------
    Path or None
        For :func:`join`; None where the system gives no such group.
    """
    group = None
    with contextlib.suppress(OSError):
        group = _made(most)
    try:
        yield group
    finally:
        end = time.monotonic() + _PATIENCE
        while group is not None and not _removed(group) and time.monotonic() < end:
            time.sleep(0.01)


def join(group: Path | None, *pids: int) -> None:
    """Count processes in a group, and whatever they start from now on."""
    for pid in pids if group else ():
        with contextlib.suppress(OSError):  # it ended
            assert group is not None
            (group / "cgroup.procs").write_text(str(pid))


def _made(most: int) -> Path | None:
    parent = _parent()
    if parent is None:
        return None
    for path in parent.glob(f"{_NAME}-*-*"):  # of engines that were killed
        if not psutil.pid_exists(int(path.name.split("-")[-2])):
            _removed(path)
    group = parent / f"{_NAME}-{os.getpid()}-{next(_numbers)}"
    group.mkdir()
    try:
        (group / "pids.max").write_text(str(most))
    except OSError:
        group.rmdir()
        return None
    return group


def _parent() -> Path | None:
    """The group of this process itself in the hierarchy that counts processes."""
    for line in Path("/proc/self/cgroup").read_text().splitlines():
        _, controllers, path = line.split(":", 2)
        if "pids" in controllers.split(","):
            return _MOUNT / "pids" / path.lstrip("/")
        parent = _MOUNT / path.lstrip("/")
        handed_down = parent / "cgroup.subtree_control"
        if not controllers and handed_down.exists() and "pids" in handed_down.read_text().split():
            return parent
    return None


def _removed(group: Path) -> bool:
    try:
        group.rmdir()
    except FileNotFoundError:
        return True
    except OSError:
        return False
    return True
