"""What is wrong with a workflow file: collected, then told together."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from mle_star.errors import UsageError

TYPED = 0
"""The line of what was not read from the file but typed on the command line."""

_REMEDY = "correct it; mle-star workflow show --json prints the default graph to begin with"


@dataclass(slots=True)
class Problems:
    """A list of problems.

    Parameters
    ----------
    file : Path or None, default None
        The workflow file, if there is one.
    found : list of (int, str)
        Line and reason of each.
    """

    file: Path | None = None
    found: list[tuple[int, str]] = field(default_factory=list)

    def add(self, line: int, reason: str) -> None:
        """Keep a problem; `line` counts from 1, or is :data:`TYPED`."""
        if (line, reason) not in self.found:
            self.found.append((line, reason))

    def refuse(self) -> None:
        """Do nothing if nothing was found.

        Raises
        ------
        UsageError
            If something was found; it tells all of it, with file and line.
        """
        if not self.found:
            return
        lines = [f"\n  {self._place(line)}: {reason}" for line, reason in sorted(self.found)]
        count = f"{len(lines)} problem" + "s" * (len(lines) > 1)
        what = f"workflow file {self.file}" if self.file else "workflow variables"
        raise UsageError(f"cannot use the {what}: {count}{''.join(lines)}", _REMEDY)

    def _place(self, line: int) -> str:
        return "command line" if line == TYPED else f"{self.file}:{line}"


def expected(name: str, known: Iterable[str]) -> str:
    """What was probably meant, or all that could have been."""
    words = list(known)
    close = difflib.get_close_matches(name, words, n=3, cutoff=0.6)
    return f"did you mean {' or '.join(close)}?" if close else f"expected {', '.join(words)}"
