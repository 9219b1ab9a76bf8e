"""One option of the command line, as a fact."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal

from mle_star.errors import UsageError

OptionKind = Literal["text", "names", "file", "folder", "integer", "number", "choice", "flag"]
"""How a value is read; ``names`` is a comma-separated list (quote a name that holds a comma)."""


@dataclass(frozen=True, slots=True)
class Option:
    """One option of the command line.

    Parameters
    ----------
    name : str
        Without the leading dashes.
    kind : str
        How the value is read; see :data:`OptionKind`.
    help : str
        One sentence for a person.
    commands : tuple of str
        The commands that have it.
    default : str, int, float, bool or None
        What holds if it is not given; None: decided at run time, as the help says.
    metavar : str
        What stands for the value in the help; empty for a flag or a choice.
    choices : tuple of str
        Allowed values of a choice.
    minimum, maximum : float or None
        Smallest and largest allowed number.
    required : bool
        Whether the command fails without it.
    positional : bool
        Whether it is given by its place, without dashes and name.
    many : bool
        Whether a positional one takes all words that are left.
    """

    name: str
    kind: OptionKind
    help: str
    commands: tuple[str, ...] = ("run", "ml mle-star", "watch")
    default: str | int | float | bool | None = None
    metavar: str = ""
    choices: tuple[str, ...] = ()
    minimum: float | None = None
    maximum: float | None = None
    required: bool = False
    positional: bool = False
    many: bool = False

    @property
    def key(self) -> str:
        """The name as a Python identifier."""
        return self.name.replace("-", "_")

    def checked(self, value: Any) -> Any:
        """Give a value back if it is in range.

        Raises
        ------
        UsageError
            If it is not.
        """
        low, high = self.minimum, math.inf if self.maximum is None else self.maximum
        if low is not None and not (math.isfinite(value) and low <= value <= high):
            wanted = f"a number of at least {low:g}"
            wanted += "" if math.isinf(high) else f" and at most {high:g}"
            raise UsageError(f"--{self.name} got {value:g}", f"give {wanted}")
        if self.choices and value not in self.choices:
            raise UsageError(f"--{self.name} got {value!r}", f"choose {', '.join(self.choices)}")
        return value
