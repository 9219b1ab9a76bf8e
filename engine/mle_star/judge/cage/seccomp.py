"""A filter of system calls: no new process, no socket, no hand on any other process.

A filter knows numbers only, not paths; files are the business of the other layers. Where those do
not reach (changing owner, mode and times of a file that is not even readable), it refuses too.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import struct
import sys
from dataclasses import dataclass

from mle_star.judge.cage import kernel

_ARCHITECTURES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}
_NEWEST = 462
"""Calls added later are said not to exist: what they do is not known here."""
_OTHER_ABI = 0x40000000
_PR_SET_SECCOMP, _MODE_FILTER = 22, 2
_ALLOW, _KILL, _ERRNO = 0x7FFF0000, 0x80000000, 0x00050000
_LOAD, _JUMP_EQUAL, _JUMP_GREATER, _AND, _RETURN = 0x20, 0x15, 0x25, 0x54, 0x06

# Numbers on x86_64 and aarch64; -1: not there.
_REFUSED = {
    # processes
    "fork": (57, -1), "vfork": (58, -1), "execve": (59, 221), "execveat": (322, 281),
    # network
    "socket": (41, 198),
    # namespaces and mounts
    "unshare": (272, 97), "setns": (308, 268), "mount": (165, 40), "umount2": (166, 39),
    "pivot_root": (155, 41), "chroot": (161, 51), "move_mount": (429, 429),
    "open_tree": (428, 428), "fsopen": (430, 430), "fsconfig": (431, 431),
    "fsmount": (432, 432), "fspick": (433, 433), "mount_setattr": (442, 442),
    # other processes
    "ptrace": (101, 117), "process_vm_readv": (310, 270), "process_vm_writev": (311, 271),
    "kcmp": (312, 272), "process_madvise": (440, 440), "process_mrelease": (448, 448),
    "pidfd_open": (434, 434), "pidfd_getfd": (438, 438), "pidfd_send_signal": (424, 424),
    "rt_sigqueueinfo": (129, 138), "rt_tgsigqueueinfo": (297, 240), "tkill": (200, 130),
    "setpriority": (141, 140), "sched_setscheduler": (144, 119), "sched_setparam": (142, 118),
    "sched_setattr": (314, 274), "ioprio_set": (251, 30), "migrate_pages": (256, 238),
    "move_pages": (279, 239),
    # doors into the kernel
    "bpf": (321, 280), "perf_event_open": (298, 241), "userfaultfd": (323, 282),
    "keyctl": (250, 219), "add_key": (248, 217), "request_key": (249, 218),
    "io_uring_setup": (425, 425), "io_uring_enter": (426, 426), "io_uring_register": (427, 427),
    "name_to_handle_at": (303, 264), "open_by_handle_at": (304, 265),
    "fanotify_init": (300, 262), "quotactl": (179, 60), "quotactl_fd": (443, 443),
    # memory that no limit of a process counts, or that outlives it
    "memfd_create": (319, 279), "memfd_secret": (447, 447), "shmget": (29, 194),
    "shmat": (30, 196), "shmctl": (31, 195), "semget": (64, 190), "semctl": (66, 191),
    "semop": (65, 193), "semtimedop": (220, 192), "msgget": (68, 186), "msgctl": (71, 187),
    "msgsnd": (69, 189), "msgrcv": (70, 188), "mq_open": (240, 180), "mq_unlink": (241, 181),
    # what belongs to a file beside its content, and names that lead elsewhere
    "chmod": (90, -1), "fchmod": (91, 52), "fchmodat": (268, 53), "fchmodat2": (452, 452),
    "chown": (92, -1), "lchown": (94, -1), "fchown": (93, 55), "fchownat": (260, 54),
    "utime": (132, -1), "utimes": (235, -1), "futimesat": (261, -1), "utimensat": (280, 88),
    "setxattr": (188, 5), "lsetxattr": (189, 6), "fsetxattr": (190, 7),
    "removexattr": (197, 14), "lremovexattr": (198, 15), "fremovexattr": (199, 16),
    "truncate": (76, 45), "symlink": (88, -1), "symlinkat": (266, 36), "link": (86, -1),
    "linkat": (265, 37), "mknod": (133, -1), "mknodat": (259, 33),
    "inotify_init": (253, -1), "inotify_init1": (294, 26),
}  # fmt: skip
_CLONE3 = (435, 435)
_CLONE, _MMAP, _PRCTL, _FCNTL, _IOCTL = (56, 220), (9, 222), (157, 167), (72, 25), (16, 29)
_KILL_CALL, _TGKILL, _PRLIMIT, _SET_AFFINITY = (62, 129), (234, 131), (302, 261), (203, 122)
_CLONE_THREAD = 0x10000
_SHARED_AND_ANONYMOUS = 0x21
_PR_REFUSED = (1, 4, 0x59616D61)
"""To outlive the parent, to be looked into, to be traced."""
_F_REFUSED, _IO_REFUSED = (8, 10, 15), (0x8901, 0x8902)
"""To have signals sent to whoever one names when a file is ready."""


@dataclass(frozen=True, slots=True)
class _Test:
    """Look at one argument of a call: refused if it is among the values, or unless it is."""

    call: tuple[int, int]
    argument: int
    values: tuple[int, ...]
    refused: bool
    mask: int = 0xFFFFFFFF


def supported() -> bool:
    """Whether the numbers of this machine's system calls are known."""
    native = struct.calcsize("P") == 8
    return sys.platform == "linux" and native and platform.machine() in _ARCHITECTURES


def install() -> None:
    """Filter the system calls of this process from now on, for good.

    Raises
    ------
    OSError
        Where the kernel does not do it.
    """
    program = _program(os.getpid())
    content = ctypes.create_string_buffer(program, len(program))
    length = len(program) // 8
    header = struct.pack("HxxxxxxP", length, ctypes.addressof(content))
    kernel.control(_PR_SET_SECCOMP, ctypes.c_ulong(_MODE_FILTER), header)


def _program(pid: int) -> bytes:
    column, architecture = _ARCHITECTURES[platform.machine()]
    lines = [
        (_LOAD, 0, 0, 4),
        (_JUMP_EQUAL, 1, 0, architecture),
        (_RETURN, 0, 0, _KILL),
        (_LOAD, 0, 0, 0),
        (_JUMP_GREATER, 0, 1, _NEWEST),  # also the second set of numbers of x86_64
        (_RETURN, 0, 0, _ERRNO | errno.ENOSYS),
        (_JUMP_EQUAL, 0, 1, _CLONE3[column]),  # so that threads are made by clone
        (_RETURN, 0, 0, _ERRNO | errno.ENOSYS),
    ]
    for numbers in _REFUSED.values():
        if numbers[column] >= 0:
            lines += [(_JUMP_EQUAL, 0, 1, numbers[column]), (_RETURN, 0, 0, _ERRNO | errno.EPERM)]
    for test in _tests(pid):
        body = _body(test)
        lines += [(_JUMP_EQUAL, 0, len(body), test.call[column]), *body]
    lines.append((_RETURN, 0, 0, _ALLOW))
    return b"".join(struct.pack("HBBI", *line) for line in lines)


def _tests(pid: int) -> list[_Test]:
    return [
        _Test(_CLONE, 0, (0,), refused=True, mask=_CLONE_THREAD),
        _Test(_MMAP, 3, (_SHARED_AND_ANONYMOUS,), refused=True, mask=_SHARED_AND_ANONYMOUS),
        _Test(_PRCTL, 0, _PR_REFUSED, refused=True),
        _Test(_FCNTL, 1, _F_REFUSED, refused=True),
        _Test(_IOCTL, 1, _IO_REFUSED, refused=True),
        _Test(_KILL_CALL, 0, (pid,), refused=False),
        _Test(_TGKILL, 0, (pid,), refused=False),
        _Test(_PRLIMIT, 0, (0, pid), refused=False),
        _Test(_SET_AFFINITY, 0, (0, pid), refused=False),
    ]


def _body(test: _Test) -> list[tuple[int, int, int, int]]:
    refuse, allow = (_RETURN, 0, 0, _ERRNO | errno.EPERM), (_RETURN, 0, 0, _ALLOW)
    last = len(test.values) - 1
    return [
        (_LOAD, 0, 0, 16 + 8 * test.argument),  # the lower half: these arguments have 32 bits
        (_AND, 0, 0, test.mask),
        *((_JUMP_EQUAL, last - k + 1, 0, value) for k, value in enumerate(test.values)),
        *((allow, refuse) if test.refused else (refuse, allow)),
    ]
