"""Numbers, times and paths as a person reads them."""

from __future__ import annotations

import math


def number(value: float | None) -> str:
    """A score or a difference with the digits that matter; ``-`` for none."""
    if value is None or not math.isfinite(value):
        return "-"
    size = abs(value)
    if size >= 10_000:
        return f"{value:,.0f}"
    if size >= 100:
        return f"{value:,.2f}"
    if size >= 0.001 or size == 0:
        return f"{value:.4f}"
    return f"{value:.2g}"


def signed(value: float | None) -> str:
    """A difference with its sign; ``-`` for none."""
    text = number(value)
    return text if value is None or text.startswith("-") else f"+{text}"


def spread(mean: float | None, deviation: float | None) -> str:
    """A mean with its standard deviation over folds, if there is one."""
    if mean is None or not deviation:
        return number(mean)
    return f"{number(mean)} ± {number(deviation)}"


def p_value(value: float | None) -> str:
    """A p-value to three digits; ``-`` for none."""
    if value is None:
        return "-"
    return "<0.001" if value < 0.001 else f"{value:.3f}"


def clock(seconds: float) -> str:
    """Seconds as ``m:ss`` or ``h:mm:ss``."""
    whole = max(0, round(seconds))
    hours, minutes = whole // 3600, whole // 60 % 60
    return f"{hours}:{minutes:02}:{whole % 60:02}" if hours else f"{minutes}:{whole % 60:02}"


def took(seconds: float) -> str:
    """How long something took: ``0.4 s``, ``35 s``, ``2:05``."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    return f"{seconds:.0f} s" if seconds < 100 else clock(seconds)


def count(amount: int, noun: str) -> str:
    """An amount with its noun: ``1 fold``, ``5,634 rows``."""
    return f"{amount:,} {noun}" if amount == 1 else f"{amount:,} {noun}s"
