"""The one tree of errors, with the exit status of each.

MleStarError                 1
├── UsageError               2   the command line or an argument is wrong
├── DataError                3   the data cannot be used
├── UnavailableError         5   an agent or a search was demanded and cannot be had
├── SandboxError             6   no acceptable sandbox
├── BudgetError              7   the budget ended with no valid solution
├── StateError               8   state cannot be read or written
└── EditError                1   an edit of a block was refused (never reaches the user)

Exit 0: done, all gates met. Exit 4: done, but a gate failed. Exit 130: interrupted.
"""

from __future__ import annotations

EXIT_OK = 0
EXIT_GATE = 4
EXIT_INTERRUPTED = 130


class MleStarError(Exception):
    """Anything a user can cause; carries what was got, what was expected and what to do next.

    Parameters
    ----------
    problem : str
        What was got and what was expected, naming file, line or column where there is one.
    remedy : str, default ""
        What the user can do next.
    """

    exit_code = 1

    def __init__(self, problem: str, remedy: str = "") -> None:
        super().__init__(problem)
        self.problem = problem
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.problem}\n  What to do: {self.remedy}" if self.remedy else self.problem

    def __reduce__(self) -> tuple[type[MleStarError], tuple[str, str]]:
        return type(self), (self.problem, self.remedy)


class UsageError(MleStarError):
    """The command line or an argument is wrong."""

    exit_code = 2


class DataError(MleStarError):
    """The data cannot be used."""

    exit_code = 3


class UnavailableError(MleStarError):
    """An agent or a search was demanded and cannot be had."""

    exit_code = 5


class SandboxError(MleStarError):
    """No acceptable sandbox on this machine."""

    exit_code = 6


class BudgetError(MleStarError):
    """The budget ended with no valid solution."""

    exit_code = 7


class StateError(MleStarError):
    """State cannot be read or written: damaged, not permitted, disk full."""

    exit_code = 8


class EditError(MleStarError):
    """An edit of a block was refused; the message is the reason."""
