"""The real claude-flow from the npm registry, put once into the user's cache folder."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
from functools import cache
from pathlib import Path

import pytest

VERSIONS = ("2.7.47", "3.43.0")
_INSTALL_SECONDS = 900
_HOME = Path.home()  # before tests move it
_CACHE = Path(os.environ.get("XDG_CACHE_HOME") or _HOME / ".cache") / "mle-star-tests"


def project_with(version: str, folder: Path) -> Path:
    """A project that this version of claude-flow is installed in; skips where it cannot be had."""
    found = _installed(version)
    if isinstance(found, str):
        pytest.skip(found)
    modules = folder / "node_modules"
    shutil.copytree(found / "node_modules", modules, symlinks=True, copy_function=_linked)
    return folder


def _linked(source: str, target: str) -> None:
    """The same file under another name: the packages are of a gigabyte each."""
    try:
        os.link(source, target)
    except OSError:  # another file system
        shutil.copy2(source, target)


@cache
def _installed(version: str) -> Path | str:
    """Folder of the package, or why there is none."""
    folder = _CACHE / f"claude-flow-{version}"
    if folder.is_dir():
        return folder
    if not shutil.which("npm"):
        return f"no claude-flow {version}: npm is not here to install it"
    folder.parent.mkdir(parents=True, exist_ok=True)
    with folder.with_name(f"{folder.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return folder if folder.is_dir() else _install(version, folder)


def _install(version: str, folder: Path) -> Path | str:
    partial = folder.with_name(f"{folder.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir()
    quietly = ["--no-save", "--no-audit", "--no-fund", "--ignore-scripts"]
    command = ["npm", "install", *quietly, "--prefix", str(partial), f"claude-flow@{version}"]
    try:
        subprocess.run(
            command,
            check=True,
            capture_output=True,
            timeout=_INSTALL_SECONDS,
            env={**os.environ, "HOME": str(_HOME)},  # npm is set up there
        )
    except (OSError, subprocess.SubprocessError) as error:
        return f"no claude-flow {version}: {error}"
    partial.rename(folder)
    return folder
