"""bubblewrap: a process in namespaces of its own, with a file system of what it may see."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path

from mle_star.judge.cage.view import SYSTEM, interpreters, libraries


def program() -> str | None:
    """Where bubblewrap is installed, if it is."""
    return shutil.which("bwrap")


def command(
    reads: Sequence[Path], writes: Sequence[Path], *, strict: bool, with_parent: bool
) -> list[str]:
    """What stands before a command so that it runs inside.

    Parameters
    ----------
    reads, writes : sequence of Path
        What is there beside libraries, read-only and writable.
    strict : bool
        Whether no user namespace can be made inside; bubblewrap before 0.8 cannot say so.
    with_parent : bool
        Whether it ends with the thread (not the process) that starts it.
    """
    found = [program() or "bwrap", "--unshare-all", "--new-session", "--cap-drop", "ALL"]
    found += ["--unshare-user", "--disable-userns"] if strict else []
    found += ["--die-with-parent"] if with_parent else []
    found += ["--proc", "/proc", "--dev", "/dev", "--dir", "/tmp"]  # noqa: S108 - the cage's own
    for path in map(Path, SYSTEM):
        if path.is_symlink():
            found += ["--symlink", str(path.readlink()), str(path)]
        elif path.exists():
            found += ["--ro-bind", str(path), str(path)]
    found += _bound("--ro-bind", _outermost([*libraries(), *interpreters(), *reads]))
    found += _bound("--bind", writes)
    found += ["--remount-ro", "/dev", "--remount-ro", "/", "--chdir", "/", "--"]
    return found


def _outermost(paths: Sequence[Path]) -> list[Path]:
    """Those that do not lie within another, or in a system folder."""
    tops = [Path(each) for each in SYSTEM] + [path for path in paths if path.is_dir()]
    return [p for p in paths if not any(p.is_relative_to(top) and p != top for top in tops)]


def _bound(option: str, paths: Iterable[Path]) -> list[str]:
    """Each under its own name and, where links lead to it, its real one."""
    names = dict.fromkeys(name for path in paths for name in (path, path.resolve()))
    return [word for name in names for word in (option, str(name.resolve()), str(name))]
