"""The real claude-flow from the npm registry, put once into the user's cache folder."""

from __future__ import annotations

import os
import shutil
from functools import cache
from pathlib import Path

import pytest
from tests.npm import installed

VERSIONS = ("2.7.47", "3.43.0")
_INSTALL_SECONDS = 900


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
    name, package = f"claude-flow-{version}", f"claude-flow@{version}"
    return installed(name, package, "--ignore-scripts", seconds=_INSTALL_SECONDS)
