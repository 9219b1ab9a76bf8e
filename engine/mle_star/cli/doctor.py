"""``mle-star doctor``: what was measured on this machine, nothing assumed."""

from __future__ import annotations

import os
import platform
import shutil
import sys
from pathlib import Path
from typing import Any

import click

from mle_star import __version__
from mle_star.files import to_json
from mle_star.lifecycle.environment import NEEDED, installed

_OPTIONAL = {"pyarrow": "reads Parquet files"}


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
        "libraries": {name: installed(name) for name in NEEDED},
        "optional": {name: installed(name) for name in _OPTIONAL},
        "store": str(store),
        "store_writable": _writable(store.parent),
        "sandbox": sandbox(),
    }


def sandbox() -> dict[str, Any]:
    """What of a sandbox for agent-written code holds here, found by attacking it from within."""
    from mle_star.errors import SandboxError
    from mle_star.judge.cage import exhaustion
    from mle_star.judge.cage.cage import find_cage

    remedy = ""
    try:
        cage = find_cage()
    except SandboxError as error:
        cage, remedy = find_cage(allow_unsandboxed=True), error.remedy
    limits = exhaustion.measure(cage.call)
    return {
        "layer": cage.name,
        "holds": [*cage.covers, *(f"limit on {name}" for name in limits.held)],
        "lacks": [*cage.lacks, *(f"limit on {name}" for name in limits.lost)],
        "passed_over": list(cage.passed_over),
        "remedy": remedy,
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
        *_sandbox_lines(found["sandbox"]),
    ]


def _sandbox_lines(found: dict[str, Any]) -> list[tuple[str, str]]:
    lines = [
        ("Sandbox", found["layer"]),
        ("  holds", ", ".join(found["holds"]) or "nothing"),
        ("  does not hold", ", ".join(found["lacks"]) or "nothing that was tried"),
        *(("  passed over", reason) for reason in found["passed_over"]),
    ]
    return [*lines, ("  what to do", found["remedy"])] if found["remedy"] else lines


def _writable(folder: Path) -> bool:
    existing = next(path for path in (folder, *folder.parents) if path.exists())
    return os.access(existing, os.W_OK | os.X_OK)
