"""Writing files so that a reader never sees half of one."""

from __future__ import annotations

import contextlib
import hashlib
import os
from pathlib import Path
from typing import Any

import orjson

from mle_star.errors import StateError


def write_bytes(path: Path, content: bytes) -> Path:
    """Write, fsync, rename.

    Parameters
    ----------
    path : Path
        Final name; parent folders are made.
    content : bytes
        The whole content.

    Returns
    -------
    Path
        `path`.

    Raises
    ------
    StateError
        If the file cannot be written; nothing is left under the final name.
    """
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with partial.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):
            partial.unlink()
        raise StateError(
            f"cannot write {path} ({len(content)} bytes): {error.strerror or error}",
            "free some disk space or choose another --output folder",
        ) from error
    return path


def write_text(path: Path, content: str) -> Path:
    """Write UTF-8 text; see :func:`write_bytes`."""
    return write_bytes(path, content.encode())


def write_json(path: Path, content: Any) -> Path:
    """Write indented JSON; numpy scalars and arrays are understood. See :func:`write_bytes`."""
    return write_bytes(path, to_json(content, indent=True))


def to_json(content: Any, *, indent: bool = False) -> bytes:
    """Encode as JSON; NaN and infinities become null, numpy types become plain ones."""
    options = orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_NON_STR_KEYS
    return orjson.dumps(
        content, default=str, option=options | orjson.OPT_INDENT_2 if indent else options
    )


def read_json(path: Path) -> Any:
    """Read JSON.

    Raises
    ------
    StateError
        If the file cannot be read or is not JSON.
    """
    try:
        return orjson.loads(path.read_bytes())
    except (OSError, orjson.JSONDecodeError) as error:
        raise StateError(
            f"cannot read {path}: {error}", "check that the folder is complete"
        ) from error


def sha256(path: Path) -> str:
    """Hexadecimal SHA-256 digest of a file's content."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def folder_mib(folder: Path) -> float:
    """Size of all files in a folder; those that vanish meanwhile count nothing."""
    total = 0
    for root, _, names in os.walk(folder):
        for name in names:
            try:
                total += os.lstat(os.path.join(root, name)).st_size  # noqa: PTH118 - many files
            except OSError:
                continue
    return total / 2**20
