"""A helper process that ends what an engine started, should the engine itself be killed.

The helper waits on a pipe. When the engine ends, in whatever way, the pipe closes, and what was
still held is killed with its whole process group. That covers more than a parent-death signal
(which reaches only the direct child, and not on every system) and needs no code between fork and
exec. This file is also the helper's program, run without site-packages: standard library only.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import threading
from pathlib import Path


class Lifeline:
    """Holds process groups that must not outlive this process; any number of threads may use it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._helper: subprocess.Popen[bytes] | None = None
        self._closed = False

    def hold(self, pid: int, folder: Path) -> None:
        """Have a process group killed, and its folder removed, when this process ends.

        Parameters
        ----------
        pid : int
            Leader of the group.
        folder : Path
            What only the group uses.
        """
        self._tell(f"+{pid} {folder}\n")

    def release(self, pid: int) -> None:
        """Let go of a group that has ended."""
        self._tell(f"-{pid}\n")

    def close(self) -> None:
        """End the helper, and with it whatever is still held; nothing is held from now on."""
        with self._lock:
            self._closed = True
            if self._helper is not None and self._helper.stdin is not None:
                with contextlib.suppress(OSError):
                    self._helper.stdin.close()
                self._helper.wait()
            self._helper = None

    def _tell(self, line: str) -> None:
        with self._lock:
            if self._helper is None and not self._closed:
                self._helper = subprocess.Popen(  # noqa: S603 - this very file
                    [sys.executable, "-I", "-S", __file__],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                    bufsize=0,
                    start_new_session=True,  # a Ctrl-C in the terminal is not for it
                )
            if self._helper is not None and self._helper.stdin is not None:
                with contextlib.suppress(OSError):  # somebody killed the helper: on without it
                    self._helper.stdin.write(os.fsencode(line))


def main() -> None:
    """Hold what standard input says until it ends, then kill what is still held."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    held: dict[int, str] = {}
    for line in sys.stdin.buffer:
        pid, _, folder = os.fsdecode(line[1:].rstrip(b"\n")).partition(" ")
        if line.startswith(b"+"):
            held[int(pid)] = folder
        else:
            held.pop(int(pid), None)
    for leader, folder in held.items():
        with contextlib.suppress(OSError):
            os.killpg(leader, signal.SIGKILL)
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
