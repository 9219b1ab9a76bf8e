"""Calls to the Linux kernel that the standard library does not make."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
from pathlib import Path

NEW_NETWORK, NEW_IPC, NEW_USER = 0x40000000, 0x08000000, 0x10000000
"""Flags of :func:`unshare`: what is to be empty and the process's own from then on."""

_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE, _PR_SET_NO_NEW_PRIVS = 1, 4, 38
_CAPABILITIES_V3 = 0x20080522


def call(number: int, *arguments: object) -> int:
    """A system call by its number; raises OSError as the os module does."""
    return checked(_libc().syscall(ctypes.c_long(number), *arguments))


def control(option: int, *arguments: object) -> int:
    """The call prctl."""
    rest = [*arguments, *[ctypes.c_ulong(0)] * (4 - len(arguments))]
    return checked(_libc().prctl(ctypes.c_int(option), *rest))


def unshare(flags: int) -> None:
    """Leave the namespaces of the parent process."""
    checked(_libc().unshare(ctypes.c_int(flags)))


def leave_network() -> None:
    """Go into a network without any connection, with one's own user namespace where that needs it.

    Raises
    ------
    OSError
        Where the system does not allow it.
    """
    try:
        unshare(NEW_NETWORK | NEW_IPC)
    except PermissionError:
        user = os.getuid()
        unshare(NEW_USER | NEW_NETWORK | NEW_IPC)
        with contextlib.suppress(OSError):  # only a matter of names
            Path("/proc/self/uid_map").write_text(f"{user} {user} 1")


def drop_privileges() -> None:
    """Give up every capability for good, root's and those that a user namespace brought."""
    control(_PR_SET_NO_NEW_PRIVS, ctypes.c_ulong(1))
    header = (ctypes.c_uint32 * 2)(_CAPABILITIES_V3, 0)
    checked(_libc().capset(header, (ctypes.c_uint32 * 6)()))


def seal() -> None:
    """Let no other process look into this one, and none outlive its parent."""
    control(_PR_SET_PDEATHSIG, ctypes.c_ulong(signal.SIGKILL))
    control(_PR_SET_DUMPABLE, ctypes.c_ulong(0))


def checked(result: int) -> int:
    """The result of a C function, or the OSError that it stands for."""
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)
