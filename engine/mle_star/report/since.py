"""What changed since the session that a run went on from: the data, and what that was good for."""

from __future__ import annotations

from typing import Any

from mle_star.report.result import Result
from mle_star.report.words import number, signed


def since(result: Result) -> tuple[str, ...]:
    """Drift and gain in sentences; none where the run went on from no other."""
    lines = list(result.drift.get("lines", ()))
    if result.gain:
        lines.append(told_gain(result.gain, result.task.get("task", {}).get("metric", "score")))
    return tuple(lines)


def told_gain(gain: dict[str, Any], metric: str) -> str:
    """How the new model compares with the last one.

    Parameters
    ----------
    gain : dict
        Fields of :class:`mle_star.events.ModelsCompared`.
    metric : str
        Its name.
    """
    if gain["gain"] is None:
        return f"Gain over the last model: {gain['what']}."
    text = f"Gain over the last model: {signed(gain['gain'])}"
    if gain["low"] is not None:
        text += f", 95 % interval {signed(gain['low'])} to {signed(gain['high'])}"
        if gain["low"] <= 0 <= gain["high"]:
            text += " (within noise)"
    scores = f"{metric} {number(gain['score'])} against {number(gain['last'])}"
    return f"{text}: {scores}, {gain['what']}."
