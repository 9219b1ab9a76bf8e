"""Memory that was freed but is still held, given back to the system."""

from __future__ import annotations

import ctypes
import sys


def trim() -> None:
    """Give freed memory back, where the system's library can (glibc).

    Reading a table leaves behind a third of what it took, in pieces that are kept for later.
    """
    if sys.platform == "linux":
        release = getattr(ctypes.CDLL(None), "malloc_trim", None)
        if release is not None:
            release(0)
