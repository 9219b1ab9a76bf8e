"""Real packages from the npm registry, each put once into the user's cache folder."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
from pathlib import Path

_HOME = Path.home()  # before tests move it
_CACHE = Path(os.environ.get("XDG_CACHE_HOME") or _HOME / ".cache") / "mle-star-tests"


def folder_of(name: str) -> Path:
    """Where a package is kept, installed or not."""
    return _CACHE / name


def installed(
    name: str, package: str, *options: str, seconds: float, script: str = ""
) -> Path | str:
    """Folder with a package in its ``node_modules``, or why there is none.

    Parameters
    ----------
    name : str
        Of the folder.
    package : str
        Name and version.
    *options : str
        Of ``npm install``.
    seconds : float
        Most that each step may take.
    script : str, default ""
        File in the folder that node runs afterwards, where npm is set to skip install scripts.
    """
    folder = folder_of(name)
    if folder.is_dir():
        return folder
    if not shutil.which("npm"):
        return f"no {name}: npm is not here to install it"
    folder.parent.mkdir(parents=True, exist_ok=True)
    with folder.with_name(f"{name}.lock").open("w") as lock:  # test processes install it once
        fcntl.flock(lock, fcntl.LOCK_EX)
        if folder.is_dir():
            return folder
        return _install(folder, package, options, seconds, script)


def _install(
    folder: Path, package: str, options: tuple[str, ...], seconds: float, script: str
) -> Path | str:
    partial = folder.with_name(f"{folder.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir()
    quietly = ["--no-save", "--no-audit", "--no-fund", *options, "--prefix", str(partial)]
    commands = [["npm", "install", *quietly, package]]
    commands += [["node", str(partial / script)]] if script else []
    environment = {**os.environ, "HOME": str(_HOME)}  # npm is set up there
    try:
        for command in commands:
            subprocess.run(
                command, check=True, capture_output=True, timeout=seconds, env=environment
            )
    except (OSError, subprocess.SubprocessError) as error:
        return f"no {folder.name}: {error}"
    partial.rename(folder)
    return folder
