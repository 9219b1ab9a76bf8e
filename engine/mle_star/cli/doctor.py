"""``mle-star doctor``: what was measured on this machine, nothing assumed."""

from __future__ import annotations

import os
import platform
import shutil
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import click

from mle_star import __version__
from mle_star.files import to_json

_NEEDED = ("numpy", "pandas", "scipy", "scikit-learn", "lightgbm", "xgboost", "optuna", "skops")
_OPTIONAL = {"catboost": "one more boosting library", "pyarrow": "reads Parquet files"}
_LANDLOCK_VERSION_CALL = 444
_LANDLOCK_VERSION_FLAG = 1


def execute(values: dict[str, Any]) -> int:
    """Measure and tell.

    Returns
    -------
    int
        0 if everything needed is there, else 1.
    """
    found = examine()
    if values["json"]:
        click.echo(to_json(found, indent=True).decode())
    else:
        for key, value in _lines(found):
            click.echo(f"{key:<18}{value}")
    missing = [name for name, number in found["libraries"].items() if number is None]
    if missing:
        click.echo(f"missing: {', '.join(missing)}; install mle-star again", err=True)
    return 1 if missing else 0


def examine() -> dict[str, Any]:
    """What this machine has, as plain values; sizes in GiB."""
    import psutil

    from mle_star_memory.location import database

    memory, store = psutil.virtual_memory(), database()
    return {
        "mle_star": __version__,
        "python": platform.python_version(),
        "executable": sys.executable,
        "platform": platform.platform(),
        "cores": cores(),
        "memory_gib": round(memory.total / 2**30, 1),
        "memory_free_gib": round(memory.available / 2**30, 1),
        "disk_free_gib": round(shutil.disk_usage(Path.cwd()).free / 2**30, 1),
        "libraries": {name: _version(name) for name in _NEEDED},
        "optional": {name: _version(name) for name in _OPTIONAL},
        "store": str(store),
        "store_writable": _writable(store.parent),
        "bubblewrap": shutil.which("bwrap"),
        "landlock": _landlock(),
    }


def cores() -> int:
    """Cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _lines(found: dict[str, Any]) -> list[tuple[str, str]]:
    optional = [
        (name, number or f"not installed ({_OPTIONAL[name]})")
        for name, number in found["optional"].items()
    ]
    return [
        ("mle-star", found["mle_star"]),
        ("Python", f"{found['python']} ({found['executable']})"),
        ("platform", found["platform"]),
        ("cores", str(found["cores"])),
        ("memory", f"{found['memory_free_gib']} GiB free of {found['memory_gib']} GiB"),
        ("disk", f"{found['disk_free_gib']} GiB free here"),
        *((name, number or "MISSING") for name, number in found["libraries"].items()),
        *optional,
        ("store", f"{found['store']}{'' if found['store_writable'] else ' (not writable)'}"),
        ("bubblewrap", found["bubblewrap"] or "not found"),
        ("Landlock", f"version {found['landlock']}" if found["landlock"] else "not there"),
    ]


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _writable(folder: Path) -> bool:
    existing = next(path for path in (folder, *folder.parents) if path.exists())
    return os.access(existing, os.W_OK | os.X_OK)


def _landlock() -> int:
    """Version of the kernel's Landlock interface, 0 where there is none."""
    if sys.platform != "linux":
        return 0
    import ctypes

    call = ctypes.CDLL(None, use_errno=True).syscall
    return max(0, int(call(_LANDLOCK_VERSION_CALL, None, 0, _LANDLOCK_VERSION_FLAG)))
