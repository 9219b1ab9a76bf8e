"""Starts a hook and sees to it that nothing of it stays, whatever becomes of the engine.

Program of its own, run without site-packages: ``supervisor.py EVENT COMMAND...``. The engine holds
the other end of its standard input: when that closes, because the time is over or the engine was
killed, everything that the hook started is killed, also what left its process group or lost its
parent (where the system has subreapers: Linux). The same holds when the hook itself has ended.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

CANNOT_START = 125
"""Exit status if the hook could not be started; the reason is on standard error."""

_PR_SET_CHILD_SUBREAPER = 36
_ROUNDS = 200


def main(event: str, command: list[str]) -> int:
    """Run a command with a file as its standard input; gives back its exit status.

    Parameters
    ----------
    event : str
        The file.
    command : list of str
        Program and arguments.
    """
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    try:
        with open(event, "rb") as given:  # noqa: PTH123 - the fewest imports
            process = subprocess.Popen(  # noqa: S603 - the user's own hook
                command, stdin=given, process_group=0, preexec_fn=_as_usual
            )
    except OSError as error:
        print(f"{command[0]}: {error.strerror or error}", file=sys.stderr)  # noqa: T201
        return CANNOT_START
    threading.Thread(target=_end_with_engine, args=(process.pid,), daemon=True).start()
    status = process.wait()
    _end_all(process.pid)
    return status if status >= 0 else 128 - status


def _as_usual() -> None:
    """Signals do in the hook what they do in any program."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)


def _end_with_engine(leader: int) -> None:
    with contextlib.suppress(OSError):
        while os.read(0, 4096):
            pass
    _end_all(leader)
    os._exit(128 + signal.SIGKILL)


def _end_all(leader: int) -> None:
    """Kill the hook's group and all that is below this process, in rounds until none is left.

    Twice in a row, as the system's list of children may miss one whose parent ends just then.
    """
    empty = 0
    for _ in range(_ROUNDS):
        with contextlib.suppress(OSError):
            os.killpg(leader, signal.SIGKILL)
        alive = _below(os.getpid())
        empty = 0 if alive else empty + 1
        if empty > 1:
            return
        for pid in alive:
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGKILL)
        with contextlib.suppress(OSError):
            while os.waitpid(-1, os.WNOHANG) != (0, 0):
                pass
        threading.Event().wait(0.005)


def _below(pid: int) -> list[int]:
    """Living descendants; none where the system does not tell."""
    found: list[int] = []
    for path in Path(f"/proc/{pid}/task").glob("*/children"):
        with contextlib.suppress(OSError, ValueError):
            for child in path.read_text().split():
                found += [int(child), *_below(int(child))]
    return [child for child in found if not _is_zombie(child)]


def _is_zombie(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except (OSError, IndexError):
        return True


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
