"""What a user asks of a data file."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from mle_star.errors import DataError

NONE = "none"
"""Given as a group or time column: do not use a hint."""


@dataclass(frozen=True, slots=True)
class DataRequest:
    """What a user asks of a data file; names are those in the file.

    Parameters
    ----------
    path : Path
        The training file.
    targets : tuple of str
        Columns to predict.
    kind : str or None
        ``binary``, ``multiclass``, ``regression``; None: inferred.
    metric : str or None
        Name of a metric or ``file.py:function``; None: by kind.
    group, time : str or None
        A column; ``none`` switches hints off; None: hints are used where they are strong.
    ids, drop : tuple of str
        Columns that are no features.
    """

    path: Path
    targets: tuple[str, ...]
    kind: str | None = None
    metric: str | None = None
    group: str | None = None
    time: str | None = None
    ids: tuple[str, ...] = ()
    drop: tuple[str, ...] = ()

    def named(self) -> list[tuple[str, str]]:
        """Every column the user names, with the option that names it."""
        pairs = [("--target", name) for name in self.targets]
        pairs += [("--id", name) for name in self.ids] + [("--drop", name) for name in self.drop]
        single = (("--group", self.group), ("--time-column", self.time))
        return pairs + [(option, name) for option, name in single if name and name != NONE]


def check_names(request: DataRequest, header: Sequence[str]) -> None:
    """See that every column named is there and that no name is used in two ways.

    Raises
    ------
    DataError
        Names the option, the column and the closest names there are.
    """
    if not request.targets:
        raise DataError("no target column was named", "name one with --target")
    for option, name in request.named():
        if name not in header:
            raise DataError(
                f"{request.path} has no column {name!r} (given with {option})",
                _closest(name, header),
            )
    if len(set(request.targets)) < len(request.targets):
        raise DataError("a target column was named twice", "name each --target once")
    for option, name in request.named():
        if option != "--target" and name in request.targets:
            raise DataError(
                f"the target column {name!r} was also given with {option}",
                f"leave it out of {option}",
            )


def _closest(name: str, header: Sequence[str]) -> str:
    by_lower = {known.lower(): known for known in header}
    found = difflib.get_close_matches(name.lower()[:200], list(by_lower), n=3, cutoff=0.5)
    names = [by_lower[lower] for lower in found] or list(header[:10])
    shown = ", ".join(repr(known[:60]) for known in names)
    more = "" if found or len(header) <= 10 else f" and {len(header) - 10} more"
    return f"did you mean {shown}?" if found else f"the columns are {shown}{more}"
