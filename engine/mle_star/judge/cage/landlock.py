"""Landlock: a process names the files it will still need and gives up all others.

Besides files it closes TCP (version 4), and signals and abstract sockets to the outside (version
6). A process under it can neither trace nor look into one that is not.
"""

from __future__ import annotations

import ctypes
import os
import stat
import struct
import sys
from collections.abc import Iterable
from pathlib import Path

from mle_star.judge.cage import kernel

OLDEST = 3
"""The first version that refuses truncation."""

_CREATE, _ADD, _RESTRICT = 444, 445, 446  # the same on every machine
_ASK_VERSION = 1
_PATH_BENEATH = 1
_QUIET = 1
_WRITE_FILE, _READ_FILE, _READ_FOLDER = 1 << 1, 1 << 2, 1 << 3
_REMOVE_FOLDER, _REMOVE_FILE, _MAKE_FOLDER, _MAKE_FILE = 1 << 4, 1 << 5, 1 << 7, 1 << 8
_REFER, _TRUNCATE = 1 << 13, 1 << 14
_OF_FILES = _WRITE_FILE | _READ_FILE | _TRUNCATE
_READS = _READ_FILE | _READ_FOLDER
_WRITES = (
    _WRITE_FILE | _TRUNCATE | _REFER | _REMOVE_FILE | _REMOVE_FOLDER | _MAKE_FILE | _MAKE_FOLDER
)
"""No links, no pipes, no sockets, no devices."""

_pinned: list[int] = []


def version() -> int:
    """Version of the kernel's interface, 0 where there is none."""
    if sys.platform != "linux":
        return 0
    try:
        return kernel.call(_CREATE, None, ctypes.c_size_t(0), ctypes.c_uint32(_ASK_VERSION))
    except OSError:
        return 0


def restrict(reads: Iterable[Path], writes: Iterable[Path]) -> None:
    """Give up all files but these, for good.

    The capabilities must have been dropped before; only the calling thread is restricted, so it
    must be the only one.

    Parameters
    ----------
    reads : iterable of Path
        Files and folders that may be read; those that are not there are passed over.
    writes : iterable of Path
        Folders in which plain files and folders may be read, made and removed.

    Raises
    ------
    OSError
        Where the kernel does not do it.
    """
    known = version()
    ruleset = _ruleset(known)
    try:
        for path in reads:
            _allow(ruleset, path, _READS)
        for path in writes:
            _allow(ruleset, path, _READS | _WRITES)
        flags = _QUIET if known >= 7 else 0
        kernel.call(_RESTRICT, ctypes.c_int(ruleset), ctypes.c_uint32(flags))
    finally:
        os.close(ruleset)


def _ruleset(known: int) -> int:
    files = (1 << (13 if known < 2 else 14 if known < 3 else 15 if known < 5 else 16)) - 1
    handled = [files, 0b11 if known >= 4 else 0, 0b11 if known >= 6 else 0]
    content = struct.pack("3Q", *handled)[: 8 * (1 + (known >= 4) + (known >= 6))]
    return kernel.call(_CREATE, content, ctypes.c_size_t(len(content)), ctypes.c_uint32(0))


def _allow(ruleset: int, path: Path, rights: int) -> None:
    try:
        opened = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    if not stat.S_ISDIR(os.fstat(opened).st_mode):
        rights &= _OF_FILES
    rule = struct.pack("=Qi", rights, opened)
    kernel.call(_ADD, ctypes.c_int(ruleset), ctypes.c_int(_PATH_BENEATH), rule, ctypes.c_uint32(0))
    if path.parts[1:2] == ("proc",):
        _pinned.append(opened)  # /proc forgets files nobody holds, and makes others by that name
    else:
        os.close(opened)
