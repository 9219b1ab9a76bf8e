"""What this machine lacks for a run, looked at before time is spent."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

NEEDED = (
    "numpy",
    "pandas",
    "scipy",
    "scikit-learn",
    "lightgbm",
    "xgboost",
    "catboost",
    "optuna",
    "skops",
)
"""Packages that runs use."""

MEMORY_MIB = 512.0
"""Free memory below which any run is in danger."""

DISK_MIB = 200.0
"""Free disk space below which any run is in danger."""


def missing(packages: Sequence[str] = NEEDED) -> list[str]:
    """Those of some packages that are not installed."""
    return [name for name in packages if installed(name) is None]


def installed(package: str) -> str | None:
    """Version of a package; None if it is not installed."""
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def lacks(folder: Path, memory_mib: float, disk_mib: float) -> list[str]:
    """What there is too little of, one sentence each, with what to do.

    Parameters
    ----------
    folder : Path
        That the run writes to, or one above it.
    memory_mib, disk_mib : float
        That the run is expected to need.
    """
    import psutil

    memory = psutil.virtual_memory().available / 2**20
    disk = shutil.disk_usage(next(p for p in (folder, *folder.parents) if p.exists())).free / 2**20
    found = []
    if memory < max(MEMORY_MIB, memory_mib):
        found.append(
            f"{memory:.0f} MiB of memory are free and the run is expected to need "
            f"{max(MEMORY_MIB, memory_mib):.0f}: close something, or use fewer --jobs"
        )
    if disk < max(DISK_MIB, disk_mib):
        found.append(
            f"{disk:.0f} MiB of disk are free in {folder} and the run is expected to need "
            f"{max(DISK_MIB, disk_mib):.0f}: free some, or choose another --output"
        )
    return found + [f"{name} is not installed: what needs it fails" for name in missing()]
