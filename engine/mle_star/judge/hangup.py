"""A process that ends with its engine also while it imports, when nobody reads its socket."""

from __future__ import annotations

import fcntl
import os
import select
import signal


def end_with(descriptor: int) -> None:
    """End the process when the other end of a socket closes, until :func:`read_again`.

    A process that is still importing libraries, for many seconds on a busy machine, would else
    notice only afterwards that its engine was killed.

    Parameters
    ----------
    descriptor : int
        The socket.
    """
    control = select.poll()
    control.register(descriptor, 0)  # nothing but its end: commands may wait

    def look(*_: object) -> None:
        if control.poll(0):
            os._exit(0)

    signal.signal(signal.SIGIO, look)
    fcntl.fcntl(descriptor, fcntl.F_SETOWN, os.getpid())
    _signals(descriptor, on=True)
    look()  # it may have closed before


def read_again(descriptor: int) -> None:
    """Undo :func:`end_with`: whoever reads the socket sees it close.

    Parameters
    ----------
    descriptor : int
        The socket.
    """
    _signals(descriptor, on=False)
    signal.signal(signal.SIGIO, signal.SIG_DFL)


def _signals(descriptor: int, *, on: bool) -> None:
    flags = fcntl.fcntl(descriptor, fcntl.F_GETFL)
    fcntl.fcntl(descriptor, fcntl.F_SETFL, flags | os.O_ASYNC if on else flags & ~os.O_ASYNC)
