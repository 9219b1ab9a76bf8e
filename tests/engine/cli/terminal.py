"""A terminal with somebody before it who answers."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import termios
import time

from tests.engine.cli.background import PATIENCE, Place

PROMPT = "? explains: "
_CODE = re.compile(r"\x1b\[[?\d;]*[A-Za-z]")


class Terminal:
    """A command on a terminal of its own; its standard output is kept apart.

    Parameters
    ----------
    place : Place
        Where it is typed.
    words : str
        The command.
    """

    def __init__(self, place: Place, *words: str) -> None:
        self._master, other = pty.openpty()
        fcntl.ioctl(other, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
        self.process: subprocess.Popen[str] = place.begin(
            *words, stdin=other, stderr=other, start_new_session=True
        )
        os.close(other)
        self._shown = b""
        self._asked = 0

    @property
    def shown(self) -> str:
        """All that was written to the terminal, without its codes."""
        return _CODE.sub("", self._shown.decode(errors="replace")).replace("\r", "")

    def reply(self, answer: str) -> str:
        """Wait for the next question and answer it; gives back what was shown of it."""
        self._asked += 1
        last = time.monotonic() + PATIENCE
        while self.shown.count(PROMPT) < self._asked:
            assert time.monotonic() < last, self.shown[-2000:]
            assert self._read() or self.process.poll() is None, self.shown[-2000:]
        parts = self.shown.split(PROMPT)
        os.write(self._master, f"{answer}\n".encode())
        return parts[self._asked - 1]

    def end(self) -> tuple[int, str]:
        """Wait for the end; exit status and standard output."""
        last = time.monotonic() + PATIENCE
        while self.process.poll() is None:
            assert time.monotonic() < last, self.shown[-2000:]
            self._read()
        while self._read():
            pass
        os.close(self._master)
        out, _ = self.process.communicate()
        return self.process.returncode, out

    def _read(self) -> bool:
        """Take in what was written; whether there was something."""
        if not select.select([self._master], [], [], 0.1)[0]:
            return False
        try:
            found = os.read(self._master, 65536)
        except OSError:  # everybody at the other side has gone
            return False
        self._shown += found
        return bool(found)
