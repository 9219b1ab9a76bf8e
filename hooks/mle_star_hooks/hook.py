"""What Claude Code starts for every event, with whatever ``python3`` there is.

The event comes as JSON on standard input, the answer goes to standard output. Silent, with exit
status 0, when there is nothing to say or anything is not as expected: a hook must never be in the
way. This file alone is read by Pythons older than 3.8 too: it holds nothing newer than 3.0.
"""

import os
import sys

_OLDEST = (3, 8)


def main() -> int:
    """Answer one event; always exit status 0."""
    if sys.version_info < _OLDEST:
        return 0
    here = os.path.realpath(os.path.join(__file__, "..", ".."))  # noqa: PTH118
    rooms = ("", os.path.join("..", "memory"), os.path.join("..", "engine"))  # noqa: PTH118
    sys.path += [os.path.normpath(os.path.join(here, room)) for room in rooms]  # noqa: PTH118
    try:  # the process boundary
        from mle_star_hooks.answer import answer

        sys.stdout.write(answer(sys.stdin.buffer.read()))
        sys.stdout.flush()
    except Exception:
        return 0
    return 0


if __name__ == "__main__":
    sys.exit(main())
