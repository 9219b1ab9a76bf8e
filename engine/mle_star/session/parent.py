"""The session that another one goes on from: its options, its solutions, its data."""

from __future__ import annotations

import csv
import io
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mle_star.bundle.blocks import block_of
from mle_star.errors import MleStarError, UsageError
from mle_star.eventlog import read_log
from mle_star.events import (
    BlockSeen,
    EvaluationFinished,
    Event,
    SessionFinished,
    SessionStarted,
    TaskResolved,
)
from mle_star.session.lookup import EVENTS
from mle_star.session.replay import blocks_of, solution_of
from mle_star.session.stages import given as given_of
from mle_star.session.stages import near
from mle_star.solution.block import Block
from mle_star.solution.solution import Ensemble, Solution

_SAME = (
    "metric",
    "task",
    "group",
    "time_column",
    "holdout",
    "seed",
    "jobs",
    "max_agents",
    "search_iterations",
    "refinement_iterations",
    "evaluations",
    "variables",
    "memory",
    "latency_ms",
    "name",
)
"""Settings whose options have the same name and form."""

_BUDGETS = ("preset", "time_budget", "evaluations")


@dataclass(frozen=True, slots=True)
class Parent:
    """A session as its log tells of it.

    Parameters
    ----------
    session : str
        Its id.
    folder : Path
        Its folder.
    settings : dict
        Its settings, as plain values.
    blocks : dict of str to Block
        All code that was judged, by digest.
    solutions : tuple of Solution
        What was judged with a score: the members of what was shipped first, then best first.
    ensemble : Ensemble or None
        What was shipped; None where the log does not say.
    """

    session: str
    folder: Path
    settings: dict[str, Any]
    blocks: dict[str, Block]
    solutions: tuple[Solution, ...]
    ensemble: Ensemble | None

    @property
    def model(self) -> Path:
        """Its bundle."""
        return self.folder / "model"

    def options(self) -> dict[str, Any]:
        """Its options by key, for another run of the same kind.

        What stands behind the agents is left out: it costs money, and is asked for anew.
        """
        settings, here = self.settings, Path(self.settings["cwd"])
        given = {key: settings.get(key) for key in _SAME}
        given["target"] = _listed(settings["targets"])
        given |= {key: _listed(settings[key]) for key in ("id", "drop") if settings[key]}
        for key in ("dataset", "test", "workflow"):
            given[key] = settings[key] and str(near(str(here / settings[key])))
        seconds = settings["seconds"]
        if seconds is not None and math.isfinite(seconds):
            given["time_budget"] = seconds
        if settings["timeout"]:
            given["timeout"] = math.ceil(1000 * settings["timeout"])
        given["no_chaining"] = not settings["chaining"]
        return {key: value for key, value in given.items() if value is not None}


def parent_in(folder: Path) -> Parent:
    """Read the session of a folder.

    Raises
    ------
    UsageError
        If there is none, or nothing in it was judged.
    StateError
        If its log cannot be read.
    """
    events = [line.event for line in read_log(folder / EVENTS).standing]
    started = next((e for e in events if isinstance(e, SessionStarted)), None)
    if started is None:
        raise UsageError(f"the session in {folder} has not begun", "name one that ran")
    blocks = blocks_of(e for e in events if isinstance(e, BlockSeen))
    solutions = _ranked(events, blocks)
    if not solutions:
        raise UsageError(f"nothing in {folder} was judged", "name a session that has a model")
    shipped = _shipped(events, solutions)
    first = shipped.members if shipped else ()
    digests = {member.digest for member in first}
    rest = [solution for solution in solutions if solution.digest not in digests]
    return Parent(started.session, folder, started.settings, blocks, (*first, *rest), shipped)


def with_parents_options(values: Mapping[str, Any], parent: Parent) -> dict[str, Any]:
    """Options of a run, with those of the session that it goes on from where none is given.

    Parameters
    ----------
    values : mapping of str to Any
        By key; None and False are not given.
    parent : Parent
        Where the others come from.
    """
    given, inherited = given_of(values), parent.options()
    if any(key in given for key in _BUDGETS):
        inherited = {key: value for key, value in inherited.items() if key not in _BUDGETS}
    if "chaining" in given:
        inherited.pop("no_chaining", None)
    return inherited | given


def _ranked(events: Sequence[Event], blocks: dict[str, Block]) -> list[Solution]:
    """Solutions best first, those judged like most before the others."""
    task = next((e.task for e in events if isinstance(e, TaskResolved)), {})
    sign = -1.0 if task.get("greater_is_better", True) else 1.0
    judged = [e for e in events if isinstance(e, EvaluationFinished) and e.score is not None]
    usual = Counter((len(e.folds), e.rows) for e in judged)
    judged.sort(key=lambda e: (-usual[len(e.folds), e.rows], sign * (e.score or 0.0)))
    found: dict[str, Solution] = {}
    for event in judged:
        solution = solution_of(event, blocks)
        if solution is not None:
            found.setdefault(solution.digest, solution)
    return list(found.values())


def _shipped(events: Sequence[Event], solutions: Sequence[Solution]) -> Ensemble | None:
    last = next((e for e in reversed(events) if isinstance(e, SessionFinished)), None)
    members = last.summary.get("members", []) if last else []
    by_digest = {solution.digest: solution for solution in solutions}
    found = [by_digest.get(member.get("digest")) for member in members]
    known = tuple(solution for solution in found if solution is not None)
    combine = last.summary.get("combine") if last else None
    if not known or len(known) < len(found) or (len(known) > 1 and not combine):
        return None
    try:
        return Ensemble(known, block_of(combine) if combine else None)
    except (MleStarError, KeyError, TypeError, ValueError):
        return None


def _listed(names: Sequence[str]) -> str:
    line = io.StringIO()
    csv.writer(line, lineterminator="").writerow(names)
    return line.getvalue()
