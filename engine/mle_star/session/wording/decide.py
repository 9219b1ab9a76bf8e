"""One value an option: what is taken of everything found in a description, and what is not."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from mle_star.judge.metrics import METRICS
from mle_star.session.wording.cues import DROP, GROUP, TARGET, TIME
from mle_star.session.wording.words import Finding, Said
from mle_star.types import Kind

_LATENCY = "latency_ms"
_CLASSES = (Kind.BINARY, Kind.MULTICLASS)


@dataclass(frozen=True, slots=True)
class Decided:
    """What is taken of a description.

    Parameters
    ----------
    taken : tuple of Finding
        Those that count; of one key all say the same, columns to leave out add up.
    spoken : tuple of Finding
        Those that are told of, as taken or as a conflict.
    conflicts : tuple of str
        What could not be decided.
    """

    taken: tuple[Finding, ...]
    spoken: tuple[Finding, ...]
    conflicts: tuple[str, ...]


def decide(what: Said, found: Iterable[Finding]) -> Decided:
    """Choose among findings; where two contradict, neither is taken, and that is told."""
    by_key: dict[str, list[Finding]] = {}
    for finding in sorted(found, key=lambda one: (one.start, one.end)):
        by_key.setdefault(finding.key, []).append(finding)
    parts = [_one(what, key, same) for key, same in by_key.items()]
    taken, conflicts = _checked([one for part in parts for one in part.taken])
    return Decided(
        tuple(sorted(taken, key=lambda one: one.start)),
        tuple(one for part in parts for one in part.spoken),
        (*(text for part in parts for text in part.conflicts), *conflicts),
    )


def flag(key: str) -> str:
    """An option as it is typed."""
    return f"--{key.replace('_', '-')}"


def _one(what: Said, key: str, same: list[Finding]) -> Decided:
    """What is taken of all that speaks of one option; strong words silence the weak."""
    unclear = [one for one in same if one.doubt]
    doubts = tuple(f"{one.doubt}; say which with {flag(key)}" for one in unclear)
    clear = [one for one in same if not one.doubt]
    silent = [one for one in clear if one.value is None]
    valued = [one for one in clear if one.value is not None]
    if key != DROP:
        valued = [one for one in valued if one.strong] or valued
    firsts = {one.value: one for one in reversed(valued)}
    if len(firsts) < 2 or key == DROP:
        return Decided(tuple(valued or silent), (*valued, *silent, *unclear), doubts)
    several = " or ".join(
        f"{one.shown} ({what.text[one.start : one.end]!r})" for one in reversed(firsts.values())
    )
    remedy = "" if key == _LATENCY else f"; say which with {flag(key)}"
    return Decided((), (*valued, *silent, *unclear), (*doubts, f"it may be {several}{remedy}"))


def _checked(taken: list[Finding]) -> tuple[list[Finding], list[str]]:
    """Take out what contradicts the target or the metric."""
    targets = {name for one in taken if one.key == TARGET for name in one.value}
    freed = [_less(one, targets) if one.key in (DROP, GROUP, TIME) else one for one in taken]
    conflicts = [
        f"{', '.join(sorted(both))} is to be predicted and is named for {flag(one.key)} as well"
        for one in taken
        if one.key in (DROP, GROUP, TIME) and (both := targets & set(one.value or ()))
    ]
    kept = [one for one in freed if one.value != ()]
    misfit = _misfit(kept)
    if misfit:
        kept = [one for one in kept if one.key not in ("metric", "task")]
    counted = any(one.key == "evaluations" for one in kept)
    return [_as_timeout(one) if counted else one for one in kept], [*conflicts, *misfit]


def _less(one: Finding, targets: set[str]) -> Finding:
    left = one.value and tuple(name for name in one.value if name not in targets)
    return one if left == one.value else replace(one, value=left, shown=", ".join(left))


def _as_timeout(one: Finding) -> Finding:
    """A time budget as a hard limit, since a budget gives way to a number of evaluations."""
    if one.key != "time_budget":
        return one
    return replace(one, key="timeout", value=round(1000 * one.value))


def _misfit(taken: list[Finding]) -> list[str]:
    metric = next((one for one in taken if one.key == "metric"), None)
    task = next((one for one in taken if one.key == "task"), None)
    if metric is None or task is None:
        return []
    wanted = (Kind(task.value),) if task.value else _CLASSES
    if METRICS[metric.value].kinds & set(wanted):
        return []
    kind = str(task.value or "classification")
    return [f"{metric.value} is no metric of a {kind} task; say which with --metric and --task"]
