"""When a task runs: a condition over what was measured, with an answer that says why."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeGuard

from mle_star.workflow import expression
from mle_star.workflow.expression import Expression, Value
from mle_star.workflow.phase import Phase
from mle_star.workflow.problems import expected


@dataclass(frozen=True, slots=True)
class Measured:
    """A name that a condition may use.

    Parameters
    ----------
    meaning : str
        What it stands for.
    phase : Phase or None, default None
        The phase after which it has a value; None: it always has one.
    """

    meaning: str
    phase: Phase | None = None


MEASURED = {
    "score": Measured("cross-validated score of the best solution", Phase.FOUNDATION),
    "baseline": Measured("score of the best simple model", Phase.FOUNDATION),
    "gain": Measured("gain of the best over the baseline; positive is better", Phase.FOUNDATION),
    "spread": Measured("standard deviation of the best one's score over folds", Phase.FOUNDATION),
    "holdout": Measured("score on the holdout rows", Phase.VALIDATION),
    "gates_passed": Measured("validation gates that passed", Phase.VALIDATION),
    "gates_failed": Measured("validation gates that failed", Phase.VALIDATION),
    "rows": Measured("usable rows of the data", Phase.PROFILE),
    "columns": Measured("columns of the data", Phase.PROFILE),
    "techniques": Measured("techniques that the search found", Phase.SEARCH),
    "steps": Measured("steps of refinement done", Phase.FOUNDATION),
    "evaluations": Measured("candidates judged"),
    "failures": Measured("candidates that failed"),
    "elapsed": Measured("seconds since the run began"),
    "seconds_left": Measured("seconds that are left of the time budget"),
}
"""All names but those of metrics (after the foundation: the best solution's score) and variables.

All of them are numbers."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a condition holds.

    Parameters
    ----------
    holds : bool
        The answer; false if a name has no value.
    explained : str
        The condition with the values it was held against.
    """

    holds: bool
    explained: str


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition that was read and checked.

    Parameters
    ----------
    text : str
        As it was written.
    tree : Expression
        As it was read.
    """

    text: str
    tree: Expression

    @classmethod
    def parse(cls, text: str, names: Mapping[str, type]) -> Condition:
        """Read a condition.

        Parameters
        ----------
        text : str
            Such as ``accuracy > 0.85 and gates_failed == 0``.
        names : mapping of str to type
            The names it may use, with what each gives: float, str or bool.

        Raises
        ------
        ValueError
            If it is none, uses an unknown name, or is no question of yes or no.
        """
        tree = expression.parse(text)
        for name in expression.names(tree):
            if name not in names:
                raise ValueError(f"unknown name {name!r}, {expected(name, names)}")
        if expression.kind(tree, names) is not bool:
            raise ValueError("it is neither true nor false: compare it, as in score > 0.8")
        return cls(text.strip(), tree)

    @property
    def names(self) -> tuple[str, ...]:
        """The names it uses, each once, from left to right."""
        return tuple(dict.fromkeys(expression.names(self.tree)))

    def evaluate(self, lookup: Callable[[str], Value | None]) -> Verdict:
        """Hold the condition against what is known.

        Parameters
        ----------
        lookup : callable
            Gives the value of a name, or None (or a number that is not finite) if it has none.

        Returns
        -------
        Verdict
            It does not hold if a name has no value, or if something is divided by zero.
        """
        found = {name: lookup(name) for name in self.names}
        values = {name: value for name, value in found.items() if _is_known(value)}
        parts = [f"{name} {_told(found[name])}" for name in found]
        explained = f"{self.text}: {', '.join(parts)}" if parts else self.text
        if len(values) < len(found):
            return Verdict(False, explained)
        try:
            return Verdict(expression.compute(self.tree, values) is True, explained)
        except ZeroDivisionError:
            return Verdict(False, f"{explained}; a division by zero has no value")


def _is_known(value: Value | None) -> TypeGuard[Value]:
    return isinstance(value, str) or (value is not None and math.isfinite(value))


def _told(value: Value | None) -> str:
    if not _is_known(value):
        return "has no value yet"
    if isinstance(value, bool):
        return f"is {str(value).lower()}"
    if isinstance(value, str):
        return f"is {value!r}"
    return f"is {value:.6g}"
