"""What a process gives up before it runs code that an agent wrote."""

from __future__ import annotations

import math
import os
import resource
import sys
from dataclasses import dataclass
from pathlib import Path

from mle_star.judge.cage import kernel, landlock, seccomp
from mle_star.judge.cage.view import KERNEL, SYSTEM, libraries

_FILES = 512
_STATUS = Path("/proc/self/status")


@dataclass(frozen=True, slots=True)
class Confinement:
    """Which of the means are used, and the limits. Plain values, so that it travels as JSON.

    Parameters
    ----------
    namespaces, landlock, seccomp : bool
        The means: an empty network, :mod:`~mle_star.judge.cage.landlock` and
        :mod:`~mle_star.judge.cage.seccomp`.
    threads : int, default 0
        Most threads of all caged processes together, where the kernel counts them apart from the
        user's others (an ordinary user's own namespace); 0: not told to it.
    """

    namespaces: bool
    landlock: bool
    seccomp: bool
    threads: int = 0

    def isolate(self) -> None:
        """Leave the network; may be done once, before caged processes are forked."""
        if self.namespaces:
            kernel.leave_network()

    def apply(
        self,
        memory_mib: float,
        seconds: float = math.inf,
        reads: tuple[Path, ...] = (),
        writes: tuple[Path, ...] = (),
    ) -> None:
        """Give up everything else, for good, in the only thread of a process.

        Parameters
        ----------
        memory_mib : float
            What may be taken above what is held now; no file may be larger either.
        seconds : float, default inf
            Time limit; held here as processor time of all cores, should the host be gone.
        reads, writes : tuple of Path, default ()
            What may be read beside libraries; folders that may be written.

        Raises
        ------
        OSError
            Where a means does not hold here.
        """
        _limit(memory_mib, seconds, self.threads)
        if sys.platform == "linux":
            kernel.drop_privileges()
            kernel.seal()
        if self.landlock:
            system = (Path(path) for path in (*SYSTEM, *KERNEL))
            landlock.restrict((*system, *libraries(), *reads), writes)
        if self.seccomp:
            seccomp.install()


def _limit(memory_mib: float, seconds: float, threads: int) -> None:
    size = int(memory_mib * 2**20)
    limits = {resource.RLIMIT_CORE: 0, resource.RLIMIT_FSIZE: size, resource.RLIMIT_NOFILE: _FILES}
    if _STATUS.exists():
        limits[resource.RLIMIT_DATA] = _data_bytes() + size
    if threads:
        limits[resource.RLIMIT_NPROC] = threads
    if math.isfinite(seconds):
        limits[resource.RLIMIT_CPU] = math.ceil(seconds * (os.cpu_count() or 1)) + 1
    for limit, value in limits.items():
        hard = resource.getrlimit(limit)[1]
        value = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(limit, (value, value))


def _data_bytes() -> int:
    lines = dict(line.partition(":")[::2] for line in _STATUS.read_text().splitlines())
    return int(lines["VmData"].split()[0]) * 1024
