"""What a run will take, from the size of its data and what runs on this machine really took.

A rule of thumb guesses from rows, columns, classes and cores. Every run records what it took
beside what was guessed, and the next guess on the same machine for data of like size is multiplied
by the median of what these ratios were.
"""

from __future__ import annotations

import hashlib
import math
import os
import platform
import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from mle_star.phases.pace import guessed_seconds
from mle_star.recipes.recipe import Facts

KIND = "resources"
"""Kind of the record that a run leaves in memory."""

LIKE = 10.0
"""Data whose guessed fit takes up to so many times as long, or as little, is of like size."""

RUNS = 10
"""Newest runs that a factor rests on, at most."""

_UNITS = (
    ("fit_seconds", "a fit took", "s"),
    ("memory_mib", "a worker at most", "MiB"),
    ("disk_mib", "the folder", "MiB"),
    ("seconds", "the whole run", "s"),
)
_TABLES = 4.0
_LEAST_MIB = 16.0
_PACKAGING = 5.0
_LEAST_DISK_MIB = 10.0


@dataclass(frozen=True, slots=True)
class Resources:
    """What a run takes.

    Parameters
    ----------
    fit_seconds : float or None
        Of a usual candidate's fit on one core.
    memory_mib : float or None
        Of one worker, above what its libraries take.
    disk_mib : float or None
        Of the run's folder at its largest.
    seconds : float or None
        Of the whole run.
    """

    fit_seconds: float | None
    memory_mib: float | None
    disk_mib: float | None
    seconds: float | None


@dataclass(frozen=True, slots=True)
class Estimate:
    """An estimate and what it rests on.

    Parameters
    ----------
    guessed : Resources
        By the rule of thumb.
    expected : Resources
        The same with what was learnt.
    runs : int
        Runs that it was learnt from; 0: by the rule of thumb alone.
    candidate_seconds : float
        Wall seconds of judging a usual candidate.
    size : str
        ``small``, ``middling`` or ``large``.
    """

    guessed: Resources
    expected: Resources
    runs: int
    candidate_seconds: float
    size: str

    def plain(self) -> dict[str, Any]:
        """The estimate as plain values."""
        return asdict(self)

    @property
    def basis(self) -> str:
        """What it rests on, in words."""
        if not self.runs:
            return "by a rule of thumb: no run of like size was measured on this machine yet"
        runs = "1 run" if self.runs == 1 else f"{self.runs} runs"
        return f"learnt from {runs} of like size on this machine"


def estimate(
    facts: Facts,
    table_mib: float,
    folds: int,
    jobs: int,
    seconds: float,
    evaluations: int | None,
    past: Callable[[], Sequence[Mapping[str, Any]]],
) -> Estimate:
    """Estimate what a run will take.

    Parameters
    ----------
    facts : Facts
        About the table.
    table_mib : float
        Its size in memory.
    folds, jobs : int
        Of an evaluation, and those that run at once.
    seconds : float
        Of the whole run; inf where evaluations are counted.
    evaluations : int or None
        That are counted; None where time is.
    past : callable
        Gives back what earlier runs recorded, newest first.
    """
    fit, at_once = guessed_seconds(facts), folds / min(folds, max(1, jobs))
    guessed = Resources(
        fit_seconds=fit,
        memory_mib=_LEAST_MIB + _TABLES * table_mib,
        disk_mib=_LEAST_DISK_MIB + _TABLES * table_mib,
        seconds=None if evaluations is None else evaluations * fit * at_once + _PACKAGING,
    )
    factors, runs = learnt(guessed, past())
    expected = Resources(**{name: _times(value, factors[name]) for name, value in _of(guessed)})
    if evaluations is None and math.isfinite(seconds):
        expected = replace(expected, seconds=seconds)
    size = "large" if facts.is_large else "middling" if facts.rows > 10_000 else "small"
    return Estimate(guessed, expected, runs, (expected.fit_seconds or fit) * at_once, size)


def learnt(guessed: Resources, past: Sequence[Mapping[str, Any]]) -> tuple[dict[str, float], int]:
    """Factors on a guess, and the number of runs that they were measured in.

    Parameters
    ----------
    guessed : Resources
        By the rule of thumb.
    past : sequence of mapping
        What earlier runs recorded, newest first.
    """
    like = [one for one in past if one.get("machine") == machine() and _is_like(guessed, one)]
    like = like[:RUNS]
    factors = {}
    for name, _ in _of(guessed):
        ratios = [one["took"][name] / one["guessed"][name] for one in like if _has(one, name)]
        factors[name] = statistics.median(ratios) if ratios else 1.0
    return factors, len(like)


def record(estimated: Mapping[str, Any], took: Resources) -> dict[str, Any]:
    """What a run records of an estimate and of what it took.

    Parameters
    ----------
    estimated : mapping
        An estimate as plain values.
    took : Resources
        As measured; what was not is None.
    """
    return {**estimated, "machine": machine(), "took": asdict(took)}


def told(recorded: Mapping[str, Any]) -> str:
    """What was expected and what it took, in a sentence; empty if nothing was measured.

    Parameters
    ----------
    recorded : mapping
        See :func:`record`.
    """
    said = []
    for name, what, unit in _UNITS:
        expected, took = recorded["expected"].get(name), recorded["took"].get(name)
        if expected and took:
            said.append(f"{what} {took:.3g} {unit} (expected {expected:.3g})")
    return ", ".join(said)


def machine() -> str:
    """A name for this machine as it is used: another number of cores is another one."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    text = f"{platform.node()} {platform.machine()} {cores}"
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _of(resources: Resources) -> list[tuple[str, float | None]]:
    return [(one.name, getattr(resources, one.name)) for one in fields(Resources)]


def _times(value: float | None, factor: float) -> float | None:
    return None if value is None else value * factor


def _has(one: Mapping[str, Any], name: str) -> bool:
    took, guess = one["took"].get(name), one["guessed"].get(name)
    return bool(took and guess and took > 0 and guess > 0)


def _is_like(guessed: Resources, one: Mapping[str, Any]) -> bool:
    if not (isinstance(one.get("guessed"), Mapping) and isinstance(one.get("took"), Mapping)):
        return False
    theirs, ours = one["guessed"].get("fit_seconds"), guessed.fit_seconds
    return bool(theirs and ours and 1 / LIKE <= theirs / ours <= LIKE)
