"""Attacks from within, by which a sandbox is measured: what is not tried is not claimed.

:func:`attempt` runs inside and uses the standard library only; :func:`measure` sets up the targets
outside and looks afterwards whether any was hit.
"""

from __future__ import annotations

import contextlib
import ctypes
import itertools
import os
import resource
import secrets
import socket
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mle_star.judge.cage import kernel
from mle_star.judge.cage.process import CageError
from mle_star.judge.processes import SINGLE_THREADED

_KNOWN_VARIABLES = {"PATH", "HOME", "PWD", "LANG", "TZ", "TMPDIR", "LC_CTYPE", *SINGLE_THREADED}
_FROM_HOME = 10
_SECONDS, _MEMORY_MIB = 20.0, 256.0

Targets = dict[str, Any]
"""What there is to hit, as JSON: a folder and a file, ports, sockets, the process outside."""


@dataclass(frozen=True, slots=True)
class Attack:
    """One thing to try.

    Parameters
    ----------
    covers : str
        What is safe where it fails.
    attempt : callable
        Tries it on the targets; returns on success and raises OSError (or gives back False) on
        failure.
    needed : bool, default True
        Whether a layer in which it succeeds is no sandbox at all.
    """

    covers: str
    attempt: Callable[[Targets], object]
    needed: bool = True


@dataclass(frozen=True, slots=True)
class Measured:
    """What came of all attacks: each name in `ATTACKS` is in one of the two.

    Parameters
    ----------
    held, lost : tuple of str
        What is covered, and what is not.
    fatal : tuple of str
        Why this is no sandbox; empty if it is one.
    """

    held: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()
    fatal: tuple[str, ...] = ()


def attempt(targets: Targets) -> list[bool]:
    """Try all attacks; runs inside.

    Returns
    -------
    list of bool
        Whether each of :data:`ATTACKS` succeeded.
    """
    return [_succeeds(attack, targets) for attack in ATTACKS]


def measure(call: Callable[..., Any]) -> Measured:
    """Try all attacks through :meth:`mle_star.judge.cage.cage.Cage.call` of a layer."""
    with _targets() as (targets, hits):
        try:
            succeeded = call(
                f"{__name__}:attempt",
                {"targets": targets},
                seconds=_SECONDS,
                memory_mib=_MEMORY_MIB,
            )
        except CageError as error:
            return Measured(fatal=(str(error),))
        found = hits()
    lost = [attack for attack, success in zip(ATTACKS, succeeded, strict=True) if success]
    names = dict.fromkeys(attack.covers for attack in ATTACKS)
    open_ones = dict.fromkeys(attack.covers for attack in lost)
    fatal = dict.fromkeys([*(f"{a.covers} not covered" for a in lost if a.needed), *found])
    return Measured(tuple(n for n in names if n not in open_ones), tuple(open_ones), tuple(fatal))


def _succeeds(attack: Attack, targets: Targets) -> bool:
    try:
        return attack.attempt(targets) is not False
    except (OSError, MemoryError):
        return False


@contextlib.contextmanager
def _targets() -> Iterator[tuple[Targets, Callable[[], list[str]]]]:
    secret = secrets.token_hex(16)
    abstract = f"\0mle-star-{secret}"
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="mle-star-")))
        canary = folder / "canary"
        canary.write_text(secret)
        canary.chmod(0o600)
        places: list[tuple[str, int, int, Any]] = [
            ("tcp", socket.AF_INET, socket.SOCK_STREAM, ("127.0.0.1", 0)),
            ("udp", socket.AF_INET, socket.SOCK_DGRAM, ("127.0.0.1", 0)),
            ("tcp6", socket.AF_INET6, socket.SOCK_STREAM, ("::1", 0)),
            ("unix", socket.AF_UNIX, socket.SOCK_STREAM, str(folder / "socket")),
            ("abstract", socket.AF_UNIX, socket.SOCK_STREAM, abstract),
        ]
        listeners = {}
        for name, family, kind, address in places:
            with contextlib.suppress(OSError):  # no IPv6, no abstract sockets here
                listener = stack.enter_context(socket.socket(family, kind))
                listener.bind(address)
                if kind == socket.SOCK_STREAM:
                    listener.listen()
                listener.setblocking(False)
                listeners[name] = listener
        targets = {name: each.getsockname() for name, each in listeners.items()}
        if "abstract" in targets:
            targets["abstract"] = abstract
        targets |= {"canary": str(canary), "folder": str(folder), "host": os.getpid()}
        targets["private"] = [str(canary), *_of_home(), "/etc/shadow", "/etc/passwd"]

        def hits() -> list[str]:
            reached = [f"{name} reached" for name, each in listeners.items() if _was_hit(each)]
            whole = canary.is_file() and canary.stat().st_mode & 0o777 == 0o600
            spoilt = not whole or canary.read_text() != secret
            return reached + (["a file outside was changed"] if spoilt else [])

        yield targets, hits


def _of_home() -> list[str]:
    """Some files that lie openly in the user's home."""
    with contextlib.suppress(OSError, RuntimeError):
        found = (path for path in Path.home().iterdir() if path.is_file() and path.stat().st_size)
        return [str(path) for path in itertools.islice(found, _FROM_HOME)]
    return []


def _was_hit(listener: socket.socket) -> bool:
    try:
        if listener.type == socket.SOCK_DGRAM:
            return bool(listener.recv(16))
        listener.accept()[0].close()
    except OSError:
        return False
    return True


def _read(path: str) -> bool:
    with open(path, "rb") as file:  # noqa: PTH123 - Path imports more
        return bool(file.read(1))


def _read_private(targets: Targets) -> object:
    for path in targets["private"]:
        with contextlib.suppress(OSError):
            if _read(path):
                return True
    return False


def _list_folder(targets: Targets) -> object:
    return list(Path(targets["folder"]).iterdir())


def _read_environment(targets: Targets) -> object:
    known = (k in _KNOWN_VARIABLES or k.startswith("LC_") for k in os.environ)
    return not all(known) or _read(f"/proc/{targets['host']}/environ")


def _read_memory(targets: Targets) -> object:
    return _read(f"/proc/{targets['host']}/mem") or _read(f"/proc/{targets['host']}/maps")


def _connect(name: str, family: int, kind: int = socket.SOCK_STREAM) -> Callable[[Targets], object]:
    def attempt(targets: Targets) -> object:
        if name not in targets:
            return False
        address = targets[name]
        with socket.socket(family, kind) as sock:
            sock.settimeout(2)
            sock.connect(tuple(address) if isinstance(address, list) else address)
            sock.send(b"x")
            return kind == socket.SOCK_STREAM  # a datagram tells whoever receives it, if anyone

    return attempt


def _write(targets: Targets) -> object:
    for folder in (targets["folder"], "/tmp", "/dev/shm", "/", *_library_folders()):  # noqa: S108
        with contextlib.suppress(OSError):
            path = Path(folder) / f".mle-star-{secrets.token_hex(4)}"
            path.write_text("x")
            path.unlink()
            return True
    return False


def _library_folders() -> list[str]:
    return [str(Path(os.__file__).parent), str(Path(__file__).parent)]


def _change(targets: Targets) -> object:
    changes: list[Callable[[Path], object]] = [
        lambda path: path.chmod(0o640),
        lambda path: os.utime(path, (0, 0)),
        lambda path: os.truncate(path, 0),
        lambda path: path.with_name("link").symlink_to(path),
        lambda path: path.with_name("link").hardlink_to(path),
        lambda path: path.unlink(),
    ]
    for change in changes:
        with contextlib.suppress(OSError):
            change(Path(targets["canary"]))
            return True
    return False


def _signal(targets: Targets) -> None:
    os.kill(targets["host"], 0)


def _limit(targets: Targets) -> None:
    limits = resource.prlimit(targets["host"], resource.RLIMIT_CORE)
    resource.prlimit(targets["host"], resource.RLIMIT_CORE, limits)


def _fork(targets: Targets) -> None:
    child = os.fork()
    if not child:
        os._exit(0)
    os.waitpid(child, 0)


def _execute(targets: Targets) -> object:
    """What it starts ends at once; that it was started is told by its status."""
    return os.posix_spawn("/bin/sh", ["sh", "-c", ":"], {}) > 0


def _nest(targets: Targets) -> None:
    kernel.unshare(kernel.NEW_USER)


def _share_memory(targets: Targets) -> object:
    return kernel.checked(ctypes.CDLL(None, use_errno=True).shmget(0, 4096, 0o1600)) >= 0


ATTACKS = (
    Attack("files of the user", _read_private),
    Attack("files of the user", _list_folder),
    Attack("environment", _read_environment),
    Attack("memory of other processes", _read_memory),
    Attack("network", _connect("tcp", socket.AF_INET)),
    Attack("network", _connect("udp", socket.AF_INET, socket.SOCK_DGRAM)),
    Attack("network", _connect("tcp6", socket.AF_INET6)),
    Attack("sockets of other programs", _connect("unix", socket.AF_UNIX)),
    Attack("sockets of other programs", _connect("abstract", socket.AF_UNIX)),
    Attack("writing outside the work folder", _write),
    Attack("writing outside the work folder", _change),
    Attack("signals to other processes", _signal),
    Attack("signals to other processes", _limit),
    Attack("starting processes", _fork, needed=False),
    Attack("starting processes", _execute, needed=False),
    Attack("nested namespaces", _nest, needed=False),
    Attack("memory that outlives a process", _share_memory, needed=False),
)
"""In this order; the later ones may change what runs them."""
