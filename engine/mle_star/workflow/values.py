"""What a value must be: readers that take a plain value, or say what they expected."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any

Reader = Callable[[Any], Any]
"""Takes a plain value and gives it back as wanted; a ValueError says what was expected."""


def text(value: Any) -> str:
    """Text that is not empty."""
    if isinstance(value, str) and value.strip():
        return value
    raise ValueError("a text")


def texts(value: Any) -> tuple[str, ...]:
    """A list of texts without repeats; a single text counts as a list of one."""
    items = [value] if isinstance(value, str) else value
    if isinstance(items, list) and all(isinstance(item, str) and item for item in items):
        return tuple(dict.fromkeys(items))
    raise ValueError("a text or a list of texts")


def boolean(value: Any) -> bool:
    """True or false."""
    if isinstance(value, bool):
        return value
    raise ValueError("true or false")


def integer(minimum: int) -> Callable[[Any], int]:
    """Whole numbers from a minimum on."""

    def read(value: Any) -> int:
        if isinstance(value, int) and not isinstance(value, bool) and value >= minimum:
            return value
        raise ValueError(f"a whole number of at least {minimum}")

    return read


def number(value: Any) -> float:
    """Any finite number."""
    if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value):
        return float(value)
    raise ValueError("a number")


def between(low: float, high: float) -> Callable[[Any], float]:
    """Numbers from one to another, both included."""

    def read(value: Any) -> float:
        try:
            found = number(value)
        except ValueError:
            found = math.nan
        if low <= found <= high:
            return found
        raise ValueError(f"a number from {low:g} to {high:g}")

    return read


def positive(value: Any) -> float:
    """A number above 0."""
    try:
        found = number(value)
    except ValueError:
        found = 0.0
    if found > 0:
        return found
    raise ValueError("a number above 0")


def choice(words: Iterable[str]) -> Callable[[Any], str]:
    """One of some words."""
    known = tuple(words)

    def read(value: Any) -> str:
        if isinstance(value, str) and value in known:
            return value
        raise ValueError(f"one of {', '.join(known)}")

    return read


def shown(value: Any) -> str:
    """A value as it is told in a message, cut where it is long."""
    told = str(value).lower() if isinstance(value, bool) else repr(value)
    return told if len(told) <= 60 else f"{told[:57]}..."
