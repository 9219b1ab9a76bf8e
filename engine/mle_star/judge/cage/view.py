"""What a caged process may read, and the environment it is given: what Python needs, no more."""

from __future__ import annotations

import os
import sys
from functools import cache
from pathlib import Path

import mle_star
from mle_star.judge.processes import SINGLE_THREADED

SYSTEM = (
    "/usr",
    "/bin",
    "/sbin",
    "/lib",
    "/lib32",
    "/lib64",
    "/nix/store",
    "/gnu/store",
    "/etc/ld.so.cache",
    "/etc/ld.so.conf",
    "/etc/ld.so.conf.d",
    "/etc/alternatives",
    "/etc/localtime",
    "/sys/devices/system",
    "/sys/fs/cgroup/cpu.max",
    "/sys/fs/cgroup/cpu/cpu.cfs_quota_us",
    "/sys/fs/cgroup/cpu/cpu.cfs_period_us",
)
"""Programs, libraries, the time zone, and what libraries ask about processors."""
KERNEL = (
    "/proc/self",
    "/proc/cpuinfo",
    "/proc/meminfo",
    "/proc/stat",
    "/proc/sys/vm/overcommit_memory",
    "/dev/null",
    "/dev/random",
    "/dev/urandom",
)
"""What the kernel itself shows."""
_OF_PREFIX = ("bin", "lib", "lib64", "pyvenv.cfg")
"""Not all of it: a virtual environment may have been made right in the folder of the data."""
_HOPS = 20


@cache
def libraries() -> tuple[Path, ...]:
    """Where Python, its packages and the engine lie."""
    prefixes = {sys.prefix, sys.exec_prefix, sys.base_prefix, sys.base_exec_prefix}
    parts = {Path(prefix, part) for prefix in prefixes for part in _OF_PREFIX}
    packages = {Path(p) for p in sys.path if p.endswith(("site-packages", "dist-packages"))}
    found = sorted(parts | packages | {Path(mle_star.__file__).parents[1]})
    return tuple(path for path in found if path.is_absolute() and path.exists())


def interpreters() -> tuple[Path, ...]:
    """The interpreter under every name on its way, where names are links."""
    path, found = Path(sys.executable), []
    for _ in range(_HOPS):
        found.append(path)
        if not path.is_symlink():
            break
        path = Path(os.path.normpath(path.parent / path.readlink()))
    return tuple(found)


def import_path() -> list[str]:
    """The import path, as far as a caged process can read it."""
    return [p for p in sys.path if Path(p).is_absolute() and _readable(Path(p))]


def environment(temporary: Path | None = None) -> dict[str, str]:
    """An environment without secrets.

    Parameters
    ----------
    temporary : Path or None, default None
        The folder for temporary files.
    """
    kept = {k: v for k, v in os.environ.items() if k in ("LANG", "TZ") or k.startswith("LC_")}
    found = {**kept, "PATH": "/usr/bin:/bin", "HOME": "/", **SINGLE_THREADED}
    return {**found, "TMPDIR": str(temporary)} if temporary else found


def _readable(path: Path) -> bool:
    return any(path.is_relative_to(top) for top in (*libraries(), *map(Path, SYSTEM)))
